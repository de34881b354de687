/* SPDX-License-Identifier: MIT */
/* Starting and changing sessions. */
#include <string.h>

#include "dj/djs.h"
#include "dj/night.h"
#include "dj/queue.h"
#include "dj/session_ends.h"
#include "dj/sessions.h"
#include "dj/tick.h"
#include "dj/turns.h"

struct start {
	const struct config *config;
	struct arena *arena;
	const struct session_change *change;
	struct uuid id;
	struct uuid *ended;
	size_t n_ended;
	struct db_value event_id, pool_id; /* of the event; NULL: none */
	usec_t now;
};

static bool
check_times(usec_t started_at, bool has_end, usec_t ended_at, struct error *err)
{
	if (has_end && ended_at < started_at)
		return error_set(err, ERROR_INVALID,
		    "ended_at: must not lie before started_at");
	return true;
}

/* Who is deactivated starts no set, but may have played one. */
static bool
check_dj(struct db *db, struct arena *arena, const struct uuid *id, bool runs,
    struct error *err)
{
	char text[UUID_TEXT_SIZE];
	struct dj dj;

	uuid_format(id, text);
	if (djs_find(db, arena, id, &dj, err))
		return dj.active || !runs ||
		    error_set(
			err, ERROR_CONFLICT, "the DJ %s is deactivated", text);
	if (err->code == ERROR_NOT_FOUND)
		(void)error_set(
		    err, ERROR_NOT_FOUND, "there is no such DJ: %s", text);
	return false;
}

static bool
check_djs(struct db *db, const struct start *start, struct error *err)
{
	const struct session_change *change = start->change;
	size_t i;

	if (!check_dj(db, start->arena, change->dj_id, !change->has_end, err))
		return false;
	for (i = 0; i < change->n_others; i++)
		if (!check_dj(db, start->arena, &change->others[i],
			!change->has_end, err))
			return false;
	return true;
}

/* The UNIQUE keys on active_dj_id are what makes a set the only one. */
static bool
say_conflict(const struct uuid *dj_id, struct error *err)
{
	char text[UUID_TEXT_SIZE];

	uuid_format(dj_id, text);
	if (err->code == ERROR_DUPLICATE)
		(void)error_set(err, ERROR_CONFLICT,
		    "the DJ %s has an active session", text);
	return false;
}

/* The event that a set at this time is part of: its first one may begin a
 * little early. One that runs is part of an event that does, not of one that
 * ended before it was to begin, or before the clock was set back. */
static bool
find_event(struct db *db, const struct config *config, struct arena *arena,
    usec_t at, bool runs, struct db_value *event_id, struct db_value *pool_id,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID, DB_UUID};
	const usec_t early = config->first_draw_minutes * USEC_PER_MIN;
	const struct db_value args[] = {
	    db_time(at + early), db_int(runs), db_time(at), db_time(at)};
	struct db_value row[2];
	bool found;

	*event_id = *pool_id = db_null();
	if (!db_select_one(db,
		"SELECT id, pool_id FROM events WHERE started_at <= ? "
		"AND (ended_at IS NULL OR (NOT ? "
		"AND ended_at > ? AND ended_at >= started_at)) "
		"ORDER BY started_at > ?, started_at DESC LIMIT 1",
		args, 4, types, row, 2, arena, &found, err))
		return false;
	if (found) {
		*event_id = row[0];
		*pool_id = row[1];
	}
	return true;
}

static bool
insert_session(struct db *db, const struct start *start, struct error *err)
{
	const struct session_change *change = start->change;
	const struct db_value args[] = {
	    db_uuid(&start->id),
	    db_uuid(change->dj_id),
	    change->has_end ? db_null() : db_uuid(change->dj_id),
	    db_text(change->room),
	    db_text(change->type == NULL ? "solo" : change->type),
	    db_time(change->started_at),
	    change->has_end ? db_time(change->ended_at) : db_null(),
	    start->event_id,
	    change->has_length ? db_int(change->planned_minutes) : db_null(),
	};

	return db_exec(db,
		   "INSERT INTO sessions (id, dj_id, active_dj_id, room, "
		   "session_type, started_at, ended_at, event_id, "
		   "planned_minutes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		   args, 9, NULL, err) ||
	    say_conflict(change->dj_id, err);
}

static bool
insert_dj(struct db *db, const struct uuid *session_id,
    const struct uuid *dj_id, bool running, int64_t place, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(session_id),
	    db_uuid(dj_id),
	    running ? db_uuid(dj_id) : db_null(),
	    db_int(place),
	};

	return db_exec(db,
		   "INSERT INTO session_djs (session_id, dj_id, active_dj_id, "
		   "place) VALUES (?, ?, ?, ?)",
		   args, 4, NULL, err) ||
	    say_conflict(dj_id, err);
}

static struct turn_set
turn_set_of(const struct start *start)
{
	return (struct turn_set){
	    .session_id = &start->id,
	    .in_event = start->event_id.type != DB_NULL,
	    .pool_id = start->pool_id,
	    .started_at = start->change->started_at,
	    .over = start->change->has_end,
	};
}

static bool
insert_djs(struct db *db, const struct start *start, struct error *err)
{
	const struct session_change *change = start->change;
	const struct turn_set set = turn_set_of(start);
	size_t i;

	for (i = 0; i <= change->n_others; i++) {
		const struct uuid *dj_id = i == 0 ? change->dj_id
						  : &change->others[i - 1];

		if (!insert_dj(db, &start->id, dj_id, !change->has_end,
			(int64_t)i + 1, err) ||
		    !turns_take(db, &set, dj_id, err))
			return false;
	}
	return true;
}

/* Whoever had the turn by the timetable alone gives it up to the one that
 * starts. */
