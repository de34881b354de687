/* SPDX-License-Identifier: MIT */
/* The recordings that a set could be on. */
#include "recorder/candidates.h"

#include "base/array.h"
#include "recorder/match_place.h"
#include "recorder/span_row.h"

/* What may reach further beyond its start has a mark in the index. */
#define LONG (24 * USEC_PER_HOUR)

/* Sets that overlap another one began no longer before it (SETLINK_MAX_SESSION_
 * HOURS has no larger value). */
#define LONGEST_SET (7 * 24 * USEC_PER_HOUR)

/* What belongs to one night: so far a set is from another one of it. */
#define NIGHT (12 * USEC_PER_HOUR)

/* One search reads this many at most. */
#define MAX_CANDIDATES 1000

enum column {
	RECORDER_ID,
	ID,
	TIED,
	HOLDER,
	SPAN,
	N_COLUMNS = SPAN + SPAN_N_COLUMNS
};

static void
fill_types(enum db_type types[N_COLUMNS])
{
	types[RECORDER_ID] = DB_UUID;
	types[ID] = DB_UUID;
	types[TIED] = DB_INT;
	types[HOLDER] = DB_UUID;
	for (size_t i = 0; i < SPAN_N_COLUMNS; i++)
		types[SPAN + i] = span_types[i];
}

/* The recordings of recorders that are tied to the set's room; those of
 * recorders that are tied to none when none is tied to this one; all for a set
 * without a room. */
#define OF_ROOM                                             \
	"(? IS NULL OR COALESCE(c.room, '') = COALESCE("    \
	"(SELECT t.room FROM recorders t WHERE t.room = ? " \
	"LIMIT 1), '')) "

#define SELECT_FROM(key)                                                      \
	"SELECT r.recorder_id, r.id, c.room IS NOT NULL, "                    \
	"(SELECT o.id FROM session_recordings l "                             \
	"JOIN sessions o ON o.id = l.session_id "                             \
	"WHERE l.recorder_id = r.recorder_id AND l.recording_id = r.id "      \
	"AND " HOLDS_OVERLAP " ORDER BY o.started_at LIMIT 1), " SPAN_COLUMNS \
	" FROM recordings r FORCE INDEX (" key ") "                           \
	"LEFT JOIN recorders c ON c.id = r.recorder_id "

/* Only files of a later part reach behind the end that metadata tells. */
#define MAY_REACH                                                       \
	"r.gone_at IS NULL AND (r.is_closed = 0 OR r.end_time IS NULL " \
	"OR r.end_time >= ? OR r.reopened_at IS NOT NULL) AND " OF_ROOM \
	"ORDER BY r.listed_at DESC LIMIT ?"

/* Keys bound what is read, by the recorder's clock: what began shortly before
 * the set, and the few that reach further. */
static const char select_recent[] = SELECT_FROM(
    "by_time") "WHERE r.listed_at <= ? AND r.listed_at >= ? AND " MAY_REACH;
static const char select_lasting[] = SELECT_FROM(
    "by_lasting") "WHERE r.lasting = 1 AND r.listed_at < ? AND " MAY_REACH;

struct reading {
	const struct holds_set *set;
	usec_t reach, now;
	struct candidates *candidates;
};

static struct match_recording
to_match(const struct db_value *row, const struct span *span)
{
	struct match_recording out = {
	    .recorder_id = row[RECORDER_ID].as.id,
	    .id = row[ID].as.id,
	    .taken = row[HOLDER].type != DB_NULL,
	    .trusted = true,
	};

	match_place(span, &out);
	return out;
}

/* Whether it is near enough to the set. */
static bool
is_near(const struct reading *reading, const struct match_recording *r)
{
	usec_t reach = reading->reach;
	usec_t begin = r->lost_start < r->lost_end ? r->lost_start : r->start;
	usec_t end = r->silent_end > r->end ? r->silent_end : r->end;

	return begin <= reading->set->end + reach &&
	    end >= reading->set->start - reach;
}

/* As long as nobody has looked where it begins, the end of a recording says
 * nothing to a set that begins there. */
static void
cut_unheard(const struct holds_set *set, const struct span_facts *facts,
    const struct span *span, struct match_recording *r)
{
	if (!facts->has_audio && !span->open && set->start < r->end &&
	    r->end - set->start < MATCH_PADDING && r->start < set->start)
		r->end = set->start;
}

