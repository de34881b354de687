/* SPDX-License-Identifier: MIT */
/* Whether the service is alive and ready. */
#include <string.h>

#include "api/routes.h"
#include "api/sync_process.h"
#include "base/array.h"
#include "base/log.h"
#include "recorder/alarms.h"
#include "recorder/index.h"

/* A probe of MinIO may take so long, and is believed for so long. A failure is
 * believed for longer: with a MinIO that hangs, everybody who asks would keep a
 * worker waiting. */
#define PROBE_MILLISECONDS 1500
#define PROBE_AGE          USEC_PER_SEC
#define FAILED_PROBE_AGE   (3 * USEC_PER_SEC)

/* An index this many intervals old means that nothing refreshes it. */
#define INDEX_AGE_INTERVALS 10

static bool
get_health(struct call *call, struct error *err)
{
	struct json_writer w;

	(void)err;
	call_json(call, 200, &w);
	json_object_begin(&w);
	json_key(&w, "status");
	json_string(&w, "ok");
	json_key(&w, "message");
	json_string(&w, "setlink is running");
	json_object_end(&w);
	return true;
}

static void
add_line(struct json_writer *w, const char *name, bool ok, const char *detail)
{
	json_key(w, name);
	json_object_begin(w);
	json_key(w, "ok");
	json_bool(w, ok);
	json_key(w, "detail");
	json_string(w, detail);
	json_object_end(w);
}

/* The reason may name an inner address: it is for the log. */
static void
explain_failure(const struct buf *reason, struct error *out)
{
	log_line(LOG_WARN, "event=minio %.*s", (int)strcspn(reason->data, "\n"),
	    reason->data);
	(void)error_set(out, ERROR_UNAVAILABLE,
	    "MinIO cannot be used; setlink check tells why");
}

/* The probe runs in a process of its own, see api/sync_process.h. False when it
 * could not be run, which says nothing of MinIO. */
static bool
run_probe(struct error *out)
{
	static const char *const argv[] = {"setlink", "probe", NULL};
	struct buf reason = BUF_INIT;
	bool ended,
	    ran = sync_process_run(
		argv, PROBE_MILLISECONDS, 200, &reason, &ended, out);

	if (ran && reason.failed)
		ran = error_memory(out);
	else if (ran && !ended)
		(void)error_set(
		    out, ERROR_UNAVAILABLE, "MinIO does not answer in time");
	else if (ran && reason.len == 0)
		(void)error_set(out, ERROR_UNAVAILABLE,
		    "MinIO could not be asked; see the log");
	else if (ran && strcmp(reason.data, "ok\n") != 0)
		explain_failure(&reason, out);
	buf_free(&reason);
	return ran;
}

static void
probe_minio(struct call *call, struct error *out)
{
	struct service *service = call->service;
	usec_t age = service->probe.code == ERROR_OK ? PROBE_AGE
						     : FAILED_PROBE_AGE;

	if (service->probed_at != 0 &&
	    clock_monotonic() - service->probed_at < age) {
		*out = service->probe;
		return;
	}
	*out = (struct error){.code = ERROR_OK};
	if (!run_probe(out))
		return;
	service->probe = *out;
	service->probed_at = clock_monotonic();
}

/* For a load balancer MinIO is not asked: what is said of it is what came of
 * the last refresh. */
static bool
add_minio(struct call *call, struct json_writer *w, bool traffic,
    const struct index_state *index)
{
	struct error minio = {.code = ERROR_OK};

	if (!traffic)
		probe_minio(call, &minio);
	else if (index->failure != NULL)
		(void)error_set(&minio, ERROR_UNAVAILABLE,
		    "the last refresh failed; setlink check tells why");
	add_line(w, "minio", minio.code == ERROR_OK,
	    minio.code == ERROR_OK ? "answers" : minio.detail);
	return minio.code == ERROR_OK;
}

static bool
add_index(struct call *call, struct json_writer *w, bool database,
    const struct index_state *index)
{
	usec_t most = call->config->sync_interval * INDEX_AGE_INTERVALS *
	    USEC_PER_SEC;
	usec_t age = call->now - index->finished_at;
	bool fresh = index->known && age <= most;
	const char *detail = "never brought up to date: run setlink sync";

	if (!database)
		detail = "not known without the database";
	else if (index->known)
		detail = arena_printf(call->arena, "%lld seconds old%s",
		    (long long)(age / USEC_PER_SEC),
		    index->failure == NULL
			? ""
			: "; the last refresh failed, setlink check tells why");
	add_line(w, "index", fresh, detail);
	return fresh;
}

/* Whether the sets that run are being recorded. Who asks is also the first to
 * find that they are not, if no timer runs. */
static bool
add_recording(struct call *call, struct json_writer *w, bool database)
{
	struct alarms alarms;
	struct error err;
	const char *detail = "not known without the database";
	bool known = database &&
	    alarms_read(
		call->db, call->config, call->arena, call->now, &alarms, &err),
	     ok = known && alarms.alarmed == 0;

	if (known)
		detail = arena_printf(call->arena, "%s%s",
		    alarms_summary(call->arena, &alarms),
		    ok ? "" : "; setlink check tells more");
	else if (database)
		detail = err.detail;
	add_line(w, "recording", ok, detail);
	if (known)
		alarms_note(call->db, &alarms, call->now);
	return ok;
}

/* What depends on the recorder. A load balancer asks for the database alone. */
static bool
add_recorder(struct call *call, struct json_writer *w, bool traffic,
    bool database, const struct index_state *index)
{
	bool minio = add_minio(call, w, traffic, index);
	bool fresh = add_index(call, w, database, index);

	return traffic || (add_recording(call, w, database) && minio && fresh);
}

/* 503 is for people and alarms. A load balancer asks ?for=traffic: a worker
 * that cannot reach MinIO still answers from the index, so MinIO is not asked
 * then. */
static bool
get_ready(struct call *call, struct error *err)
{
	bool traffic = call_param(call, "for")->given;
	struct error database = {.code = ERROR_OK};
	struct index_state index;
	struct json_writer w;
	bool ok = index_state(call->db, call->arena, &index, &database);

	(void)err;
	call_json(call, 200, &w);
	json_object_begin(&w);
	add_line(&w, "database", ok, ok ? "answers" : database.detail);
	if (call->config->recorder_enabled)
		ok = add_recorder(call, &w, traffic, ok, &index) && ok;
	json_key(&w, "status");
	if (!ok) {
		call->response->status = 503;
		response_header(call->response, "Retry-After", "5");
		json_string(&w, "not ready");
	} else {
		json_string(&w, "ready");
	}
	json_object_end(&w);
	return true;
}

static const struct param ready_params[] = {
    {"for", PARAM_QUERY, PARAM_CHOICE, false, 0, 0, "traffic"},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/health", ROUTE_PUBLIC, false, NULL, get_health},
    {HTTP_GET, "/ready", ROUTE_PUBLIC, false, ready_params, get_ready},
};

const struct route_table status_routes = {routes, LENGTH(routes)};
