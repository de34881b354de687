/* SPDX-License-Identifier: MIT */
/* Changing the queue. */
#include "dj/queue.h"

#include "dj/night.h"
#include "dj/tick.h"

static bool
write_slot(struct db *db, const struct night *night,
    const struct plan_turn *turn, struct error *err)
{
	const struct db_value args[] = {
	    db_time(turn->slot),
	    db_uuid(&night->pool_id),
	    db_int(turn->position),
	};

	return db_exec(db,
	    "UPDATE queue_entries SET slot_at = ? "
	    "WHERE pool_id = ? AND position = ?",
	    args, 3, NULL, err);
}

bool
queue_replan(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct error *err)
{
	struct night night;
	size_t i;

	if (!night_read(db, config, arena, now, &night, err))
		return false;
	if (!night.has_event)
		return true;
	plan_slots(&night.plan, now);
	for (i = 0; i < night.plan.n_turns; i++)
		if (night.plan.turns[i].waiting &&
		    !write_slot(db, &night, &night.plan.turns[i], err))
			return false;
	const struct db_value args[] = {db_time(now), db_uuid(&night.event.id)};
	return db_exec(db, "UPDATE events SET replanned_at = ? WHERE id = ?",
	    args, 2, NULL, err);
}

bool
queue_return(struct db *db, usec_t now, struct error *err)
{
	const struct db_value args[] = {db_time(now)};

	return db_exec(db,
	    "UPDATE events SET replanned_at = ? WHERE open_mark = 1", args, 1,
	    NULL, err);
}

/* What one of the transactions below works with. */
struct change {
	const struct config *config;
	struct arena *arena;
	const struct uuid *dj_id; /* NULL: whoever it is */
	usec_t now;
	int64_t place;
	bool new_round;
	struct uuid *skipped;
};

static bool
replan(struct db *db, const struct change *change, struct error *err)
{
	return queue_replan(
	    db, change->config, change->arena, change->now, err);
}

static bool
refuse(struct db *db, const struct change *change, struct error *err)
{
	struct dj dj;

	return djs_find(db, change->arena, change->dj_id, &dj, err) &&
	    error_set(err, ERROR_CONFLICT, "this DJ is not in the queue");
}

/* Positions are never given twice: each change takes new ones, behind all that
 * were. *last is the last one. */
static bool
last_position(struct db *db, struct arena *arena, const struct uuid *pool_id,
    int64_t *last, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	const struct db_value args[] = {db_uuid(pool_id)};
	struct db_value row;
	bool found;

	if (!db_select_one(db,
		"SELECT COALESCE(MAX(position), 0) FROM queue_entries "
		"WHERE pool_id = ?",
		args, 1, types, &row, 1, arena, &found, err))
		return false;
	*last = row.as.number;
	return true;
}

static bool
set_position(struct db *db, const struct uuid *pool_id, int64_t from,
    int64_t to, struct error *err)
{
	const struct db_value args[] = {
	    db_int(to), db_uuid(pool_id), db_int(from)};

	return db_exec(db,
	    "UPDATE queue_entries SET position = ? "
	    "WHERE pool_id = ? AND position = ?",
	    args, 3, NULL, err);
}

/* One of this round who was skipped waits again, last. */
static bool
bring_back(struct db *db, const struct change *change,
    const struct night *night, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&night->pool_id),
	    db_int(night->round),
	    db_uuid(change->dj_id),
	};

	return db_exec(db,
	    "UPDATE queue_entries q JOIN djs d ON d.id = q.dj_id "
	    "AND d.is_active = 1 "
	    "SET q.status = 'waiting', q.slot_at = NULL, q.began_at = NULL "
	    "WHERE q.pool_id = ? AND q.round = ? AND q.dj_id = ? "
	    "AND q.status = 'skipped'",
	    args, 3, NULL, err);
}

/* The turn of a DJ who waits; n_turns when there is none. */
static size_t
find_waiting(const struct plan *plan, const struct uuid *dj_id)
{
	size_t i;

	for (i = 0; i < plan->n_turns; i++)
		if (plan->turns[i].waiting &&
		    uuid_compare(&plan->turns[i].dj.id, dj_id) == 0)
			break;
	return i;
}

/* Number those who wait anew, with the turn `moved` at its place. */
static bool
renumber(struct db *db, const struct change *change, const struct night *night,
    size_t moved, struct error *err)
{
	const struct plan *plan = &night->plan;
	int64_t last, place = 0;
	size_t i;

	if (!last_position(db, change->arena, &night->pool_id, &last, err))
		return false;
	for (i = plan->next; i < plan->n_turns; i++) {
		if (i == moved || !plan->turns[i].waiting)
			continue;
		place++;
		if (!set_position(db, &night->pool_id, plan->turns[i].position,
			last + place + (place >= change->place), err))
			return false;
	}
	if (change->place <= place)
		place = change->place - 1;
	return set_position(db, &night->pool_id, plan->turns[moved].position,
	    last + place + 1, err);
}

