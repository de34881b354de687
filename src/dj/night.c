/* SPDX-License-Identifier: MIT */
/* Reading the night. */
#include "dj/night.h"

#include "dj/dj_row.h"

enum head_column {
	POOL_ID,
	ROUND,
	EVENT_ID,
	STARTED_AT,
	SLOT_MINUTES,
	CUTOFF_HOURS,
	REPLANNED_AT,
	LAST_SLOT,
	TURNS_END,
	SETS_END,
	TURNS,
	OVERLONG,
	HEAD_COLUMNS
};

static const enum db_type head_types[HEAD_COLUMNS] = {
    [POOL_ID] = DB_UUID,
    [ROUND] = DB_INT,
    [EVENT_ID] = DB_UUID,
    [STARTED_AT] = DB_TIME,
    [SLOT_MINUTES] = DB_INT,
    [CUTOFF_HOURS] = DB_INT,
    [REPLANNED_AT] = DB_TIME,
    [LAST_SLOT] = DB_TIME,
    [TURNS_END] = DB_TIME,
    [SETS_END] = DB_TIME,
    [TURNS] = DB_INT,
    [OVERLONG] = DB_INT,
};

/* Of those who have played only the last one counts, and only in an event: a
 * pool that never has one grows for ever. */
#define SELECT_HEAD                                                     \
	"SELECT p.id, p.round, e.id, e.started_at, e.slot_minutes, "    \
	"e.cutoff_hours, e.replanned_at, "                              \
	"IF(e.id IS NULL, NULL, (SELECT MAX(q.slot_at) "                \
	"FROM queue_entries q WHERE q.pool_id = p.id "                  \
	"AND q.status = 'played')), "                                   \
	"IF(e.id IS NULL, NULL, (SELECT MAX(q.ended_at) "               \
	"FROM queue_entries q WHERE q.pool_id = p.id "                  \
	"AND q.status = 'played')), "                                   \
	"(SELECT MAX(s.ended_at) FROM sessions s "                      \
	"WHERE s.event_id = e.id), "                                    \
	"(SELECT COUNT(*) FROM queue_entries q WHERE q.pool_id = p.id " \
	"AND q.status IN ('playing', 'waiting')), "                     \
	"EXISTS (SELECT 1 FROM sessions s FORCE INDEX (one_active) "    \
	"WHERE s.active_dj_id IS NOT NULL AND s.started_at <= ?) "      \
	"FROM pools p LEFT JOIN events e "                              \
	"ON e.pool_id = p.id AND e.open_mark = 1 WHERE p.open_mark = 1"

/* The tables are as little trusted as a request. */
static int64_t
within(int64_t number, int64_t min, int64_t max)
{
	if (number < min)
		return min;
	return number > max ? max : number;
}

static void
event_from_row(
    const struct db_value *row, const struct config *config, struct night *out)
{
	out->has_event = row[EVENT_ID].type != DB_NULL;
	if (!out->has_event)
		return;
	out->event = (struct event){
	    .id = row[EVENT_ID].as.id,
	    .pool_id = out->pool_id,
	    .started_at = row[STARTED_AT].as.time,
	    .slot_minutes = within(
		row[SLOT_MINUTES].as.number, 1, EVENT_MAX_SLOT),
	    .cutoff_hours = within(
		row[CUTOFF_HOURS].as.number, 0, EVENT_MAX_CUTOFF),
	};
	out->plan = (struct plan){
	    .started_at = out->event.started_at,
	    .slot_length = out->event.slot_minutes * USEC_PER_MIN,
	    .first_draw = config->first_draw_minutes * USEC_PER_MIN,
	    .replanned_at = row[REPLANNED_AT].as.time,
	    .has_last_slot = row[LAST_SLOT].type != DB_NULL,
	};
	if (out->plan.has_last_slot)
		out->plan.last_slot = row[LAST_SLOT].as.time;
	if (row[TURNS_END].type != DB_NULL)
		out->plan.free_at = row[TURNS_END].as.time;
	if (row[SETS_END].type != DB_NULL &&
	    row[SETS_END].as.time > out->plan.free_at)
		out->plan.free_at = row[SETS_END].as.time;
}

