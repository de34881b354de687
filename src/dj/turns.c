/* SPDX-License-Identifier: MIT */
/* Turns of the queue, and the sets that they become. */
#include "dj/turns.h"

/* A set that is over has the turn of one who waits only if that has come. */
static bool
take_entry(struct db *db, const struct turn_set *set, const struct uuid *dj_id,
    bool *taken, struct error *err)
{
	const struct db_value args[] = {
	    db_text(set->over ? "played" : "playing"),
	    db_uuid(set->session_id),
	    set->pool_id,
	    db_uuid(dj_id),
	    db_int(!set->over),
	    db_time(set->started_at),
	    db_int(set->in_event),
	};
	uint64_t rows;

	if (!db_exec(db,
		"UPDATE queue_entries SET status = ?, session_id = ?, "
		"began_at = NULL, ended_at = NULL "
		"WHERE pool_id = COALESCE(?, (SELECT id FROM pools "
		"WHERE open_mark = 1)) AND dj_id = ? AND session_id IS NULL "
		"AND ((status = 'waiting' AND (? OR slot_at <= ?)) "
		"OR (? AND status IN ('playing', 'played'))) "
		"ORDER BY position DESC LIMIT 1",
		args, 7, &rows, err))
		return false;
	*taken = rows > 0;
	return true;
}

/* Whoever is in the round has been drawn, or has played. */
static bool
join_round(struct db *db, const struct turn_set *set, const struct uuid *dj_id,
    struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(dj_id),
	    db_uuid(set->session_id),
	    db_time(set->started_at),
	    set->pool_id,
	};

	return db_exec(db,
	    "INSERT IGNORE INTO queue_entries (pool_id, position, round, "
	    "dj_id, session_id, status, added_at) "
	    "SELECT p.id, (SELECT COALESCE(MAX(q.position), 0) + 1 "
	    "FROM queue_entries q WHERE q.pool_id = p.id), p.round, ?, ?, "
	    "'playing', ? FROM pools p WHERE p.id = ?",
	    args, 4, NULL, err);
}

bool
turns_take(struct db *db, const struct turn_set *set, const struct uuid *dj_id,
    struct error *err)
{
	bool taken;

	if (set->over && !set->in_event)
		return true;
	if (!take_entry(db, set, dj_id, &taken, err))
		return false;
	return taken || set->over || !set->in_event ||
	    join_round(db, set, dj_id, err);
}

bool
turns_leave(struct db *db, const struct uuid *session_id,
    const struct uuid *dj_id, struct error *err)
{
	const struct db_value args[] = {db_uuid(session_id), db_uuid(dj_id)};

	return db_exec(db,
		   "DELETE FROM queue_entries WHERE session_id = ? "
		   "AND dj_id = ? AND draw_id IS NULL",
		   args, 2, NULL, err) &&
	    db_exec(db,
		"UPDATE queue_entries q JOIN pools p ON p.id = q.pool_id "
		"JOIN djs d ON d.id = q.dj_id SET q.session_id = NULL, "
		"q.status = IF(p.open_mark = 1 AND d.is_active = 1, "
		"'waiting', 'skipped') "
		"WHERE q.session_id = ? AND q.dj_id = ?",
		args, 2, NULL, err);
}

struct turn {
	int64_t position;
	struct uuid dj_id;
	struct uuid event_id;
	usec_t began;
	usec_t ended;
	usec_t slot_length;
};

/* One desk has one turn: more than a few are not there at a time. */
#define MAX_TURNS 8

struct reading {
	struct turn turns[MAX_TURNS];
	size_t count;
	usec_t at;
	usec_t longest;
};

static bool
take_turn(void *context, const struct db_value *row, struct error *err)
{
	struct reading *reading = context;
	struct turn *turn = &reading->turns[reading->count++];

	(void)err;
	*turn = (struct turn){
	    .position = row[0].as.number,
	    .dj_id = row[1].as.id,
	    .event_id = row[2].as.id,
	    .began = row[3].as.time,
	    .ended = reading->at,
	    .slot_length = row[4].as.number * USEC_PER_MIN,
	};
	if (turn->ended < turn->began)
		turn->ended = turn->began;
	if (turn->ended - turn->began > reading->longest)
		turn->ended = turn->began + reading->longest;
	return true;
}

static bool
read_turns(struct db *db, struct arena *arena, const struct uuid *pool_id,
    struct reading *out, struct error *err)
{
	static const enum db_type types[] = {
	    DB_INT, DB_UUID, DB_UUID, DB_TIME, DB_INT};
	const struct db_value args[] = {db_uuid(pool_id), db_int(MAX_TURNS)};

	return db_each(db,
	    "SELECT q.position, q.dj_id, e.id, q.began_at, e.slot_minutes "
	    "FROM queue_entries q JOIN events e "
	    "ON e.pool_id = q.pool_id AND e.open_mark = 1 "
	    "WHERE q.pool_id = ? AND q.status = 'playing' "
	    "AND q.session_id IS NULL AND q.began_at IS NOT NULL "
	    "ORDER BY q.position LIMIT ?",
	    args, 2, types, 5, arena, take_turn, out, err);
}

static bool
insert_set(struct db *db, const struct turn *turn, const struct uuid *id,
    struct error *err)
{
	const struct db_value session[] = {
	    db_uuid(id),
	    db_uuid(&turn->dj_id),
	    db_time(turn->began),
	    db_time(turn->ended),
	    db_uuid(&turn->event_id),
	};
	const struct db_value dj[] = {db_uuid(id), db_uuid(&turn->dj_id)};

	return db_exec(db,
		   "INSERT INTO sessions (id, dj_id, started_at, ended_at, "
		   "event_id) VALUES (?, ?, ?, ?, ?)",
		   session, 5, NULL, err) &&
	    db_exec(db,
		"INSERT INTO session_djs (session_id, dj_id, place) "
		"VALUES (?, ?, 1)",
		dj, 2, NULL, err);
}

/* The times of an entry that has a session are those of that. */
static bool
end_turn(struct db *db, const struct uuid *pool_id, const struct turn *turn,
    struct error *err)
{
	bool is_set = turn->ended - turn->began >= turn->slot_length / 2;
	struct uuid id;

	if (is_set &&
	    (!uuid_make(turn->began, &id, err) ||
		!insert_set(db, turn, &id, err)))
		return false;
	const struct db_value args[] = {
	    is_set ? db_uuid(&id) : db_null(),
	    is_set ? db_null() : db_time(turn->began),
	    is_set ? db_null() : db_time(turn->ended),
	    db_uuid(pool_id),
	    db_int(turn->position),
	};
	return db_exec(db,
	    "UPDATE queue_entries SET status = 'played', session_id = ?, "
	    "began_at = ?, ended_at = ? WHERE pool_id = ? AND position = ?",
	    args, 5, NULL, err);
}

bool
turns_close(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *pool_id, usec_t at, struct error *err)
{
	struct reading reading = {
	    .at = at,
	    .longest = config->max_session_hours * USEC_PER_HOUR,
	};
	size_t i;

	if (!read_turns(db, arena, pool_id, &reading, err))
		return false;
	for (i = 0; i < reading.count; i++)
		if (!end_turn(db, pool_id, &reading.turns[i], err))
			return false;
	return true;
}
