/* SPDX-License-Identifier: MIT */
/* A call of a route: what its handler works with. */
#ifndef SETLINK_API_CALL_H
#define SETLINK_API_CALL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/json.h"
#include "db/db.h"
#include "http/param.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "s3/sigv4.h"

struct service;

/* Lives as long as its request; all that a handler allocates is the arena's. */
struct call {
	struct service *service;
	const struct config *config;
	struct db *db;
	struct sigv4_signer *signer;
	struct arena *arena;
	const struct request *request;
	struct response *response;
	const struct route *route;
	const char *admin; /* the name of the admin who calls; NULL: none */
	struct param_value values[PARAM_MAX];
	usec_t now;
	unsigned long commits;  /* db_commits before */
	const char *bucket_url; /* what plain URLs begin with, once made */
	size_t bucket_url_len;
};

/* The value of a parameter that the route declares. */
const struct param_value *call_param(const struct call *call, const char *name);

/* Begin a JSON answer of this status. */
void call_json(struct call *call, int status, struct json_writer *w);

/* The tolerance for matching in microseconds: tolerance_minutes, or else the
 * setting. */
usec_t call_tolerance(const struct call *call);

#endif
