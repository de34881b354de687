/* Which part of a recording belongs to which set. */
#include "recorder/tracks.h"

#include "recorder/holds.h"

static usec_t
length_by_clock(const struct recording *r, usec_t correction, usec_t now)
{
	const struct match_recording m = {
	    .start = r->start + correction,
	    .end = r->has_end ? r->end + correction : 0,
	    .closed = r->closed,
	    .has_chunks = r->chunks > 0,
	    .newest_chunk = r->newest_chunk,
	};

	return match_recording_end(&m, now) - m.start;
}

struct tracks_span
tracks_span(const struct recording *r, usec_t correction, usec_t offset,
    const struct tracks_set *set, usec_t now)
{
	struct tracks_span span = {.offset = 0};
	usec_t start = r->start + correction, length, begin;

	if (offset < 0)
		offset = 0;
	span.offset = offset;
	if (!set->ended || !r->has_start)
		return span;
	/* The set may have begun before its recording. */
	begin = offset == 0 && start > set->started_at ? start
						       : set->started_at;
	length = r->has_audio ? r->audio : length_by_clock(r, correction, now);
	span.has_duration = true;
	span.duration = set->ended_at - begin;
	if (span.duration > length - offset)
		span.duration = length - offset;
	if (span.duration < 0)
		span.duration = 0;
	return span;
}

static bool
read_correction(struct db *db, const struct uuid *recorder_id, usec_t *out,
    struct error *err)
{
	static const enum db_type types[] = {DB_SPAN};
	const struct db_value args[] = {db_uuid(recorder_id)};
	struct arena arena = ARENA_INIT;
	struct db_value value;
	bool found, ok;

	ok = db_select_one(db,
	    "SELECT clock_correction_us FROM recorders WHERE id = ?", args, 1,
	    types, &value, 1, &arena, &found, err);
	*out = ok && found ? value.as.number : 0;
	arena_free(&arena);
	return ok;
}

struct entries {
	const struct recording *recording;
	usec_t correction, now;
	struct tracks_track *entries;
	size_t count;
};

static bool
take_set(void *context, const struct db_value *row, struct error *err)
{
	struct entries *out = context;
	struct tracks_track *entry = &out->entries[out->count++];

	(void)err;
	*entry = (struct tracks_track){
	    .set = {.session_id = row[0].as.id,
		.dj_name = row[1].as.text.bytes,
		.started_at = row[2].as.time,
		.ended = row[3].type != DB_NULL},
	    .part = (int)row[4].as.number,
	};
	if (entry->set.ended)
		entry->set.ended_at = row[3].as.time;
	entry->span = tracks_span(out->recording, out->correction,
	    row[5].as.number, &entry->set, out->now);
	return true;
}

bool
tracks_of_recording(struct db *db, struct arena *arena,
    const struct recording *recording, usec_t now, struct tracks_track **out,
    size_t *count, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_TEXT, DB_TIME, DB_TIME, DB_INT, DB_SPAN};
	const struct db_value args[] = {db_uuid(&recording->recorder_id),
	    db_uuid(&recording->id), db_int(TRACKS_MAX)};
	struct entries entries = {.recording = recording, .now = now};

	entries.entries = arena_alloc(
	    arena, TRACKS_MAX * sizeof(entries.entries[0]));
	if (entries.entries == NULL)
		return error_memory(err);
	if (!read_correction(
		db, &recording->recorder_id, &entries.correction, err) ||
	    !db_each(db,
		"SELECT s.id, " HOLDS_NAMES
		", s.started_at, s.ended_at, l.part, "
		"l.offset_us FROM session_recordings l "
		"JOIN sessions s ON s.id = l.session_id "
		"JOIN djs d ON d.id = s.dj_id "
		"WHERE l.recorder_id = ? AND l.recording_id = ? "
		"ORDER BY l.offset_us, s.started_at, s.id LIMIT ?",
		args, 3, types, 6, arena, take_set, &entries, err))
		return false;
	*out = entries.entries;
	*count = entries.count;
	return true;
}

