/* SPDX-License-Identifier: MIT */
/* MinIO's bucket notifications. */
#include "api/routes.h"
#include "api/sync_process.h"
#include "base/array.h"
#include "base/log.h"
#include "db/lease.h"
#include "recorder/events.h"

/* So long the process has to take over the lease. */
#define START_SECONDS 10

/* That an event has arrived is written no more often. */
#define NOTE_SECONDS 60

/* For `setlink check`. */
static bool
note_arrival(struct call *call, struct error *err)
{
	const struct db_value args[] = {db_int(NOTE_SECONDS)};

	if (clock_monotonic() < call->service->note_event)
		return true;
	call->service->note_event = clock_monotonic() +
	    NOTE_SECONDS * USEC_PER_SEC;
	return db_exec(call->db,
	    "UPDATE sync_state SET event_at = UTC_TIMESTAMP(6) WHERE id = 1 "
	    "AND (event_at IS NULL OR "
	    "event_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND)",
	    args, 1, NULL, err);
}

/* Start the process that does what is left, unless it runs. The lease is taken
 * for it, so that of many events at a time one starts it. */
static bool
start_process(struct call *call, struct error *err)
{
	char text[UUID_TEXT_SIZE];
	const char *const argv[] = {
	    "setlink", "events", "drain", "--lease", text, NULL};
	struct error ignored;
	struct uuid owner;
	bool taken;

	if (!uuid_make(call->now, &owner, err) ||
	    !lease_take(
		call->db, EVENTS_LEASE, &owner, START_SECONDS, &taken, err))
		return false;
	if (!taken)
		return true;
	uuid_format(&owner, text);
	if (sync_process_start(argv, err))
		return true;
	/* One that cannot be given back runs out. */
	(void)!lease_release(call->db, EVENTS_LEASE, &owner, &ignored);
	return false;
}

static void
answer(struct call *call, const struct events_result *result)
{
	struct json_writer w;

	call_json(call, 200, &w);
	json_object_begin(&w);
	json_key(&w, "taken");
	json_number(&w, result->taken);
	json_key(&w, "ignored");
	json_number(&w, result->ignored);
	json_object_end(&w);
}

/* MinIO sends the same again and again until the answer is 2xx, and nothing
 * else meanwhile: once the events are written, nothing may fail. */
static bool
post_events(struct call *call, struct error *err)
{
	const struct request *request = call->request;
	struct events_result result;
	struct event *events;
	struct error later;

	if (!param_is_json(request))
		return error_set(err, ERROR_INVALID,
		    "Content-Type: must be application/json");
	if (!notification_parse(call->arena, request->body, request->body_len,
		call->now, &events, err) ||
	    !events_apply(call->db, call->config->bucket, events, &result, err))
		return false;
	if ((result.left && !start_process(call, &later)) ||
	    !note_arrival(call, &later))
		log_line(LOG_WARN, "event=events_left req=%s error=%s",
		    request->id, error_name(later.code));
	answer(call, &result);
	return true;
}

static const struct route routes[] = {
    {HTTP_POST, "/api/session-recorder/events", ROUTE_EVENTS, true, NULL,
	post_events},
};

const struct route_table recorder_event_routes = {routes, LENGTH(routes)};
