/* SPDX-License-Identifier: MIT */
/* Routes of the event. */
#include "api/event_night.h"
#include "api/look.h"
#include "api/routes.h"
#include "api/views.h"
#include "base/array.h"
#include "dj/events.h"
#include "dj/tick.h"

/* An event may be entered a day late, and planned a year ahead. */
#define MOST_LATE  (24 * USEC_PER_HOUR)
#define MOST_AHEAD (366 * 24 * USEC_PER_HOUR)

#define DEFAULT_SLOT   60 /* minutes */
#define DEFAULT_CUTOFF 2  /* hours */

/* Not before the start, and not after the end. */
static usec_t
elapsed(const struct event *event, usec_t now)
{
	usec_t until = event->ended ? event->ended_at : now;

	return until > event->started_at ? until - event->started_at : 0;
}

/* How much of the slot has passed, in tenths of a percent cut to whole ones;
 * all of it while the DJ plays on. */
static double
slot_progress(
    const struct night_current *current, usec_t slot_length, usec_t now)
{
	usec_t passed = now - current->slot;

	if (!current->any || passed <= 0)
		return 0;
	if (passed >= slot_length)
		return 100;
	return (double)(passed * 1000 / slot_length) / 10;
}

/* Who plays, and what comes; nobody and nothing without a night, which an event
 * that has ended has no more. */
static void
add_current(struct json_writer *w, const struct night *night, usec_t now)
{
	struct night_current current = {.any = false};
	bool draw_ahead = false;
	usec_t length = 1, due = 0;

	if (night != NULL) {
		current = night_current(night);
		length = night->plan.slot_length;
		due = night->plan.draw_due;
		draw_ahead = due > now;
	}
	view_optional_id(w, "current_dj_id", current.any, &current.dj_id);
	json_key(w, "current_dj_name");
	json_string(w, current.any ? current.dj_name : NULL);
	view_time(w, "current_slot_started_at", current.any, current.slot);
	view_time(w, "next_draw_at", draw_ahead, due);
	json_key(w, "current_slot_progress_percent");
	json_decimal(w, slot_progress(&current, length, now));
}

static void
view_event(struct json_writer *w, const struct event *event,
    const struct night *night, usec_t now)
{
	json_object_begin(w);
	view_id(w, "id", &event->id);
	view_time(w, "started_at", true, event->started_at);
	view_time(w, "ended_at", event->ended, event->ended_at);
	json_key(w, "slot_duration_minutes");
	json_number(w, event->slot_minutes);
	json_key(w, "late_arrival_cutoff_hours");
	json_number(w, event->cutoff_hours);
	json_key(w, "is_active");
	json_bool(w, !event->ended && event->started_at <= now);
	json_key(w, "elapsed_minutes");
	json_number(w, elapsed(event, now) / USEC_PER_MIN);
	add_current(w, night, now);
	json_object_end(w);
}

static bool
get_current(struct call *call, struct error *err)
{
	struct json_writer w;
	struct night night;

	if (!event_night(call, &night, err))
		return false;
	call_json(call, 200, &w);
	view_event(&w, &night.event, &night, call->now);
	return true;
}

static bool
read_event(struct call *call, struct event *out, struct error *err)
{
	const struct param_value *start = call_param(call, "started_at");
	const struct param_value *slot = call_param(
	    call, "slot_duration_minutes");
	const struct param_value *cutoff = call_param(
	    call, "late_arrival_cutoff_hours");

	*out = (struct event){
	    .started_at = start->given ? start->time : call->now,
	    .slot_minutes = slot->given ? slot->number : DEFAULT_SLOT,
	    .cutoff_hours = cutoff->given ? cutoff->number : DEFAULT_CUTOFF,
	};
	if (out->started_at < call->now - MOST_LATE)
		return error_set(err, ERROR_INVALID,
		    "started_at: must not lie more than a day ago");
	return out->started_at <= call->now + MOST_AHEAD ||
	    error_set(err, ERROR_INVALID,
		"started_at: must not lie more than a year ahead");
}

static bool
post_start(struct call *call, struct error *err)
{
	struct event event;
	struct json_writer w;
	struct night night;

	if (!read_event(call, &event, err) ||
	    !events_start(
		call->db, call->config, call->arena, &event, call->now, err) ||
	    !tick_night(
		call->db, call->config, call->arena, call->now, &night, err))
		return false;
	call_json(call, 200, &w);
	view_event(&w, &event, &night, call->now);
	return true;
}

static bool
post_end(struct call *call, struct error *err)
{
	struct uuid ended[SESSIONS_MAX_ENDED];
	struct json_writer w;
	struct event event;
	size_t n_ended;

	if (!events_end(call->db, call->config, call->arena, call->now, &event,
		ended, &n_ended, err))
		return false;
	(void)look_for_recordings(call, ended, n_ended, false);
	call_json(call, 200, &w);
	view_event(&w, &event, NULL, call->now);
	return true;
}

static const struct param start_params[] = {
    {"slot_duration_minutes", PARAM_BODY, PARAM_INTEGER, false, 1,
	EVENT_MAX_SLOT, NULL},
    {"late_arrival_cutoff_hours", PARAM_BODY, PARAM_INTEGER, false, 0,
	EVENT_MAX_CUTOFF, NULL},
    {"started_at", PARAM_BODY, PARAM_TIME, false, 0, 0, NULL},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_POST, "/api/event/start", ROUTE_ADMIN, false, start_params,
	post_start},
    {HTTP_GET, "/api/event/current", ROUTE_PUBLIC, false, NULL, get_current},
    {HTTP_POST, "/api/event/end", ROUTE_ADMIN, false, NULL, post_end},
};

const struct route_table event_routes = {routes, LENGTH(routes)};