const enum db_type tracks_types[TRACKS_N_COLUMNS] = {
    [TRACKS_RECORDER_ID] = DB_UUID,
    [TRACKS_RECORDING_ID] = DB_UUID,
    [TRACKS_GONE] = DB_INT,
    [TRACKS_SIZES + RECORDING_OGG] = DB_INT,
    [TRACKS_SIZES + RECORDING_FLAC] = DB_INT,
    [TRACKS_SIZES + RECORDING_WAVEFORM] = DB_INT,
    [TRACKS_SIZES + RECORDING_OVERVIEW] = DB_INT,
    [TRACKS_CHANGED_AT] = DB_TIME,
    [TRACKS_PART] = DB_INT,
    [TRACKS_OFFSET] = DB_SPAN,
    [TRACKS_CORRECTION] = DB_SPAN,
    [TRACKS_START] = DB_TIME,
    [TRACKS_END] = DB_TIME,
    [TRACKS_CLOSED] = DB_INT,
    [TRACKS_CHUNKS] = DB_INT,
    [TRACKS_NEWEST_CHUNK] = DB_TIME,
    [TRACKS_AUDIO] = DB_SPAN,
};

static struct recording
recording_of_row(const struct db_value *row)
{
	struct recording recording = {
	    .recorder_id = row[TRACKS_RECORDER_ID].as.id,
	    .id = row[TRACKS_RECORDING_ID].as.id,
	    .name = "",
	    .metadata_etag = "",
	    .has_start = row[TRACKS_START].type != DB_NULL,
	    .start = row[TRACKS_START].as.time,
	    .has_end = row[TRACKS_END].type != DB_NULL,
	    .end = row[TRACKS_END].as.time,
	    .closed = row[TRACKS_CLOSED].as.number != 0,
	    .chunks = row[TRACKS_CHUNKS].as.number,
	    .has_newest_chunk = row[TRACKS_NEWEST_CHUNK].type != DB_NULL,
	    .newest_chunk = row[TRACKS_NEWEST_CHUNK].as.time,
	    .gone = row[TRACKS_GONE].as.number != 0,
	    .has_audio = row[TRACKS_AUDIO].type != DB_NULL,
	    .audio = row[TRACKS_AUDIO].as.number,
	};

	for (int i = 0; i < RECORDING_FORMATS; i++)
		recording.files[i] = (struct recording_file){
		    .size = recording_size(&row[TRACKS_SIZES + i]), .etag = ""};
	return recording;
}

struct tracks_part
tracks_part_of_row(
    const struct db_value *row, const struct tracks_set *set, usec_t now)
{
	struct tracks_part part = {
	    .part = (int)row[TRACKS_PART].as.number,
	    .recording = recording_of_row(row),
	    .changed = row[TRACKS_CHANGED_AT].type != DB_NULL,
	    .changed_at = row[TRACKS_CHANGED_AT].as.time,
	};

	part.span = tracks_span(&part.recording,
	    row[TRACKS_CORRECTION].as.number, row[TRACKS_OFFSET].as.number, set,
	    now);
	return part;
}

struct parts {
	const struct tracks_set *set;
	usec_t now;
	struct tracks_part *parts;
	size_t count;
};

static bool
take_part(void *context, const struct db_value *row, struct error *err)
{
	struct parts *out = context;

	(void)err;
	out->parts[out->count++] = tracks_part_of_row(row, out->set, out->now);
	return true;
}

bool
tracks_of_set(struct db *db, struct arena *arena, const struct tracks_set *set,
    usec_t now, struct tracks_part parts[MATCH_MAX_PARTS], size_t *count,
    struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&set->session_id), db_int(MATCH_MAX_PARTS)};
	struct parts found = {set, now, parts, 0};

	if (!db_each(db,
		"SELECT " TRACKS_LINK_COLUMNS ", " TRACKS_SPAN_COLUMNS
		" FROM session_recordings l " TRACKS_RECORDING TRACKS_RECORDER
		"WHERE l.session_id = ? ORDER BY l.part LIMIT ?",
		args, 2, tracks_types, TRACKS_N_COLUMNS, arena, take_part,
		&found, err))
		return false;
	*count = found.count;
	return true;
}
