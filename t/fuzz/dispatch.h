/* SPDX-License-Identifier: MIT */
/* What the files of the target `dispatcher` share. */
#ifndef SETLINK_FUZZ_DISPATCH_H
#define SETLINK_FUZZ_DISPATCH_H

#include "base/config.h"
#include "gateway.h"
#include "http/route.h"

/* 2026-11-24T00:00:00Z, where the clock stands at first. */
#define DISPATCH_NOW (INT64_C(1795478400) * USEC_PER_SEC)

/* The token whose hash the settings have, and what no answer may show. */
#define DISPATCH_TOKEN  "the-admin-token"
#define DISPATCH_EVENTS "the-events-token"
#define DISPATCH_SECRET "the-secret-key"

#define DISPATCH_FILES "http://files.example"

/* A request as the input spells it out. */
struct dispatch_request {
	const struct route *route;
	struct fuzz_server server;
	struct buf uri;
	struct buf body;
	char *raw_body; /* in place of `body`; NULL: none */
	bool head;
	bool own;      /* the method is the route's */
	bool stranger; /* no token, and not this machine: never an admin */
};

/* All of the input in hand. */
extern struct fuzz_input dispatch_input;

/* Whether a text holds a secret that it does not have from the input: libFuzzer
 * learns what it is compared with. */
bool dispatch_shows(const char *text, size_t len, const char *secret);

/* All routes, in the order of their tables. */
size_t dispatch_routes(const struct route *const **routes);

/* Read one from the input; dispatch_request_free gives it back. */
void dispatch_request_read(
    struct dispatch_request *request, struct fuzz_input *in);
void dispatch_request_free(struct dispatch_request *request);

/* The settings of this choice; constant. */
const struct config *dispatch_config(size_t choice);
#define DISPATCH_CONFIGS 4

/* What has to hold for each answer. */
void dispatch_check_answer(const struct dispatch_request *request,
    const struct config *config, const char *answer, size_t len);

#endif
