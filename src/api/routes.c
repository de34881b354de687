/* SPDX-License-Identifier: MIT */
/* From a gateway to its answer: parse, find the route, check, run, answer. */
#include "api/routes.h"

#include "api/audit.h"
#include "api/guard.h"
#include "base/log.h"
#include "http/cors.h"
#include "http/problem.h"

const struct route_table *const route_tables[] = {
    &status_routes,
    &sessions_routes,
    &djs_routes,
    &event_routes,
    &timetable_routes,
    &admin_routes,
    &lottery_routes,
    &metrics_routes,
    &recorder_event_routes,
    &queue_routes,
    &requests_routes,
    &recorder_link_routes,
    &recorder_download_routes,
    &recorder_list_routes,
    &recorder_routes,
    &recorder_sync_routes,
    &audit_routes,
    &recording_routes,
    NULL,
};

bool
service_open(
    struct service *service, const struct config *config, struct error *err)
{
	*service = (struct service){.config = config};
	service->db = db_new(config, (unsigned)config->db_timeout);
	service->signer = sigv4_signer_new(
	    config->minio_access_key, config->minio_secret_key, config->region);
	if (service->db != NULL && service->signer != NULL)
		return true;
	service_close(service);
	return error_memory(err);
}

void
service_close(struct service *service)
{
	db_free(service->db);
	sigv4_signer_free(service->signer);
	arena_free(&service->arena);
	response_free(&service->response);
	service->db = NULL;
	service->signer = NULL;
}

/* Everything an answer needs; `call->route` is known from then on. */
static bool
handle(struct call *call, struct request *request, char allow[64],
    struct error *err)
{
	const struct route *route;

	if (!request_read(request, err))
		return false;
	if (request->server_error != 0) {
		problem_write_status(call->response, request->server_error);
		return true;
	}
	if (!route_find(route_tables, request, &call->route, allow, err))
		return false;
	route = call->route;
	if (route == NULL) {
		response_header(call->response, "Allow", allow);
		call->response->status = 204;
		return true;
	}
	if (route->recorder && !call->config->recorder_enabled)
		return error_set(err, ERROR_NOT_FOUND,
		    "the recorder integration is switched off "
		    "(SESSION_RECORDER_ENABLED=false)");
	if (route->access == ROUTE_ADMIN && !guard_admin(call, err))
		return false;
	if (route->access == ROUTE_EVENTS && !guard_events(call, err))
		return false;
	if (route->access == ROUTE_MACHINE && !guard_machine(call, err))
		return false;
	return param_read(
		   request, route->pattern, route->params, call->values, err) &&
	    audit_run(call, err);
}

static void
add_common_headers(struct call *call, const char *allow)
{
	response_header(call->response, "X-Request-Id", call->request->id);
	response_header(call->response, "Cache-Control", "no-store");
	response_header(call->response, "X-Content-Type-Options", "nosniff");
	cors_write(call->response, call->request, call->config->cors_origins,
	    call->request->method == HTTP_OPTIONS ? allow : NULL);
}

static void
log_request(const struct call *call, usec_t began, const struct error *err)
{
	struct buf line = BUF_INIT;
	bool failed = call->response->status >= 500;

	if (!log_enabled(failed ? LOG_ERROR : LOG_INFO))
		return;
	buf_puts(&line, "event=request req=");
	buf_puts(&line, call->request->id);
	buf_puts(&line, " client=");
	buf_puts(&line,
	    call->request->client_known ? call->request->client_text : "-");
	buf_puts(&line, " method=");
	log_value(&line, call->request->method_name);
	buf_puts(&line, " route=");
	log_value(&line, call->route == NULL ? NULL : call->route->pattern);
	buf_puts(&line, " status=");
	buf_number(&line, (uint64_t)call->response->status);
	buf_puts(&line, " us=");
	buf_number(&line, (uint64_t)(clock_monotonic() - began));
	if (err->code != ERROR_OK) {
		buf_puts(&line, " detail=");
		log_value(&line, err->detail);
	}
	if (buf_text(&line) != NULL)
		log_text(failed ? LOG_ERROR : LOG_INFO, line.data);
	else
		log_line(LOG_ERROR,
		    "event=request req=%s status=%d detail=\"no "
		    "memory to tell more\"",
		    call->request->id, call->response->status);
	buf_free(&line);
}

/* An error of ours after the change, as in making its answer, must not pass for
 * one before it. */
static void
tell_of_changes(struct call *call, struct error *err)
{
	enum http_method method = call->request->method;

	if (method != HTTP_GET && method != HTTP_HEAD &&
	    problem_status(err->code) >= 500 &&
	    db_commits(call->db) != call->commits)
		(void)error_unsure(err);
}

/* What was written before the error does not count. */
static void
answer_error(struct call *call, const char *allow, struct error *err)
{
	if (err->code == ERROR_OK || err->code == ERROR__MAX)
		(void)error_set(err, ERROR_INTERNAL, "an unexpected error");
	tell_of_changes(call, err);
	buf_reset(&call->response->headers, call->response->headers.cap);
	if (err->code == ERROR_METHOD)
		response_header(call->response, "Allow", allow);
	problem_write(call->response, err);
}

void
service_answer(struct service *service, const struct gateway *gateway)
{
	usec_t began = clock_monotonic();
	struct request request;
	struct call call = {
	    .service = service,
	    .config = service->config,
	    .db = service->db,
	    .signer = service->signer,
	    .arena = &service->arena,
	    .request = &request,
	    .response = &service->response,
	    .now = clock_now(),
	    .commits = db_commits(service->db),
	};
	struct error err = {.code = ERROR_OK};
	char allow[64] = "";

	db_limit_time(service->db);
	arena_reset(&service->arena);
	response_reset(&service->response);
	request_begin(&request, &service->arena, gateway, service->config);
	if (!handle(&call, &request, allow, &err))
		answer_error(&call, allow, &err);
	else if (service->response.body.failed) {
		(void)error_memory(&err);
		answer_error(&call, allow, &err);
	}
	add_common_headers(&call, allow);
	if (!response_send(
		&service->response, gateway, request.method == HTTP_HEAD)) {
		(void)error_memory(&err);
		service->response.status = problem_send_memory(
		    gateway, request.id, request.method == HTTP_HEAD);
	}
	log_request(&call, began, &err);
}