static bool
take_row(void *context, const struct db_value *row, struct error *err)
{
	struct reading *reading = context;
	struct candidates *candidates = reading->candidates;
	struct match_recording *out =
	    &candidates->recordings[candidates->count];
	const struct span_facts facts = span_facts_of_row(row + SPAN);
	struct span span;

	(void)err;
	span_find(&facts, reading->now, &span);
	if (!span.placed) {
		candidates->unplaced[candidates->n_unplaced++] =
		    row[RECORDER_ID].as.id;
		return true;
	}
	*out = to_match(row, &span);
	out->tied = reading->set->room == NULL && row[TIED].as.number != 0;
	cut_unheard(reading->set, &facts, &span, out);
	if (!is_near(reading, out))
		return true;
	if (out->taken)
		candidates->holders[candidates->count] = row[HOLDER].as.id;
	candidates->count++;
	return true;
}

static bool
reserve(struct arena *arena, struct candidates *out, struct error *err)
{
	size_t most = 2 * MAX_CANDIDATES;

	*out = (struct candidates){
	    .recordings = arena_alloc(arena, most * sizeof(*out->recordings)),
	    .holders = arena_alloc(arena, most * sizeof(*out->holders)),
	    .unplaced = arena_alloc(arena, most * sizeof(*out->unplaced)),
	};
	return (out->recordings != NULL && out->holders != NULL &&
		   out->unplaced != NULL) ||
	    error_memory(err);
}

/* The most that the clock of any recorder is corrected by. */
static bool
read_correction(
    struct db *db, struct arena *arena, usec_t *most, struct error *err)
{
	static const enum db_type number[] = {DB_SPAN};
	struct db_value row;
	bool found;

	if (!db_select_one(db,
		"SELECT GREATEST(COALESCE(MAX(clock_correction_us), 0), "
		"-COALESCE(MIN(clock_correction_us), 0), 0) FROM recorders",
		NULL, 0, number, &row, 1, arena, &found, err))
		return false;
	*most = row.as.number;
	return true;
}

/* Call `take` for each recorder that such a statement finds, as a set of
 * others is on it. */
typedef void take_recorder(
    struct candidates *candidates, const struct uuid *recorder_id);

struct recorders {
	struct candidates *candidates;
	take_recorder *take;
};

static bool
take_held(void *context, const struct db_value *row, struct error *err)
{
	const struct recorders *recorders = context;

	(void)err;
	if (row[0].type != DB_NULL)
		recorders->take(recorders->candidates, &row[0].as.id);
	else
		recorders->candidates->other_room = true;
	return true;
}

static void
take_elsewhere(struct candidates *candidates, const struct uuid *recorder_id)
{
	candidates->other_room = true;
	for (size_t i = 0; i < candidates->count; i++)
		if (uuid_compare(&candidates->recordings[i].recorder_id,
			recorder_id) == 0)
			candidates->recordings[i].elsewhere = true;
}

static void
take_seen_right(struct candidates *candidates, const struct uuid *recorder_id)
{
	for (size_t i = 0; i < candidates->count; i++)
		if (uuid_compare(&candidates->recordings[i].recorder_id,
			recorder_id) == 0)
			candidates->recordings[i].trusted = true;
}

/* What sets of other rooms are on at the same time. Those that began later come
 * later, too, unless a person has linked them: so it does not matter which of
 * two was looked at first. */
static bool
read_elsewhere(struct db *db, struct arena *arena, const struct holds_set *set,
    usec_t now, struct candidates *out, struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	const struct db_value args[] = {
	    db_time(set->start),
	    db_time(set->start),
	    db_uuid(&set->id),
	    db_time(set->start - LONGEST_SET),
	    db_time(set->end),
	    db_text(set->room),
	    db_time(now + 1), /* one that runs goes on */
	    db_time(set->start),
	};
	struct recorders recorders = {out, take_elsewhere};

	if (set->room == NULL)
		return true;
	return db_each(db,
	    "SELECT DISTINCT IF(l.matched_by = 'manual' OR o.started_at < ? "
	    "OR (o.started_at = ? AND o.id < ?), l.recorder_id, NULL) "
	    "FROM sessions o FORCE INDEX (by_start) "
	    "LEFT JOIN session_recordings l ON l.session_id = o.id "
	    "WHERE o.started_at >= ? AND o.started_at < ? AND o.room <> ? "
	    "AND COALESCE(o.ended_at, ?) > ?",
	    args, 8, types, 1, arena, take_held, &recorders, err);
}

