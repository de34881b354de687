/* SPDX-License-Identifier: MIT */
/* Doing what is due. */
#include "dj/tick.h"

#include "base/log.h"
#include "dj/lottery.h"
#include "dj/participants.h"
#include "dj/sessions.h"
#include "dj/turns.h"

struct work {
	const struct config *config;
	struct arena *arena;
	usec_t now;
	struct tick_report report;
	unsigned done; /* by the last step */
};

static bool
read_night(struct db *db, const struct work *work, struct night *out,
    struct error *err)
{
	return night_read(db, work->config, work->arena, work->now, out, err);
}

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
is_draw_due(struct db *db, const struct work *work, const struct night *night,
    bool *due, struct error *err)
{
	*due = night->has_event && night->plan.draw_due <= work->now;
	return !*due ||
	    participants_any(db, work->arena, night, work->now, due, err);
}

static bool
is_turn_due(const struct work *work, const struct night *night)
{
	return night->has_event && night->plan.next_due <= work->now;
}

/* Whoever had the turn without a session has played until the next one's. */
static bool
begin_turn(struct db *db, const struct work *work, const struct night *night,
    struct error *err)
{
	const struct plan *plan = &night->plan;
	const struct db_value begin[] = {
	    db_time(plan->next_due),
	    db_uuid(&night->pool_id),
	    db_int(plan->turns[plan->next].position),
	};

	return turns_close(db, work->config, work->arena, &night->pool_id,
		   plan->next_due, err) &&
	    db_exec(db,
		"UPDATE queue_entries SET status = 'playing', began_at = ? "
		"WHERE pool_id = ? AND position = ?",
		begin, 3, NULL, err);
}

/* What was due may have been done while the lock was waited for. */
static bool
turn_work(struct db *db, void *context, struct error *err)
{
	struct work *work = context;
	struct night night;

	work->done = 0;
	if (!night_lock(db, err) || !read_night(db, work, &night, err))
		return false;
	if (!is_turn_due(work, &night))
		return true;
	work->done = 1;
	return begin_turn(db, work, &night, err);
}

static bool
run_step(struct db *db, struct work *work, db_work *step, unsigned *count,
    struct error *err)
{
	if (!db_transaction(db, step, work, err))
		return false;
	*count += work->done;
	return true;
}

/* Do the first thing that is due, if any is. Another request may have done it
 * meanwhile: then there is nothing left to do, but `night` is old. */
static bool
do_next(struct db *db, struct work *work, const struct night *night, bool *due,
    struct error *err)
{
	struct tick_report *report = &work->report;
	bool draw;

	*due = true;
	if (night->overlong) {
		if (!sessions_end_overlong(db, work->config->max_session_hours,
			work->now, &work->done, err))
			return false;
		report->sessions += work->done;
		return true;
	}
	if (!is_draw_due(db, work, night, &draw, err))
		return false;
	if (draw)
		return run_step(db, work, draw_work, &report->draws, err);
	*due = is_turn_due(work, night);
	if (*due)
		return run_step(db, work, turn_work, &report->turns, err);
	return true;
}

/* Do what is due, one thing after the other; `out` is how it stands then. */
static bool
run(struct db *db, struct work *work, struct night *out, struct error *err)
{
	unsigned i;
	bool due;

	for (i = 0; i < TICK_MAX; i++) {
		if (!read_night(db, work, out, err) ||
		    !do_next(db, work, out, &due, err))
			return false;
		if (!due)
			return true;
	}
	return read_night(db, work, out, err);
}

bool
tick_run(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct tick_report *report, struct error *err)
{
	struct work work = {.config = config, .arena = arena, .now = now};
	struct night night;
	bool ok = run(db, &work, &night, err);

	*report = work.report;
	return ok;
}

static void
log_not_done(const struct error *why)
{
	log_line(LOG_WARN, "event=not_done error=%s detail=\"%s\"",
	    error_name(why->code), why->detail);
}

bool
tick_night(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct night *out, struct error *err)
{
	struct work work = {.config = config, .arena = arena, .now = now};
	struct error why;

	if (run(db, &work, out, &why))
		return true;
	log_not_done(&why);
	return read_night(db, &work, out, err);
}

void
tick_before_change(
    struct db *db, const struct config *config, struct arena *arena, usec_t now)
{
	struct work work = {.config = config, .arena = arena, .now = now};
	struct night night;
	struct error why;

	if (!run(db, &work, &night, &why))
		log_not_done(&why);
}
