/* SPDX-License-Identifier: MIT */
/* Which part of a recording belongs to which set. */
#include "recorder/tracks.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/holds.h"

/* All that the recording has from a place in it on, as far as it is known how
 * long it is. */
static struct tracks_span
believe(const struct span *span, usec_t offset, usec_t length)
{
	usec_t end = span->has_file ? span->file_length_end - span->file_begin
				    : span->end - span->begin;
	usec_t rest = end - offset;

	if (!span->placed)
		return (struct tracks_span){.held = true,
		    .in_file = true,
		    .offset = offset,
		    .duration = length};
	return (struct tracks_span){
	    .held = rest > 0,
	    .in_file = span->has_file && rest > 0,
	    .offset = offset,
	    .duration = rest > 0 ? usec_min(rest, length) : 0,
	};
}

struct tracks_span
tracks_span(const struct span *span, const struct tracks_link *link,
    const struct tracks_set *set, usec_t now)
{
	usec_t start = set->started_at;
	usec_t end = set->ended ? set->ended_at : now;
	struct tracks_span out;
	struct span_place place;
	bool replaced;

	if (end < start)
		end = start;
	span_place(span, start, end, &place);
	replaced = span->lost_begin < end && start < span->lost_end;
	if (link->fixed)
		out = believe(span, link->offset, end - start);
	else if (!place.held && !replaced &&
	    (link->by_hand || link->by_wrong_clock))
		out = believe(span, 0, end - start);
	else
		out = (struct tracks_span){
		    .held = place.held,
		    .in_file = place.in_file,
		    .offset = place.offset,
		    .duration = place.length,
		};
	out.has_duration = set->ended;
	return out;
}

static struct tracks_link
link_of(const struct db_value *matched_by, const struct db_value *fixed)
{
	return (struct tracks_link){
	    .by_hand = strcmp(matched_by->as.text.bytes, "manual") == 0,
	    .by_wrong_clock = strcmp(matched_by->as.text.bytes,
				  match_rule_name(MATCH_NEAR)) == 0,
	    .fixed = fixed->type != DB_NULL,
	    .offset = fixed->as.number > 0 ? fixed->as.number : 0,
	};
}

enum entry_column {
	ENTRY_SESSION_ID,
	ENTRY_DJ_NAME,
	ENTRY_STARTED_AT,
	ENTRY_ENDED_AT,
	ENTRY_PART,
	ENTRY_MATCHED_BY,
	ENTRY_FIXED,
	ENTRY_SPAN,
	ENTRY_N_COLUMNS = ENTRY_SPAN + SPAN_N_COLUMNS
};

struct entries {
	usec_t now;
	struct tracks_track *entries;
	size_t count;
};

static bool
take_set(void *context, const struct db_value *row, struct error *err)
{
	struct entries *out = context;
	struct tracks_track *entry = &out->entries[out->count++];
	const struct tracks_link link = link_of(
	    &row[ENTRY_MATCHED_BY], &row[ENTRY_FIXED]);
	const struct span_facts facts = span_facts_of_row(row + ENTRY_SPAN);
	struct span span;

	(void)err;
	*entry = (struct tracks_track){
	    .set = {.session_id = row[ENTRY_SESSION_ID].as.id,
		.dj_name = row[ENTRY_DJ_NAME].as.text.bytes,
		.started_at = row[ENTRY_STARTED_AT].as.time,
		.ended = row[ENTRY_ENDED_AT].type != DB_NULL,
		.ended_at = row[ENTRY_ENDED_AT].as.time},
	    .part = (int)row[ENTRY_PART].as.number,
	};
	span_find(&facts, out->now, &span);
	entry->span = tracks_span(&span, &link, &entry->set, out->now);
	return true;
}

static int
compare_tracks(const void *one, const void *other)
{
	const struct tracks_track *a = one, *b = other;

	if (a->span.offset != b->span.offset)
		return a->span.offset < b->span.offset ? -1 : 1;
	if (a->set.started_at != b->set.started_at)
		return a->set.started_at < b->set.started_at ? -1 : 1;
	return uuid_compare(&a->set.session_id, &b->set.session_id);
}