bool
candidates_judge_clocks(struct db *db, struct arena *arena,
    const struct holds_set *set, struct candidates *candidates,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	const struct db_value args[] = {
	    db_time(set->start - NIGHT),
	    db_time(set->end + NIGHT),
	    db_uuid(&set->id),
	};
	struct recorders recorders = {candidates, take_seen_right};

	for (size_t i = 0; i < candidates->count; i++)
		candidates->recordings[i].trusted = false;
	for (size_t i = 0; i < candidates->n_unplaced; i++)
		take_seen_right(candidates, &candidates->unplaced[i]);
	return db_each(db,
	    "SELECT DISTINCT l.recorder_id "
	    "FROM sessions o FORCE INDEX (by_start) "
	    "JOIN session_recordings l ON l.session_id = o.id "
	    "WHERE o.started_at BETWEEN ? AND ? AND o.id <> ? "
	    "AND l.matched_by NOT IN ('manual', 'near')",
	    args, 3, types, 1, arena, take_held, &recorders, err);
}

/* How many recorders the set's own could be, if none is tied to its room. */
static void
count_untied(struct candidates *out, const struct db_value *tied)
{
	if (tied->type == DB_NULL || tied->as.number != 0)
		return;
	for (size_t i = 0; i < out->count; i++) {
		const struct uuid *id = &out->recordings[i].recorder_id;
		size_t j = 0;

		while (uuid_compare(&out->recordings[j].recorder_id, id) != 0)
			j++;
		out->untied += j == i;
	}
}

static bool
read_tied(struct db *db, struct arena *arena, const struct holds_set *set,
    struct candidates *out, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	const struct db_value args[] = {db_text(set->room)};
	struct db_value tied = {.type = DB_NULL};
	bool found;

	if (set->room == NULL || !out->other_room)
		return true;
	if (!db_select_one(db, "SELECT COUNT(*) FROM recorders WHERE room = ?",
		args, 1, types, &tied, 1, arena, &found, err))
		return false;
	count_untied(out, &tied);
	return true;
}

/* What begins up to `last`, by any clock, and reaches the set. */
static bool
read_both(struct db *db, struct arena *arena, struct reading *reading,
    usec_t most, struct error *err)
{
	const struct holds_set *set = reading->set;
	const struct db_value last = db_time(set->end + most),
			      first = db_time(set->start - LONG - most),
			      reached = db_time(set->start - most);
	const struct db_value recent[] = {HOLDS_ARGS(set, reading->now), last,
	    first, reached, db_text(set->room), db_text(set->room),
	    db_int(MAX_CANDIDATES)};
	const struct db_value lasting[] = {HOLDS_ARGS(set, reading->now), first,
	    reached, db_text(set->room), db_text(set->room),
	    db_int(MAX_CANDIDATES)};
	enum db_type types[N_COLUMNS];

	fill_types(types);
	return db_each(db, select_recent, recent, LENGTH(recent), types,
		   N_COLUMNS, arena, take_row, reading, err) &&
	    db_each(db, select_lasting, lasting, LENGTH(lasting), types,
		N_COLUMNS, arena, take_row, reading, err);
}

bool
candidates_read(struct db *db, struct arena *arena, const struct holds_set *set,
    usec_t reach, usec_t now, struct candidates *out, struct error *err)
{
	struct reading reading = {
	    .set = set,
	    .reach = reach > set->tolerance ? reach : set->tolerance,
	    .now = now,
	    .candidates = out,
	};
	usec_t most;

	if (!read_correction(db, arena, &most, err) ||
	    !reserve(arena, out, err) ||
	    !read_both(db, arena, &reading, most + reading.reach, err))
		return false;
	match_cut_padding(out->recordings, out->count);
	return read_elsewhere(db, arena, set, now, out, err) &&
	    read_tied(db, arena, set, out, err);
}