/* *turns is how many turns to read. */
static bool
read_head(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct night *out, int64_t *turns, struct error *err)
{
	const struct db_value args[] = {
	    db_time(now - config->max_session_hours * USEC_PER_HOUR)};
	struct db_value row[HEAD_COLUMNS];
	bool found;

	*out = (struct night){.has_event = false};
	if (!db_select_one(db, SELECT_HEAD, args, 1, head_types, row,
		HEAD_COLUMNS, arena, &found, err))
		return false;
	if (!found)
		return error_set(err, ERROR_INTERNAL, "no pool is open");
	out->pool_id = row[POOL_ID].as.id;
	out->round = row[ROUND].as.number;
	out->overlong = row[OVERLONG].as.number != 0;
	*turns = row[TURNS].as.number;
	if (*turns > NIGHT_MAX_TURNS)
		*turns = NIGHT_MAX_TURNS;
	event_from_row(row, config, out);
	return true;
}

enum turn_column {
	POSITION = DJ_ROW_SIZE,
	WAITING,
	HAS_SESSION,
	SLOT_AT,
	BEGAN_AT,
	TURN_COLUMNS
};

static bool
take_turn(void *context, const struct db_value *row, struct error *err)
{
	struct plan *plan = context;
	struct plan_turn *turn = &plan->turns[plan->n_turns++];

	(void)err;
	*turn = (struct plan_turn){
	    .dj = dj_row_read(row),
	    .position = row[POSITION].as.number,
	    .waiting = row[WAITING].as.number != 0,
	    .has_session = row[HAS_SESSION].as.number != 0,
	    .planned = row[SLOT_AT].type != DB_NULL,
	};
	if (turn->planned)
		turn->slot = row[SLOT_AT].as.time;
	if (row[BEGAN_AT].type != DB_NULL)
		turn->began = row[BEGAN_AT].as.time;
	return true;
}

/* Those who play come before those who wait, both in their order. */
static bool
read_turns(struct db *db, struct arena *arena, int64_t count, struct night *out,
    struct error *err)
{
	static const enum db_type own_types[TURN_COLUMNS - DJ_ROW_SIZE] = {
	    DB_INT, DB_INT, DB_INT, DB_TIME, DB_TIME};
	const struct db_value args[] = {db_uuid(&out->pool_id), db_int(count)};
	enum db_type types[TURN_COLUMNS];
	int i;

	for (i = 0; i < TURN_COLUMNS; i++)
		types[i] = i < DJ_ROW_SIZE ? dj_row_types[i]
					   : own_types[i - DJ_ROW_SIZE];
	out->plan.n_turns = 0;
	out->plan.turns = arena_alloc(
	    arena, (size_t)count * sizeof(out->plan.turns[0]));
	if (out->plan.turns == NULL)
		return error_memory(err);
	return db_each(db,
	    "SELECT " DJ_ROW_COLUMNS ", q.position, q.status = 'waiting', "
	    "q.session_id IS NOT NULL, q.slot_at, q.began_at "
	    "FROM queue_entries q JOIN djs ON djs.id = q.dj_id "
	    "WHERE q.pool_id = ? AND q.status IN ('playing', 'waiting') "
	    "ORDER BY q.status, q.position LIMIT ?",
	    args, 2, types, TURN_COLUMNS, arena, take_turn, &out->plan, err);
}

/* As many run in one event at most, those that began first. */
#define MAX_SESSIONS 64

struct sessions {
	struct plan_session *list;
	size_t count;
};

static bool
take_session(void *context, const struct db_value *row, struct error *err)
{
	struct sessions *sessions = context;
	struct plan_session *session = &sessions->list[sessions->count++];

	(void)err;
	*session = (struct plan_session){
	    .dj_id = row[0].as.id,
	    .dj_name = row[1].as.text.bytes,
	    .started_at = row[2].as.time,
	    .planned = row[4].type != DB_NULL,
	};
	if (row[3].type != DB_NULL)
		session->length = row[3].as.number * USEC_PER_MIN;
	if (session->planned)
		session->slot = row[4].as.time;
	return true;
}

