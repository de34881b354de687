/* SPDX-License-Identifier: MIT */
/* The service: everything between a gateway and its answer. */
#ifndef SETLINK_API_ROUTES_H
#define SETLINK_API_ROUTES_H

#include <stdbool.h>

#include "api/call.h"
#include "base/config.h"
#include "base/error.h"
#include "http/gateway.h"
#include "http/route.h"

/* What a worker keeps between requests: only what can be dropped. */
struct service {
	const struct config *config;
	struct db *db;
	struct sigv4_signer *signer;
	struct arena arena;
	struct response response;
	usec_t look_at_index; /* monotonic: not before this time */
	usec_t note_event;    /* monotonic: not before this time */
	usec_t probed_at;     /* monotonic: MinIO, for /ready */
	struct error probe;   /* what came of it */
};

/* `config` is borrowed. Nothing is connected yet. */
bool service_open(struct service *service, const struct config *config,
    struct error *err) MUST_CHECK;
void service_close(struct service *service);

/* Answer one request, and log it. */
void service_answer(struct service *service, const struct gateway *gateway);

/* The routes, one table a file; the list ends with NULL. */
extern const struct route_table *const route_tables[];

extern const struct route_table admin_routes;
extern const struct route_table audit_routes;
extern const struct route_table djs_routes;
extern const struct route_table event_routes;
extern const struct route_table lottery_routes;
extern const struct route_table metrics_routes;
extern const struct route_table queue_routes;
extern const struct route_table recorder_download_routes;
extern const struct route_table recorder_event_routes;
extern const struct route_table recorder_link_routes;
extern const struct route_table recorder_list_routes;
extern const struct route_table recorder_routes;
extern const struct route_table recorder_sync_routes;
extern const struct route_table requests_routes;
extern const struct route_table recording_routes;
extern const struct route_table sessions_routes;
extern const struct route_table status_routes;
extern const struct route_table timetable_routes;

/* For the routes that read the index: when it is stale, start a refresh in a
 * process of its own. The answer does not wait for it. */
void index_refresh_if_stale(struct call *call);

#endif
