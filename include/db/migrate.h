/* SPDX-License-Identifier: MIT */
/* Bringing the tables to the form that this program needs. */
#ifndef SETLINK_DB_MIGRATE_H
#define SETLINK_DB_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "db/db.h"

/* One statement of sql/. DDL is not transactional, so each step is one that
 * may be run again, or is left out when `table` has a column or a key of the
 * name `part` already. */
struct migrate_step {
	int version;       /* of its file; 0: run at every start */
	const char *name;  /* of its file */
	const char *table; /* "" without a condition */
	const char *part;
	const char *sql;
};

extern const struct migrate_step migrate_steps[];
extern const size_t migrate_steps_count;

/* The version this program needs. */
int migrate_version(void);

/* Whether a database of this version is one for this program. ERROR_UNAVAILABLE
 * says what to do when not. */
bool migrate_judge(int version, struct error *err) MUST_CHECK;

/* The version of the database; 0 when it has no tables yet. */
bool migrate_read_version(struct db *db, int *version, struct error *err)
    MUST_CHECK;

/* Apply what is missing, under the lease: several may be started at once. A
 * database newer than this program is ERROR_CONFLICT. `from` and `to` tell
 * what was done. */
bool migrate_run(struct db *db, int *from, int *to, struct error *err)
    MUST_CHECK;

#endif
