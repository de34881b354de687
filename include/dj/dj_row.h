/* SPDX-License-Identifier: MIT */
/* DJs as rows, for the statements of the files of dj/. */
#ifndef SETLINK_DJ_DJ_ROW_H
#define SETLINK_DJ_DJ_ROW_H

#include "db/db.h"
#include "dj/djs.h"

/* The columns of a DJ, from the table djs. */
#define DJ_ROW_COLUMNS                                                 \
	"djs.id, djs.name, djs.email, djs.registered_at, djs.weight, " \
	"djs.is_active"

#define DJ_ROW_SIZE 6

extern const enum db_type dj_row_types[DJ_ROW_SIZE];

struct dj dj_row_read(const struct db_value *row);

/* After a statement that writes the name of an entry of a pool has failed: a
 * name that is there already is a CONFLICT. Returns false. */
bool dj_row_name_refused(struct error *err);

/* For db_each over such rows: what to call for each of them. */
struct dj_row_visit {
	djs_visit *visit;
	void *context;
};

bool dj_row_visit(void *context, const struct db_value *row, struct error *err)
    MUST_CHECK;

#endif