static bool
move_work(struct db *db, void *context, struct error *err)
{
	const struct change *change = context;
	struct night night;
	size_t moved;

	if (!night_lock(db, err) ||
	    !night_read(
		db, change->config, change->arena, change->now, &night, err) ||
	    !bring_back(db, change, &night, err) ||
	    !night_read(
		db, change->config, change->arena, change->now, &night, err))
		return false;
	moved = find_waiting(&night.plan, change->dj_id);
	if (moved == night.plan.n_turns)
		return refuse(db, change, err);
	return renumber(db, change, &night, moved, err) &&
	    replan(db, change, err);
}

bool
queue_move(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *dj_id, int64_t place, usec_t now, struct error *err)
{
	struct change change = {
	    .config = config,
	    .arena = arena,
	    .dj_id = dj_id,
	    .now = now,
	    .place = place,
	};

	tick_before_change(db, config, arena, now);
	return db_transaction(db, move_work, &change, err);
}

/* Those who play without a session come before those who wait. */
static const struct plan_turn *
find_skippable(const struct plan *plan, const struct uuid *dj_id)
{
	size_t i;

	for (i = 0; i < plan->n_turns; i++) {
		const struct plan_turn *turn = &plan->turns[i];

		if ((turn->waiting || !turn->has_session) &&
		    (dj_id == NULL || uuid_compare(&turn->dj.id, dj_id) == 0))
			return turn;
	}
	return NULL;
}

static bool
skip_work(struct db *db, void *context, struct error *err)
{
	const struct change *change = context;
	const struct plan_turn *turn;
	struct night night;

	if (!night_lock(db, err) ||
	    !night_read(
		db, change->config, change->arena, change->now, &night, err))
		return false;
	turn = find_skippable(&night.plan, change->dj_id);
	if (turn == NULL && change->dj_id != NULL)
		return refuse(db, change, err);
	if (turn == NULL)
		return error_set(
		    err, ERROR_CONFLICT, "nobody waits in the queue");
	*change->skipped = turn->dj.id;
	const struct db_value args[] = {
	    db_uuid(&night.pool_id), db_int(turn->position)};
	return db_exec(db,
		   "UPDATE queue_entries SET status = 'skipped' "
		   "WHERE pool_id = ? AND position = ?",
		   args, 2, NULL, err) &&
	    replan(db, change, err);
}

bool
queue_skip(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *dj_id, usec_t now, struct uuid *skipped,
    struct error *err)
{
	struct change change = {
	    .config = config,
	    .arena = arena,
	    .dj_id = dj_id,
	    .now = now,
	    .skipped = skipped,
	};

	tick_before_change(db, config, arena, now);
	return db_transaction(db, skip_work, &change, err);
}

static bool
reset_work(struct db *db, void *context, struct error *err)
{
	const struct change *change = context;
	const struct db_value args[] = {db_int(change->new_round)};

	return night_lock(db, err) &&
	    db_exec(db,
		"UPDATE pools SET round = round + ? WHERE open_mark = 1", args,
		1, NULL, err) &&
	    db_exec(db,
		"DELETE q FROM queue_entries q JOIN pools p "
		"ON p.id = q.pool_id AND p.open_mark = 1 "
		"WHERE q.status = 'waiting'",
		NULL, 0, NULL, err) &&
	    replan(db, change, err);
}

bool
queue_reset(struct db *db, const struct config *config, struct arena *arena,
    bool new_round, usec_t now, struct error *err)
{
	struct change change = {
	    .config = config,
	    .arena = arena,
	    .now = now,
	    .new_round = new_round,
	};

	tick_before_change(db, config, arena, now);
	return db_transaction(db, reset_work, &change, err);
}

/* Who waits can be drawn again, should they come back; who has the turn
 * without a session gives it up. */
bool
queue_leave(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *dj_id, usec_t now, struct error *err)
{
	const struct db_value args[] = {db_uuid(dj_id)};

	return db_exec(db,
		   "DELETE q FROM queue_entries q JOIN pools p "
		   "ON p.id = q.pool_id AND p.open_mark = 1 "
		   "WHERE q.dj_id = ? AND q.status = 'waiting'",
		   args, 1, NULL, err) &&
	    db_exec(db,
		"UPDATE queue_entries q JOIN pools p "
		"ON p.id = q.pool_id AND p.open_mark = 1 "
		"SET q.status = 'skipped' WHERE q.dj_id = ? "
		"AND q.status = 'playing' AND q.session_id IS NULL",
		args, 1, NULL, err) &&
	    queue_replan(db, config, arena, now, err);
}
