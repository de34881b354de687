/* SPDX-License-Identifier: MIT */
/* DJs, and the pool that they register for. */
#ifndef SETLINK_DJ_DJS_H
#define SETLINK_DJ_DJS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

struct dj {
	struct uuid id;
	const char *name;
	const char *email; /* NULL when there is none */
	usec_t registered_at;
	double weight;
	bool active;
	/* By night_place: among those who wait in the queue; 0 for others. */
	int64_t position;
	bool estimated;
	usec_t estimate; /* of the turn */
};

typedef bool djs_visit(void *context, const struct dj *dj, struct error *err);

/* Register for the open pool. Who was there before under the same name and
 * e-mail address is the same DJ. `name` is trimmed and checked; `email` may be
 * NULL. Errors: CONFLICT when the name is in the pool already (case and
 * accents do not count), INVALID for a name without a visible character. */
bool djs_register(struct db *db, struct arena *arena, const char *name,
    const char *email, struct dj *out, struct error *err) MUST_CHECK;

/* What is to change of a DJ; what is not given stays. */
struct dj_change {
	const char *name; /* NULL: not given */
	bool has_email;
	const char *email; /* NULL: none */
	bool has_weight, has_active;
	double weight;
	bool active;
};

/* Change a DJ; one who is deactivated leaves the queue. NOT_FOUND; CONFLICT
 * when somebody else in the open pool has the name; INVALID for a name without
 * a visible character. */
bool djs_change(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *id, const struct dj_change *change, usec_t now,
    struct error *err) MUST_CHECK;

/* Remove a DJ. One who has played, is in a record of the lottery, or got a
 * request of a guest is deactivated in place of that. NOT_FOUND when there is
 * none. */
bool djs_remove(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *id, usec_t now, struct error *err) MUST_CHECK;

/* INVALID for a name that the database's collation takes for empty, as it does
 * with one of invisible characters only. */
bool djs_check_name(struct db *db, struct arena *arena, const char *name,
    struct error *err) MUST_CHECK;

/* ERROR_NOT_FOUND when there is no such DJ. */
bool djs_find(struct db *db, struct arena *arena, const struct uuid *id,
    struct dj *out, struct error *err) MUST_CHECK;

struct djs_statistics {
	int64_t total, active;
};

bool djs_statistics(struct db *db, struct arena *arena,
    struct djs_statistics *out, struct error *err) MUST_CHECK;

/* Visit a page of all DJs, newest first. */
bool djs_list(struct db *db, struct arena *arena, const struct db_page *page,
    djs_visit *visit, void *context, struct error *err) MUST_CHECK;

#endif
