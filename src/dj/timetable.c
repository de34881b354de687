/* SPDX-License-Identifier: MIT */
/* Timetables. */
#include "dj/timetable.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct arena *arena;
	const struct night *night;
	struct timetable *out;
};

/* A new entry; NULL when there are too many. */
static struct timetable_entry *
add(struct reading *reading)
{
	struct timetable *out = reading->out;

	if (out->count == TIMETABLE_MAX)
		return NULL;
	out->entries[out->count] = (struct timetable_entry){
	    .type = "solo",
	    .length = reading->night->plan.slot_length,
	};
	return &out->entries[out->count++];
}

static bool
set_djs(struct reading *reading, struct timetable_entry *entry,
    const struct session_dj *djs, size_t n_djs, struct error *err)
{
	struct session_dj *copy = arena_alloc(
	    reading->arena, n_djs * sizeof(*copy));

	if (copy == NULL)
		return error_memory(err);
	memcpy(copy, djs, n_djs * sizeof(*copy));
	entry->djs = copy;
	entry->n_djs = n_djs;
	entry->names = copy[0].name;
	return true;
}

static bool
take_session(void *context, const struct session *session, struct error *err)
{
	struct reading *reading = context;
	struct timetable_entry *entry = add(reading);

	if (entry == NULL)
		return true;
	if (!set_djs(reading, entry, session->djs, session->n_djs, err))
		return false;
	entry->names = session->dj_name;
	entry->type = session->type;
	entry->begins = session->started_at;
	entry->status = session->ended ? TIMETABLE_COMPLETED
				       : TIMETABLE_IN_PROGRESS;
	entry->ended = session->ended_at;
	if (session->has_length)
		entry->length = session->planned_minutes * USEC_PER_MIN;
	return true;
}

static bool
take_turn(void *context, const struct db_value *row, struct error *err)
{
	const struct session_dj dj = {row[0].as.id, row[1].as.text.bytes};
	struct reading *reading = context;
	struct timetable_entry *entry = add(reading);

	if (entry == NULL)
		return true;
	entry->begins = row[2].as.time;
	entry->status = TIMETABLE_IN_PROGRESS;
	if (row[3].type != DB_NULL) {
		entry->status = TIMETABLE_COMPLETED;
		entry->ended = row[3].as.time;
	}
	return set_djs(reading, entry, &dj, 1, err);
}

/* Turns for which nobody started a session. */
static bool
read_turns(struct db *db, struct arena *arena, struct reading *reading,
    struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_TEXT, DB_TIME, DB_TIME};
	const struct db_value args[] = {
	    db_uuid(&reading->night->pool_id), db_int(TIMETABLE_MAX)};

	return db_each(db,
	    "SELECT q.dj_id, d.name, q.began_at, "
	    "IF(q.status = 'played', q.ended_at, NULL) "
	    "FROM queue_entries q JOIN djs d ON d.id = q.dj_id "
	    "WHERE q.pool_id = ? AND q.status IN ('played', 'playing') "
	    "AND q.session_id IS NULL AND q.began_at IS NOT NULL "
	    "ORDER BY q.position LIMIT ?",
	    args, 2, types, 4, arena, take_turn, reading, err);
}

static bool
take_waiting(void *context, const struct dj *dj, struct error *err)
{
	const struct session_dj session_dj = {dj->id, dj->name};
	struct reading *reading = context;
	struct timetable_entry *entry = add(reading);

	if (entry == NULL)
		return true;
	entry->queued = *dj;
	entry->begins = dj->estimate;
	entry->status = TIMETABLE_UPCOMING;
	return set_djs(reading, entry, &session_dj, 1, err);
}

/* Those who wait come last, in the order of the queue, whatever the clock
 * says. */
static int
compare(const void *one, const void *other)
{
	const struct timetable_entry *a = one, *b = other;
	const bool later_a = a->status == TIMETABLE_UPCOMING;
	const bool later_b = b->status == TIMETABLE_UPCOMING;

	if (later_a != later_b)
		return later_a - later_b;
	if (a->begins != b->begins)
		return a->begins < b->begins ? -1 : 1;
	return uuid_compare(&a->djs[0].id, &b->djs[0].id);
}

static int
compare_ids(const void *one, const void *other)
{
	return uuid_compare(one, other);
}

static bool
count(struct arena *arena, struct timetable *out, struct error *err)
{
	struct uuid *ids = arena_alloc(
	    arena, (out->count + 1) * SESSIONS_MAX_DJS * sizeof(*ids));
	size_t n = 0, i, j;

	if (ids == NULL)
		return error_memory(err);
	for (i = 0; i < out->count; i++) {
		const struct timetable_entry *entry = &out->entries[i];

		out->completed += entry->status == TIMETABLE_COMPLETED;
		for (j = 0; j < entry->n_djs; j++)
			ids[n++] = entry->djs[j].id;
	}
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (i = 0; i < n; i++)
		out->n_djs += i == 0 || uuid_compare(&ids[i - 1], &ids[i]) != 0;
	return true;
}

bool
timetable_read(struct db *db, struct arena *arena, const struct night *night,
    struct timetable *out, struct error *err)
{
	struct reading reading = {arena, night, out};

	*out = (struct timetable){0};
	out->entries = arena_alloc(
	    arena, TIMETABLE_MAX * sizeof(out->entries[0]));
	if (out->entries == NULL)
		return error_memory(err);
	if (!sessions_of_event(db, arena, &night->event.id, TIMETABLE_MAX, 0,
		take_session, &reading, err) ||
	    !read_turns(db, arena, &reading, err) ||
	    !night_queue(night, take_waiting, &reading, err))
		return false;
	qsort(out->entries, out->count, sizeof(out->entries[0]), compare);
	return count(arena, out, err);
}

const char *
timetable_status_name(enum timetable_status status)
{
	static const char *const names[] = {
	    [TIMETABLE_COMPLETED] = "Completed",
	    [TIMETABLE_IN_PROGRESS] = "InProgress",
	    [TIMETABLE_UPCOMING] = "Upcoming",
	};

	return names[status];
}
