/* SPDX-License-Identifier: MIT */
/* Guest requests: what guests ask DJs for, and what came of it. */
#ifndef SETLINK_DJ_REQUESTS_H
#define SETLINK_DJ_REQUESTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

#define REQUESTS_PENDING  "pending"
#define REQUESTS_APPROVED "approved"
#define REQUESTS_REJECTED "rejected"

struct guest_request {
	struct uuid id;
	struct uuid dj_id;
	const char *guest_name;
	const char *guest_email;
	const char *message; /* NULL when there is none */
	const char *status;
	usec_t created_at;
	bool decided;
	usec_t decided_at;
};

typedef bool requests_visit(
    void *context, const struct guest_request *request, struct error *err);

/* Add a request; all but id and status is given, both are filled in. NOT_FOUND
 * without such a DJ, CONFLICT when the DJ is deactivated. */
bool requests_add(struct db *db, struct arena *arena,
    struct guest_request *request, struct error *err) MUST_CHECK;

/* Give a pending request another status. Of two who do it at once one gets
 * CONFLICT, as for one that was decided before. NOT_FOUND. */
bool requests_decide(struct db *db, struct arena *arena, const struct uuid *id,
    const char *status, usec_t now, struct guest_request *out,
    struct error *err) MUST_CHECK;

/* Visit a page of the requests to a DJ, newest first; `status` NULL: all. */
bool requests_list(struct db *db, struct arena *arena, const struct uuid *dj_id,
    const char *status, const struct db_page *page, requests_visit *visit,
    void *context, struct error *err) MUST_CHECK;

#endif
