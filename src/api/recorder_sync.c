/* Refreshing the index: on request, and when a request finds it stale. */
#include <string.h>

#include "api/routes.h"
#include "api/sync_process.h"
#include "base/log.h"
#include "recorder/index.h"

/* A request for a refresh waits so long for its end. */
#define WAIT_MILLISECONDS 20000
#define MAX_REPORT        4096

/* A worker does not ask again sooner than this, whatever became of it. */
#define ASK_AGAIN (5 * USEC_PER_SEC)

/* Whether it is up to us to start the refresh: one request of all workers in
 * ASK_AGAIN. The index is not younger than when it was looked at. */
static bool
claim_refresh(struct call *call, bool *ours, struct error *err)
{
	const struct db_value args[] = {
	    db_int(call->config->sync_interval),
	    db_int(ASK_AGAIN / USEC_PER_SEC),
	};
	uint64_t rows;

	if (!db_exec(call->db,
		"UPDATE sync_state SET asked_at = UTC_TIMESTAMP(6) "
		"WHERE id = 1 AND (finished_at IS NULL OR finished_at < "
		"UTC_TIMESTAMP(6) - INTERVAL ? SECOND) "
		"AND (asked_at IS NULL OR asked_at < "
		"UTC_TIMESTAMP(6) - INTERVAL ? SECOND)",
		args, 2, &rows, err))
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
	usec_t finished_at, age;
	bool known, ours;

	call->service->look_at_index = clock_monotonic() + ASK_AGAIN;
	if (!index_finished_at(
		call->db, call->arena, &known, &finished_at, err))
		return false;
	age = call->now - finished_at;
	if (known && age >= 0 && age < interval) {
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

	if (clock_monotonic() < call->service->look_at_index)
		return;
	if (!refresh_if_stale(call, &err))
		log_line(LOG_WARN, "event=no_refresh req=%s error=%s",
		    call->request->id, error_name(err.code));
}

static bool
answer_running(struct call *call, struct error *err)
{
	struct json_writer w;

	if (!call_json(call, 202, &w, err))
		return false;
	json_object_begin(&w);
	json_key(&w, "status");
	json_string(&w, "running");
	json_object_end(&w);
	return true;
}

/* What the command says of its end: {"status": …}. */
static bool
read_status(struct call *call, const struct buf *report, const char **status,
    const char **detail, struct error *err)
{
	const struct json *member;
	struct json *json;

	*status = "";
	*detail = "the refresh failed";
	if (report->len == 0)
		return error_set(err, ERROR_UNAVAILABLE, "%s", *detail);
	if (!json_parse(
		call->arena, "report", report->data, report->len, &json, err) ||
	    !json_member(json, "status", &member, err))
		return false;
	if (member != NULL && member->type == JSON_STRING)
		*status = member->text;
	if (!json_member(json, "detail", &member, err))
		return false;
	if (member != NULL && member->type == JSON_STRING)
		*detail = member->text;
	return true;
}

static bool
answer_report(struct call *call, const struct buf *report, struct error *err)
{
	const char *status, *detail;

	if (!read_status(call, report, &status, &detail, err))
		return false;
	if (strcmp(status, "busy") == 0)
		return answer_running(call, err);
	if (strcmp(status, "done") != 0)
		return error_set(err, ERROR_UNAVAILABLE, "%s", detail);
	call->response->content_type = "application/json";
	buf_add(&call->response->body, report->data, report->len);
	return true;
}

static bool
post_sync(struct call *call, struct error *err)
{
	static const char *const argv[] = {
	    "setlink", "sync", "--json", "--wait", "10", NULL};
	struct buf report = BUF_INIT;
	bool ended = false, ok;

	ok = sync_process_run(
	    argv, WAIT_MILLISECONDS, MAX_REPORT, &report, &ended, err);
	if (ok)
		ok = ended ? answer_report(call, &report, err)
			   : answer_running(call, err);
	buf_free(&report);
	return ok;
}

static const struct route routes[] = {
    {HTTP_POST, "/api/session-recorder/sync", ROUTE_ADMIN, true, NULL,
	post_sync},
};

const struct route_table recorder_sync_routes = {
    routes, sizeof(routes) / sizeof(routes[0])};