bool
tracks_of_recording(struct db *db, struct arena *arena,
    const struct recording *recording, usec_t now, struct tracks_track **out,
    size_t *count, struct error *err)
{
	enum db_type types[ENTRY_N_COLUMNS] = {
	    DB_UUID, DB_TEXT, DB_TIME, DB_TIME, DB_INT, DB_TEXT, DB_SPAN};
	const struct db_value args[] = {db_uuid(&recording->recorder_id),
	    db_uuid(&recording->id), db_int(TRACKS_MAX)};
	struct entries entries = {.now = now};

	memcpy(types + ENTRY_SPAN, span_types, sizeof(span_types));
	entries.entries = arena_alloc(
	    arena, TRACKS_MAX * sizeof(entries.entries[0]));
	if (entries.entries == NULL)
		return error_memory(err);
	if (!db_each(db,
		"SELECT s.id, " HOLDS_NAMES
		", s.started_at, s.ended_at, l.part, "
		"l.matched_by, l.fixed_us, " SPAN_COLUMNS
		" FROM session_recordings l "
		"JOIN sessions s ON s.id = l.session_id "
		"JOIN djs d ON d.id = s.dj_id " TRACKS_RECORDING
		"WHERE l.recorder_id = ? AND l.recording_id = ? "
		"ORDER BY s.started_at, s.id LIMIT ?",
		args, 3, types, ENTRY_N_COLUMNS, arena, take_set, &entries,
		err))
		return false;
	qsort(entries.entries, entries.count, sizeof(entries.entries[0]),
	    compare_tracks);
	*out = entries.entries;
	*count = entries.count;
	return true;
}

void
tracks_fill_types(enum db_type types[TRACKS_N_COLUMNS])
{
	static const enum db_type link_types[TRACKS_SPAN] = {
	    [TRACKS_RECORDER_ID] = DB_UUID,
	    [TRACKS_RECORDING_ID] = DB_UUID,
	    [TRACKS_GONE] = DB_INT,
	    [TRACKS_CHANGED_AT] = DB_TIME,
	    [TRACKS_PART] = DB_INT,
	    [TRACKS_PRIMARY] = DB_INT,
	    [TRACKS_MATCHED_BY] = DB_TEXT,
	    [TRACKS_FIXED] = DB_SPAN,
	};

	memcpy(types, link_types, sizeof(link_types));
	memcpy(types + TRACKS_SPAN, span_types, sizeof(span_types));
}

struct tracks_part
tracks_part_of_row(
    const struct db_value *row, const struct tracks_set *set, usec_t now)
{
	const struct tracks_link link = link_of(
	    &row[TRACKS_MATCHED_BY], &row[TRACKS_FIXED]);
	const struct span_facts facts = span_facts_of_row(row + TRACKS_SPAN);
	struct tracks_part part = {
	    .part = (int)row[TRACKS_PART].as.number,
	    .primary = row[TRACKS_PRIMARY].as.number != 0,
	    .recorder_id = row[TRACKS_RECORDER_ID].as.id,
	    .recording_id = row[TRACKS_RECORDING_ID].as.id,
	    .gone = row[TRACKS_GONE].as.number != 0,
	    .by_hand = link.by_hand,
	    .changed = row[TRACKS_CHANGED_AT].type != DB_NULL,
	    .changed_at = row[TRACKS_CHANGED_AT].as.time,
	};
	struct span span;

	span_find(&facts, now, &span);
	part.span = tracks_span(&span, &link, set, now);
	part.open = span.open;
	part.reopened = span.open && span.has_file;
	part.replaced = !part.span.held && span.lost_begin < span.lost_end;
	for (int i = 0; i < RECORDING_FORMATS; i++)
		part.has_file[i] = !part.gone && part.span.in_file &&
		    span_has_file(&facts, &span, (enum recording_format)i);
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
	enum db_type types[TRACKS_N_COLUMNS];

	tracks_fill_types(types);
	if (!db_each(db,
		"SELECT " TRACKS_COLUMNS
		" FROM session_recordings l " TRACKS_RECORDING
		"WHERE l.session_id = ? ORDER BY l.part LIMIT ?",
		args, 2, types, TRACKS_N_COLUMNS, arena, take_part, &found,
		err))
		return false;
	*count = found.count;
	return true;
}