static bool
read_sessions(
    struct db *db, struct arena *arena, struct night *out, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_TEXT, DB_TIME, DB_INT, DB_TIME};
	const struct db_value args[] = {
	    db_uuid(&out->event.id), db_int(MAX_SESSIONS)};
	struct sessions sessions = {
	    arena_alloc(arena, MAX_SESSIONS * sizeof(sessions.list[0])), 0};

	if (sessions.list == NULL)
		return error_memory(err);
	if (!db_each(db,
		"SELECT s.dj_id, d.name, s.started_at, s.planned_minutes, "
		"q.slot_at FROM sessions s JOIN djs d ON d.id = s.dj_id "
		"LEFT JOIN queue_entries q ON q.session_id = s.id "
		"AND q.dj_id = s.dj_id "
		"WHERE s.event_id = ? AND s.active_dj_id IS NOT NULL "
		"ORDER BY s.started_at, s.id LIMIT ?",
		args, 2, types, 5, arena, take_session, &sessions, err))
		return false;
	out->plan.sessions = sessions.list;
	out->plan.n_sessions = sessions.count;
	return true;
}

bool
night_read(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct night *out, struct error *err)
{
	int64_t turns = 0;

	if (!read_head(db, config, arena, now, out, &turns, err) ||
	    (turns > 0 && !read_turns(db, arena, turns, out, err)) ||
	    (out->has_event && !read_sessions(db, arena, out, err)))
		return false;
	plan_compute(&out->plan, now);
	return true;
}

struct night_current
night_current(const struct night *night)
{
	const struct plan *plan = &night->plan;
	struct night_current current = {.any = false};
	size_t i;

	for (i = 0; i < plan->n_turns; i++) {
		const struct plan_turn *turn = &plan->turns[i];

		if (!turn->waiting && !turn->has_session)
			current = (struct night_current){true, turn->dj.id,
			    turn->dj.name,
			    turn->planned ? turn->slot : turn->began};
	}
	if (plan->n_sessions > 0) {
		const struct plan_session *session =
		    &plan->sessions[plan->n_sessions - 1];

		current = (struct night_current){true, session->dj_id,
		    session->dj_name,
		    session->planned ? session->slot : session->started_at};
	}
	return current;
}

/* Visit those who wait with their places, or only the one with this id. */
static bool
each_waiting(const struct night *night, const struct uuid *only,
    djs_visit *visit, void *context, struct error *err)
{
	const struct plan *plan = &night->plan;
	int64_t place = 0;
	size_t i;

	for (i = plan->next; i < plan->n_turns; i++) {
		const struct plan_turn *turn = &plan->turns[i];
		struct dj dj = turn->dj;

		if (!turn->waiting)
			continue;
		dj.position = ++place;
		dj.estimated = night->has_event;
		dj.estimate = turn->estimate;
		if ((only == NULL || uuid_compare(only, &dj.id) == 0) &&
		    !visit(context, &dj, err))
			return false;
	}
	return true;
}

bool
night_queue(const struct night *night, djs_visit *visit, void *context,
    struct error *err)
{
	return each_waiting(night, NULL, visit, context, err);
}

static bool
copy_place(void *context, const struct dj *from, struct error *err)
{
	struct dj *to = context;

	(void)err;
	to->position = from->position;
	to->estimated = from->estimated;
	to->estimate = from->estimate;
	return true;
}

void
night_place(const struct night *night, struct dj *dj)
{
	struct error ignored;

	(void)!each_waiting(night, &dj->id, copy_place, dj, &ignored);
}

bool
night_lock(struct db *db, struct error *err)
{
	uint64_t rows;

	if (!db_exec(db,
		"UPDATE pools SET changes = changes + 1 WHERE open_mark = 1",
		NULL, 0, &rows, err))
		return false;
	return rows == 1 || error_set(err, ERROR_INTERNAL, "no pool is open");
}