static bool
displace(struct db *db, const struct start *start, struct error *err)
{
	if (start->change->has_end || start->event_id.type == DB_NULL)
		return true;
	return turns_close(db, start->config, start->arena,
	    &start->pool_id.as.id, start->change->started_at, err);
}

static bool
end_running(struct db *db, struct start *start, struct error *err)
{
	struct session_ends ends = {start->ended, 0};

	start->n_ended = 0;
	if (!start->change->end_current)
		return true;
	if (!session_ends_room(db, start->arena, start->change->room,
		start->change->started_at, &ends, err))
		return false;
	start->n_ended = ends.count;
	return true;
}

static bool
start_work(struct db *db, void *context, struct error *err)
{
	struct start *start = context;

	return night_lock(db, err) && check_djs(db, start, err) &&
	    find_event(db, start->config, start->arena,
		start->change->started_at, !start->change->has_end,
		&start->event_id, &start->pool_id, err) &&
	    end_running(db, start, err) && insert_session(db, start, err) &&
	    insert_djs(db, start, err) && displace(db, start, err);
}

bool
sessions_start(struct db *db, const struct config *config, struct arena *arena,
    const struct session_change *change, struct uuid *id, struct uuid *ended,
    size_t *n_ended, struct error *err)
{
	const usec_t now = clock_now();
	struct start start = {
	    .config = config,
	    .arena = arena,
	    .change = change,
	    .ended = ended,
	};

	if (!check_times(
		change->started_at, change->has_end, change->ended_at, err))
		return false;
	tick_before_change(db, config, arena, now);
	if (!uuid_make(now, &start.id, err) ||
	    !db_transaction(db, start_work, &start, err))
		return false;
	*id = start.id;
	*n_ended = start.n_ended;
	return true;
}

struct edit {
	const struct config *config;
	struct arena *arena;
	const struct uuid *id;
	const struct session_change *change;
	usec_t now;
};

/* What the set is after the change. */
static struct session
merge(const struct session *old, const struct session_change *change)
{
	struct session new = *old;

	if (change->dj_id != NULL)
		new.dj_id = *change->dj_id;
	if (change->type != NULL)
		new.type = change->type;
	if (change->room != NULL)
		new.room = change->room;
	if (change->has_start)
		new.started_at = change->started_at;
	if (change->has_end) {
		new.ended = true;
		new.ended_at = change->ended_at;
	}
	return new;
}

static bool
update(struct db *db, const struct session *new,
    const struct db_value *event_id, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&new->dj_id),
	    new->ended ? db_null() : db_uuid(&new->dj_id),
	    db_text(new->room),
	    db_text(new->type),
	    db_time(new->started_at),
	    new->ended ? db_time(new->ended_at) : db_null(),
	    *event_id,
	    db_uuid(&new->id),
	};

	return db_exec(db,
		   "UPDATE sessions SET dj_id = ?, active_dj_id = ?, "
		   "room = ?, session_type = ?, started_at = ?, ended_at = ?, "
		   "event_id = ? WHERE id = ?",
		   args, 8, NULL, err) ||
	    say_conflict(&new->dj_id, err);
}

/* Another DJ takes the first place, and that in the queue; who did not play
 * after all is in no draw that was due before. One who played in the set
 * already moves there from another place. */
static bool
replace_dj(struct db *db, const struct session *old, const struct start *now,
    struct error *err)
{
	const struct session_change *new = now->change;
	const struct db_value args[] = {
	    db_uuid(&old->id), db_uuid(&old->dj_id), db_uuid(new->dj_id)};
	const struct turn_set set = turn_set_of(now);

	if (uuid_compare(&old->dj_id, new->dj_id) == 0)
		return true;
	return db_exec(db,
		   "DELETE FROM session_djs WHERE session_id = ? "
		   "AND dj_id IN (?, ?)",
		   args, 3, NULL, err) &&
	    insert_dj(db, &old->id, new->dj_id, !new->has_end, 1, err) &&
	    turns_leave(db, &old->id, &old->dj_id, err) &&
	    turns_take(db, &set, new->dj_id, err) &&
	    queue_return(db, now->now, err);
}

/* Nobody who plays in a set is forgotten. */
static bool
check_type(const struct session *old, const struct session_change *change,
    struct error *err)
{
	return change->type == NULL || strcmp(change->type, "solo") != 0 ||
	    old->n_djs == 1 ||
	    error_set(err, ERROR_CONFLICT,
		"session_type: more than one DJ plays in this session");
}

static bool
change_work(struct db *db, void *context, struct error *err)
{
	const struct edit *edit = context;
	struct session_change change = {0};
	struct start start = {
	    .id = *edit->id, .change = &change, .now = edit->now};
	struct session old, new;

	if (!night_lock(db, err) ||
	    !sessions_find(db, edit->arena, edit->id, edit->now, &old, err) ||
	    !check_type(&old, edit->change, err))
		return false;
	new = merge(&old, edit->change);
	if (edit->change->dj_id != NULL &&
	    !check_dj(db, edit->arena, &new.dj_id, !new.ended, err))
		return false;
	change.dj_id = &new.dj_id;
	change.started_at = new.started_at;
	change.has_end = new.ended;
	return check_times(new.started_at, new.ended, new.ended_at, err) &&
	    find_event(db, edit->config, edit->arena, new.started_at,
		!new.ended, &start.event_id, &start.pool_id, err) &&
	    update(db, &new, &start.event_id, err) &&
	    replace_dj(db, &old, &start, err) && session_ends_settle(db, err);
}

bool
sessions_change(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *id, const struct session_change *change, usec_t now,
    struct error *err)
{
	struct edit edit = {config, arena, id, change, now};

	tick_before_change(db, config, arena, now);
	return db_transaction(db, change_work, &edit, err);
}
