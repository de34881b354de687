/* SPDX-License-Identifier: MIT */
/* Numbers for Prometheus. */
#include "admin/metrics.h"
#include "base/array.h"

#include "api/exposition.h"
#include "api/routes.h"
#include "dj/session_status.h"
#include "recorder/alarms.h"

/* The sets of as many days are told by their status, but no more of them than
 * this. */
#define SETS_DAYS 7
#define SETS_MAX  200

static const enum session_status statuses[] = {
    SESSION_RECORDING, SESSION_PROCESSING, SESSION_UPLOADED, SESSION_FAILED};

#define N_STATUSES LENGTH(statuses)

struct sets {
	const struct call *call;
	double counts[N_STATUSES];
};

static bool
count_set(void *context, const struct session *session, struct error *err)
{
	struct sets *sets = context;
	usec_t day = 24 * USEC_PER_HOUR, now = sets->call->now;
	enum session_status status = session_status(
	    session, now, sets->call->config->wait_days * day);

	(void)err;
	if (session->started_at >= now - SETS_DAYS * day)
		for (size_t i = 0; i < N_STATUSES; i++)
			if (statuses[i] == status)
				sets->counts[i]++;
	return true;
}

static void
add_sets(struct buf *out, const struct sets *sets)
{
	static const char name[] = "setlink_sets";

	exposition_begin(out, name, "gauge",
	    "Sets that began within seven days, the last 200 at most.");
	for (size_t i = 0; i < N_STATUSES; i++)
		exposition_sample(out, name, "upload_status",
		    session_status_name(statuses[i]), sets->counts[i]);
}

static void
add_metrics(struct buf *out, const struct metric *metrics, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct metric *metric = &metrics[i];

		if (!metric->known)
			continue;
		exposition_begin(out, metric->name, metric->type, metric->help);
		exposition_sample(out, metric->name, NULL, NULL, metric->value);
	}
}

static void
add_one(struct buf *out, const char *name, const char *help, const char *label,
    const char *text, bool value)
{
	exposition_begin(out, name, "gauge", help);
	exposition_sample(out, name, label, text, value);
}

/* What the recorders do now; nothing where they are not looked for. */
struct recording_now {
	struct alarms alarms;
	struct metric_chunk chunks[METRIC_CHUNKS_MAX];
	size_t count;
};

static bool
read_recording(
    const struct call *call, struct recording_now *out, struct error *err)
{
	return !call->config->recorder_enabled ||
	    (alarms_read(call->db, call->config, call->arena, call->now,
		 &out->alarms, err) &&
		metrics_read_chunks(call->db, call->arena, call->now,
		    out->chunks, &out->count, err));
}

static void
add_recording(struct buf *out, const struct recording_now *now)
{
	static const char sets[] = "setlink_sets_without_recording";
	static const char age[] = "setlink_recorder_newest_chunk_age_seconds";
	char id[UUID_TEXT_SIZE];

	if (now->alarms.known_at != 0) {
		exposition_begin(out, sets, "gauge",
		    "Sets that run and are not being recorded.");
		exposition_sample(
		    out, sets, NULL, NULL, (double)now->alarms.alarmed);
	}
	if (now->count > 0)
		exposition_begin(out, age, "gauge",
		    "Time since the newest chunk of a recorder of today.");
	for (size_t i = 0; i < now->count; i++) {
		uuid_format(&now->chunks[i].recorder_id, id);
		exposition_sample(out, age, "recorder", id, now->chunks[i].age);
	}
}

/* Without the database it is that which has to be told. */
static bool
get_metrics(struct call *call, struct error *err)
{
	const struct db_page page = {.limit = SETS_MAX};
	struct metric metrics[METRICS_MAX];
	struct sets sets = {.call = call};
	struct recording_now recording = {.count = 0};
	struct buf *out = &call->response->body;
	size_t count = 0;
	bool ok;

	ok = metrics_read(
		 call->db, call->arena, call->now, metrics, &count, err) &&
	    sessions_list(call->db, call->arena, &page, call->now, count_set,
		&sets, err) &&
	    read_recording(call, &recording, err);
	if (!ok && err->code != ERROR_UNAVAILABLE)
		return false;
	err->code = ERROR_OK;
	call->response->content_type = EXPOSITION_TYPE;
	add_one(out, "setlink_build_info", "The version of the worker.",
	    "version", PACKAGE_VERSION, true);
	add_one(
	    out, "setlink_up", "1 when the database answers.", NULL, NULL, ok);
	if (ok) {
		add_metrics(out, metrics, count);
		add_sets(out, &sets);
		add_recording(out, &recording);
	}
	return true;
}

static const struct route routes[] = {
    {HTTP_GET, "/metrics", ROUTE_MACHINE, false, NULL, get_metrics},
};

const struct route_table metrics_routes = {routes, LENGTH(routes)};
