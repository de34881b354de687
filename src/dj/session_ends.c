/* SPDX-License-Identifier: MIT */
/* Ending sessions. */
#include "dj/session_ends.h"

#include "dj/night.h"
#include "dj/sessions.h"

/* A set never ends before it starts, even when the clock was set back. */
#define END_SESSIONS                                               \
	"UPDATE sessions SET ended_at = GREATEST(started_at, ?), " \
	"active_dj_id = NULL WHERE ended_at IS NULL "

bool
session_ends_settle(struct db *db, struct error *err)
{
	return db_exec(db,
		   "UPDATE session_djs p JOIN sessions s "
		   "ON s.id = p.session_id SET p.active_dj_id = NULL "
		   "WHERE p.active_dj_id IS NOT NULL "
		   "AND s.ended_at IS NOT NULL",
		   NULL, 0, NULL, err) &&
	    db_exec(db,
		"UPDATE queue_entries q JOIN sessions s "
		"ON s.id = q.session_id SET q.status = 'played' "
		"WHERE q.status = 'playing' AND s.ended_at IS NOT NULL",
		NULL, 0, NULL, err);
}

static bool
take_running(void *context, const struct db_value *row, struct error *err)
{
	struct session_ends *ends = context;

	(void)err;
	ends->ids[ends->count++] = row[0].as.id;
	return true;
}

static bool
lock_room(struct db *db, const char *room, struct error *err)
{
	const struct db_value args[] = {db_text(room == NULL ? "" : room)};

	return db_exec(db,
	    "INSERT INTO rooms (name, starts) VALUES (?, 1) "
	    "ON DUPLICATE KEY UPDATE starts = starts + 1",
	    args, 1, NULL, err);
}

bool
session_ends_room(struct db *db, struct arena *arena, const char *room,
    usec_t at, struct session_ends *out, struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	const struct db_value find[] = {
	    db_text(room), db_int(SESSIONS_MAX_ENDED)};
	const struct db_value end[] = {db_time(at), db_text(room)};

	out->count = 0;
	return lock_room(db, room, err) &&
	    db_each(db,
		"SELECT id FROM sessions WHERE active_dj_id IS NOT NULL "
		"AND room <=> ? ORDER BY started_at LIMIT ? FOR UPDATE",
		find, 2, types, 1, arena, take_running, out, err) &&
	    db_exec(db,
		END_SESSIONS "AND active_dj_id IS NOT NULL AND room <=> ?", end,
		2, NULL, err) &&
	    session_ends_settle(db, err);
}

bool
session_ends_event(struct db *db, struct arena *arena,
    const struct uuid *event_id, usec_t at, struct session_ends *out,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	const struct db_value find[] = {
	    db_uuid(event_id), db_int(SESSIONS_MAX_ENDED)};
	const struct db_value end[] = {db_time(at), db_uuid(event_id)};

	out->count = 0;
	return db_each(db,
		   "SELECT id FROM sessions WHERE event_id = ? "
		   "AND ended_at IS NULL ORDER BY started_at LIMIT ? "
		   "FOR UPDATE",
		   find, 2, types, 1, arena, take_running, out, err) &&
	    db_exec(db, END_SESSIONS "AND event_id = ?", end, 2, NULL, err) &&
	    session_ends_settle(db, err);
}

struct end {
	struct arena *arena;
	const struct uuid *id;
	usec_t now;
};

static bool
end_work(struct db *db, void *context, struct error *err)
{
	const struct end *end = context;
	const struct db_value args[] = {db_time(end->now), db_uuid(end->id)};
	struct session session;
	uint64_t rows;

	if (!night_lock(db, err) ||
	    !db_exec(db, END_SESSIONS "AND id = ?", args, 2, &rows, err))
		return false;
	if (rows == 1)
		return session_ends_settle(db, err);
	return sessions_find(
		   db, end->arena, end->id, end->now, &session, err) &&
	    error_set(err, ERROR_CONFLICT,
		"session_id: this session has ended already");
}

bool
sessions_end(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct error *err)
{
	struct end end = {arena, id, now};

	return db_transaction(db, end_work, &end, err);
}

struct overlong {
	int64_t hours;
	usec_t now;
	uint64_t count;
};

static bool
end_overlong_work(struct db *db, void *context, struct error *err)
{
	struct overlong *overlong = context;
	const struct db_value args[] = {
	    db_int(overlong->hours),
	    db_time(overlong->now - overlong->hours * USEC_PER_HOUR),
	};

	return night_lock(db, err) &&
	    db_exec(db,
		"UPDATE sessions SET active_dj_id = NULL, "
		"ended_at = started_at + INTERVAL ? HOUR "
		"WHERE active_dj_id IS NOT NULL AND started_at <= ?",
		args, 2, &overlong->count, err) &&
	    session_ends_settle(db, err);
}

bool
sessions_end_overlong(struct db *db, int64_t hours, usec_t now, unsigned *count,
    struct error *err)
{
	struct overlong overlong = {.hours = hours, .now = now};

	if (!db_transaction(db, end_overlong_work, &overlong, err))
		return false;
	*count = (unsigned)overlong.count;
	return true;
}
