/* SPDX-License-Identifier: MIT */
/* The audit: what admins did, a row each. */
#ifndef SETLINK_ADMIN_AUDIT_H
#define SETLINK_ADMIN_AUDIT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* The longest texts, in bytes. */
#define AUDIT_MAX_ACTION 255
#define AUDIT_MAX_DETAIL 500

struct audit_row {
	struct uuid id;
	usec_t at;
	const char *who;        /* the name of a token */
	const char *client;     /* an address; NULL: none */
	const char *request_id; /* NULL: no request */
	const char *action;     /* such as "POST /api/sessions/start" */
	const char *detail;     /* name=value pairs */
	bool ended;             /* false: nobody knows what came of it */
	int status;             /* of HTTP */
};

/* Append a text as it stands in a detail: in double quotes. */
void audit_quote(struct buf *out, const char *text);

/* Write down that something is going to be done. row->id is set; `ended` and
 * `status` do not count. */
bool audit_begin(struct db *db, struct audit_row *row, struct error *err)
    MUST_CHECK;

/* Write down what came of it. */
bool audit_end(struct db *db, const struct uuid *id, int status,
    struct error *err) MUST_CHECK;

/* Called once a row, newest first; the row is lent. */
typedef bool audit_visit(
    void *context, const struct audit_row *row, struct error *err);

bool audit_list(struct db *db, struct arena *arena, const struct db_page *page,
    audit_visit *visit, void *context, struct error *err) MUST_CHECK;

#endif
