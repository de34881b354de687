/* SPDX-License-Identifier: MIT */
/* Refreshing the index: on request, and when a request finds it stale. */
#include <string.h>

#include "api/routes.h"
#include "api/sync_process.h"
#include "base/array.h"
#include "base/log.h"
#include "db/lease.h"
#include "recorder/index.h"

/* A request for a refresh waits so long for its end. */
#define WAIT_MILLISECONDS 20000
#define PLACE_SECONDS     30 /* longer than that */
#define PLACE_WAIT        1  /* second for a place, where MinIO is quick */
#define MAX_REPORT        4096

/* A worker does not ask again sooner than this, whatever became of it. */
#define ASK_AGAIN (5 * USEC_PER_SEC)

/* Whether it is up to us to start the refresh: one request of all workers in
 * ASK_AGAIN. While refreshes fail the pause grows with the time they have done
 * so, to the interval at most, and differs from time to time. The index is not
 * younger than when it was looked at. */
static bool
claim_refresh(struct call *call, bool *ours, struct error *err)
{
	const struct db_value args[] = {
	    db_int(call->config->sync_interval),
	    db_int(ASK_AGAIN / USEC_PER_SEC),
	    db_int(call->config->sync_interval),
	};
	uint64_t rows;

	if (!db_exec(call->db,
		"UPDATE sync_state SET asked_at = UTC_TIMESTAMP(6) "
		"WHERE id = 1 AND (finished_at IS NULL OR finished_at < "
		"UTC_TIMESTAMP(6) - INTERVAL ? SECOND) "
		"AND (asked_at IS NULL OR asked_at < UTC_TIMESTAMP(6) - "
		"INTERVAL GREATEST(?, IF(failed_at IS NULL, 0, LEAST(?, "
		"IFNULL(TIMESTAMPDIFF(SECOND, finished_at, failed_at) / 4, "
		"0)) * (0.75 + RAND() / 2))) SECOND)",
		args, 3, &rows, err))
		return false;
	*ours = rows == 1;
	return true;
}

static bool
refresh_if_stale(struct call *call, struct error *err)
{
	static const char *const argv[] = {
	    "setlink", "sync", "--if-stale", NULL};
	usec_t interval = call->config->sync_interval * USEC_PER_SEC;
	struct index_state index;
	usec_t age;
	bool ours;

	call->service->look_at_index = clock_monotonic() + ASK_AGAIN;
	if (!index_state(call->db, call->arena, &index, err))
		return false;
	age = call->now - index.finished_at;
	if (index.known && age >= 0 && age < interval) {
		call->service->look_at_index = clock_monotonic() + interval -
		    age;
		return true;
	}
	if (!claim_refresh(call, &ours, err))
		return false;
	return !ours || sync_process_start(argv, err);
}

void
index_refresh_if_stale(struct call *call)
{
	struct error err;

	if (!call->config->recorder_enabled ||
	    clock_monotonic() < call->service->look_at_index)
		return;
	if (!refresh_if_stale(call, &err))
		log_line(LOG_WARN, "event=no_refresh req=%s error=%s",
		    call->request->id, error_name(err.code));
}

static bool
answer_running(struct call *call)
{
	struct json_writer w;

	call_json(call, 202, &w);
	json_object_begin(&w);
	json_key(&w, "status");
	json_string(&w, "running");
	json_object_end(&w);
	return true;
}

static const char *
text_member(const struct json *object, const char *name)
{
	const struct json *member;
	struct error ignored;

	if (object->type != JSON_OBJECT ||
	    !json_member(object, name, &member, &ignored) || member == NULL ||
	    member->type != JSON_STRING)
		return NULL;
	return member->text;
}

/* What the command says of its end: {"status": …, "detail": …}. */
static bool
read_status(struct call *call, const struct buf *report, const char **status,
    const char **detail, struct error *err)
{
	struct json *json;

	*status = *detail = NULL;
	if (report->failed)
		return error_memory(err);
	if (report->len == 0)
		return error_set(err, ERROR_UNAVAILABLE, "the refresh failed");
	if (!json_parse(
		call->arena, "report", report->data, report->len, &json, err))
		return err->code == ERROR_MEMORY
		    ? false
		    : error_set(err, ERROR_UNAVAILABLE, "the refresh failed");
	*status = text_member(json, "status");
	*detail = text_member(json, "detail");
	return true;
}

static bool
answer_report(struct call *call, const struct buf *report, struct error *err)
{
	const char *status, *detail;

	if (!read_status(call, report, &status, &detail, err))
		return false;
	if (status != NULL && strcmp(status, "busy") == 0)
		return answer_running(call);
	if (status == NULL || strcmp(status, "done") != 0)
		return error_set(err, ERROR_UNAVAILABLE, "%s",
		    detail == NULL ? "the refresh failed" : detail);
	call->response->content_type = "application/json";
	buf_add(&call->response->body, report->data, report->len);
	return true;
}

/* Take one of the places in which a request may wait for a refresh. There are
 * two, over all workers: when MinIO hangs, the others go on answering. NULL
 * when both are taken: by a refresh that runs, and by one that begins after
 * it, which is as good as our own. */
static bool
take_place(struct call *call, const struct uuid *owner, const char **place,
    struct error *err)
{
	static const char *const places[] = {"wait-1", "wait-2"};
	bool taken = false;
	size_t i;

	*place = NULL;
	for (i = 0; i < 2 && !taken; i++) {
		if (!lease_wait(call->db, places[i], owner, PLACE_SECONDS,
			i == 0 ? 0 : PLACE_WAIT, NULL, &taken, err))
			return false;
		if (taken)
			*place = places[i];
	}
	return true;
}

static bool
run_and_answer(struct call *call, struct error *err)
{
	static const char *const argv[] = {
	    "setlink", "sync", "--json", "--wait", "10", NULL};
	struct buf report = BUF_INIT;
	bool ended = false, ok;

	ok = sync_process_run(
	    argv, WAIT_MILLISECONDS, MAX_REPORT, &report, &ended, err);
	if (ok)
		ok = ended ? answer_report(call, &report, err)
			   : answer_running(call);
	buf_free(&report);
	return ok;
}

static bool
post_sync(struct call *call, struct error *err)
{
	struct error ignored;
	struct uuid owner;
	const char *place;
	bool ok;

	if (!uuid_make(call->now, &owner, err) ||
	    !take_place(call, &owner, &place, err))
		return false;
	if (place == NULL)
		return answer_running(call);
	ok = run_and_answer(call, err);
	/* A place that cannot be given back is free again soon. */
	if (!lease_release(call->db, place, &owner, &ignored))
		log_line(
		    LOG_WARN, "event=place_kept req=%s", call->request->id);
	return ok;
}

static const struct route routes[] = {
    {HTTP_POST, "/api/session-recorder/sync", ROUTE_ADMIN, true, NULL,
	post_sync},
};

const struct route_table recorder_sync_routes = {routes, LENGTH(routes)};
