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

/* A part, as the link has it. */
struct link {
	struct uuid recorder_id, id;
	int part;
	usec_t offset, correction;
	bool changed;
	usec_t changed_at;
};

struct links {
	struct link links[MATCH_MAX_PARTS];
	size_t count;
};

static bool
take_link(void *context, const struct db_value *row, struct error *err)
{
	struct links *out = context;

	(void)err;
	out->links[out->count++] = (struct link){
	    .recorder_id = row[0].as.id,
	    .id = row[1].as.id,
	    .part = (int)row[2].as.number,
	    .offset = row[3].as.number,
	    .correction = row[4].as.number,
	    .changed = row[5].type != DB_NULL,
	    .changed_at = row[5].type == DB_NULL ? 0 : row[5].as.time,
	};
	return true;
}

static bool
read_links(struct db *db, struct arena *arena, const struct uuid *session_id,
    struct links *out, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_UUID, DB_INT, DB_SPAN, DB_SPAN, DB_TIME};
	const struct db_value args[] = {
	    db_uuid(session_id), db_int(MATCH_MAX_PARTS)};

	out->count = 0;
	return db_each(db,
	    "SELECT l.recorder_id, l.recording_id, l.part, l.offset_us, "
	    "COALESCE(c.clock_correction_us, 0), "
	    "CASE WHEN r.ogg_changed_at >= l.linked_at "
	    "THEN r.ogg_changed_at END "
	    "FROM session_recordings l "
	    "LEFT JOIN recorders c ON c.id = l.recorder_id "
	    "LEFT JOIN recordings r ON r.recorder_id = l.recorder_id "
	    "AND r.id = l.recording_id "
	    "WHERE l.session_id = ? ORDER BY l.part LIMIT ?",
	    args, 2, types, 6, arena, take_link, out, err);
}

bool
tracks_of_set(struct db *db, struct arena *arena, const struct tracks_set *set,
    usec_t now, struct tracks_part parts[MATCH_MAX_PARTS], size_t *count,
    struct error *err)
{
	struct links links;
	size_t i;

	*count = 0;
	if (!read_links(db, arena, &set->session_id, &links, err))
		return false;
	for (i = 0; i < links.count; i++) {
		const struct link *link = &links.links[i];
		struct tracks_part *part = &parts[i];

		if (!index_find(db, arena, &link->recorder_id, &link->id,
			&part->recording, err))
			return false;
		part->part = link->part;
		part->changed = link->changed;
		part->changed_at = link->changed_at;
		part->span = tracks_span(
		    &part->recording, link->correction, link->offset, set, now);
	}
	*count = links.count;
	return true;
}
