/* SPDX-License-Identifier: MIT */
/* Starting and ending events. */
#include "dj/events.h"

#include "dj/lottery.h"
#include "dj/queue.h"
#include "dj/session_ends.h"
#include "dj/tick.h"
#include "dj/turns.h"

/* What the transactions below work with. */
struct work {
	const struct config *config;
	struct arena *arena;
	struct event *event;
	usec_t now;
	struct uuid new_pool;
	struct uuid *ended;
	size_t n_ended;
};

static bool
insert(struct db *db, const struct work *work, struct error *err)
{
	const struct event *event = work->event;
	const struct db_value args[] = {
	    db_uuid(&event->id),
	    db_time(event->started_at),
	    db_int(event->slot_minutes),
	    db_int(event->cutoff_hours),
	    db_time(work->now),
	};

	if (db_exec(db,
		"INSERT INTO events (id, pool_id, open_mark, started_at, "
		"slot_minutes, cutoff_hours, replanned_at) "
		"SELECT ?, p.id, 1, ?, ?, ?, ? FROM pools p "
		"WHERE p.open_mark = 1",
		args, 5, NULL, err))
		return true;
	if (err->code == ERROR_DUPLICATE)
		(void)error_set(err, ERROR_CONFLICT,
		    "an event runs already, or is planned");
	return false;
}

static bool
adopt_dj(void *context, const struct db_value *row, struct error *err)
{
	struct db *db = context;
	const struct turn_set set = {
	    .session_id = &row[0].as.id,
	    .in_event = true,
	    .pool_id = row[1],
	    .started_at = row[2].as.time,
	};

	return turns_take(db, &set, &row[3].as.id, err);
}

/* A set that runs when the event is started late is its first one. */
static bool
adopt_sets(struct db *db, const struct work *work, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_UUID, DB_TIME, DB_UUID};
	const struct db_value args[] = {db_uuid(&work->event->id)};

	if (work->event->started_at > work->now)
		return true;
	return db_exec(db,
		   "UPDATE sessions SET event_id = ? "
		   "WHERE active_dj_id IS NOT NULL AND event_id IS NULL",
		   args, 1, NULL, err) &&
	    db_each(db,
		"SELECT s.id, e.pool_id, s.started_at, p.dj_id "
		"FROM events e JOIN sessions s ON s.event_id = e.id "
		"JOIN session_djs p ON p.session_id = s.id "
		"WHERE e.id = ? ORDER BY s.started_at, p.place",
		args, 1, types, 4, work->arena, adopt_dj, db, err);
}

static bool
start_work(struct db *db, void *context, struct error *err)
{
	const struct work *work = context;
	struct lottery_result result;

	return night_lock(db, err) && insert(db, work, err) &&
	    adopt_sets(db, work, err) &&
	    queue_replan(db, work->config, work->arena, work->now, err) &&
	    lottery_draw_due(
		db, work->config, work->arena, work->now, &result, err);
}

bool
events_start(struct db *db, const struct config *config, struct arena *arena,
    struct event *event, usec_t now, struct error *err)
{
	struct work work = {
	    .config = config, .arena = arena, .event = event, .now = now};

	tick_before_change(db, config, arena, now);
	return uuid_make(now, &event->id, err) &&
	    db_transaction(db, start_work, &work, err);
}

/* Whether it has begun: by the clock, or, should that have been set back, by
 * what has happened. */
static bool
has_begun(struct db *db, const struct work *work, const struct night *night,
    bool *begun, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	const struct db_value args[] = {
	    db_uuid(&night->event.id), db_uuid(&night->pool_id)};
	struct db_value row;
	bool found;

	*begun = night->event.started_at <= work->now;
	if (*begun)
		return true;
	if (!db_select_one(db,
		"SELECT EXISTS (SELECT 1 FROM sessions WHERE event_id = ?) "
		"OR EXISTS (SELECT 1 FROM queue_entries WHERE pool_id = ? "
		"AND slot_at IS NOT NULL AND status IN ('playing', 'played'))",
		args, 2, types, &row, 1, work->arena, &found, err))
		return false;
	*begun = row.as.number != 0;
	return true;
}

static bool
close_event(struct db *db, const struct event *event, struct error *err)
{
	const struct db_value args[] = {
	    db_time(event->ended_at), db_uuid(&event->id)};

	return db_exec(db,
	    "UPDATE events SET open_mark = NULL, ended_at = ? WHERE id = ?",
	    args, 2, NULL, err);
}

/* Everybody can register for the next one, and be drawn there. */
static bool
change_pools(struct db *db, const struct work *work, const struct uuid *old,
    struct error *err)
{
	const struct db_value close[] = {db_uuid(old)};
	const struct db_value open[] = {
	    db_uuid(&work->new_pool), db_time(work->now)};

	return db_exec(db, "UPDATE pools SET open_mark = NULL WHERE id = ?",
		   close, 1, NULL, err) &&
	    db_exec(db,
		"INSERT INTO pools (id, open_mark, opened_at) "
		"VALUES (?, 1, ?)",
		open, 2, NULL, err);
}

/* Who waited was drawn, but has not played; who had the turn has. */
static bool
close_queue(struct db *db, const struct work *work, struct error *err)
{
	const struct event *event = work->event;
	const struct db_value pool[] = {db_uuid(&event->pool_id)};

	return turns_close(db, work->config, work->arena, &event->pool_id,
		   event->ended_at, err) &&
	    db_exec(db,
		"UPDATE queue_entries SET status = 'skipped' "
		"WHERE pool_id = ? AND status = 'waiting'",
		pool, 1, NULL, err);
}

static bool
end_event(struct db *db, struct work *work, struct error *err)
{
	struct event *event = work->event;
	struct session_ends ends = {work->ended, 0};

	event->ended_at = work->now > event->started_at ? work->now
							: event->started_at;
	if (!session_ends_event(
		db, work->arena, &event->id, work->now, &ends, err))
		return false;
	work->n_ended = ends.count;
	return close_queue(db, work, err) && close_event(db, event, err) &&
	    change_pools(db, work, &event->pool_id, err);
}

static bool
call_off(struct db *db, const struct work *work, struct error *err)
{
	const struct db_value pool[] = {db_uuid(&work->event->pool_id)};

	work->event->ended_at = work->now;
	return db_exec(db,
		   "DELETE FROM queue_entries WHERE pool_id = ? "
		   "AND status = 'waiting'",
		   pool, 1, NULL, err) &&
	    close_event(db, work->event, err);
}

static bool
end_work(struct db *db, void *context, struct error *err)
{
	struct work *work = context;
	struct night night;
	bool begun;

	work->n_ended = 0;
	if (!night_lock(db, err) ||
	    !night_read(db, work->config, work->arena, work->now, &night, err))
		return false;
	if (!night.has_event)
		return error_set(err, ERROR_NOT_FOUND, "no event runs");
	if (!has_begun(db, work, &night, &begun, err))
		return false;
	*work->event = night.event;
	work->event->ended = true;
	return begun ? end_event(db, work, err) : call_off(db, work, err);
}

bool
events_end(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct event *out, struct uuid *ended, size_t *n_ended,
    struct error *err)
{
	struct work work = {
	    .config = config,
	    .arena = arena,
	    .event = out,
	    .now = now,
	    .ended = ended,
	};

	tick_before_change(db, config, arena, now);
	if (!uuid_make(now, &work.new_pool, err) ||
	    !db_transaction(db, end_work, &work, err))
		return false;
	*n_ended = work.n_ended;
	return true;
}
