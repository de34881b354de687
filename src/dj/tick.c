/* Doing what is due. */
#include "dj/tick.h"

#include "base/log.h"
#include "dj/lottery.h"
#include "dj/participants.h"
#include "dj/sessions.h"

struct work {
	const struct config *config;
	struct arena *arena;
	usec_t now;
	unsigned done;
};

static bool
draw_work(struct db *db, void *context, struct error *err)
{
	struct work *work = context;
	struct lottery_result result;

	if (!night_lock(db, err) ||
	    !lottery_draw_due(
		db, work->config, work->arena, work->now, &result, err))
		return false;
	work->done = result.drawn;
	return true;
}

/* Without anybody who can be drawn a draw stays due, and costs no more than a
 * look. */
static bool
is_draw_due(struct db *db, struct arena *arena, const struct night *night,
    usec_t now, bool *due, struct error *err)
{
	*due = night->has_event && night->plan.draw_due <= now;
	return !*due || participants_any(db, arena, night, now, due, err);
}

static bool
is_turn_due(const struct night *night, usec_t now)
{
	return night->has_event && night->plan.next_due <= now;
}

static bool
run_draws(struct db *db, struct work *work, unsigned *count, struct error *err)
{
	struct night night;
	bool due = true;

	for (*count = 0; *count < TICK_MAX; ++*count) {
		if (!night_read(db, work->config, work->arena, work->now,
			&night, err) ||
		    !is_draw_due(db, work->arena, &night, work->now, &due, err))
			return false;
		if (!due)
			break;
		if (!db_transaction(db, draw_work, work, err))
			return false;
		if (work->done == 0)
			break;
	}
	return true;
}

/* Whoever had the turn without a session has played until the next one's. */
static bool
begin_turn(struct db *db, const struct night *night, struct error *err)
{
	const struct plan *plan = &night->plan;
	const struct db_value end[] = {
	    db_time(plan->next_due), db_uuid(&night->pool_id)};
	const struct db_value begin[] = {
	    db_time(plan->next_due),
	    db_uuid(&night->pool_id),
	    db_int(plan->turns[plan->next].position),
	};

	return db_exec(db,
		   "UPDATE queue_entries SET status = 'played', ended_at = ? "
		   "WHERE pool_id = ? AND status = 'playing' "
		   "AND session_id IS NULL",
		   end, 2, NULL, err) &&
	    db_exec(db,
		"UPDATE queue_entries SET status = 'playing', began_at = ? "
		"WHERE pool_id = ? AND position = ?",
		begin, 3, NULL, err);
}

static bool
turns_work(struct db *db, void *context, struct error *err)
{
	struct work *work = context;
	struct night night;

	if (!night_lock(db, err))
		return false;
	for (work->done = 0; work->done < TICK_MAX; work->done++) {
		if (!night_read(
			db, work->config, work->arena, work->now, &night, err))
			return false;
		if (!is_turn_due(&night, work->now))
			break;
		if (!begin_turn(db, &night, err))
			return false;
	}
	return true;
}

static bool
run_turns(struct db *db, struct work *work, unsigned *count, struct error *err)
{
	struct night night;

	*count = 0;
	if (!night_read(db, work->config, work->arena, work->now, &night, err))
		return false;
	if (!is_turn_due(&night, work->now))
		return true;
	if (!db_transaction(db, turns_work, work, err))
		return false;
	*count = work->done;
	return true;
}

static bool
end_sessions(
    struct db *db, const struct work *work, unsigned *count, struct error *err)
{
	struct night night;

	*count = 0;
	if (!night_read(db, work->config, work->arena, work->now, &night, err))
		return false;
	return !night.overlong ||
	    sessions_end_overlong(
		db, work->config->max_session_hours, work->now, count, err);
}

bool
tick_run(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct tick_report *report, struct error *err)
{
	struct work work = {.config = config, .arena = arena, .now = now};

	*report = (struct tick_report){0};
	return end_sessions(db, &work, &report->sessions, err) &&
	    run_draws(db, &work, &report->draws, err) &&
	    run_turns(db, &work, &report->turns, err);
}

bool
tick_night(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct night *out, struct error *err)
{
	struct tick_report report;
	struct error why;
	bool draw;

	if (!night_read(db, config, arena, now, out, err) ||
	    !is_draw_due(db, arena, out, now, &draw, err))
		return false;
	if (!draw && !out->overlong && !is_turn_due(out, now))
		return true;
	if (!tick_run(db, config, arena, now, &report, &why))
		log_line(LOG_WARN, "event=not_done error=%s detail=\"%s\"",
		    error_name(why.code), why.detail);
	return night_read(db, config, arena, now, out, err);
}
