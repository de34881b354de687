/* SPDX-License-Identifier: MIT */
/* Answers as CSV, for routes that can be asked for it with format=csv. */
#ifndef SETLINK_API_TABLE_H
#define SETLINK_API_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/call.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/uuid.h"

/* For the parameters of such a route. */
#define TABLE_PARAM                                                          \
	{                                                                    \
		"format", PARAM_QUERY, PARAM_CHOICE, false, 0, 0, "json csv" \
	}

/* What a table looks like; constant. */
struct table_layout {
	const char *name;           /* of the file, without .csv */
	const char *const *columns; /* ends with NULL */
};

/* A table being written. Failures stick to the body of the answer, and a row
 * with more or fewer cells than columns is one. */
struct table {
	struct csv_writer csv;
	size_t n_columns;
};

/* Whether the caller asks for CSV. */
bool table_is_wanted(const struct call *call);

/* Begin the answer: status, headers, the row of the columns' names. */
void table_begin(
    struct table *table, struct call *call, const struct table_layout *layout);

/* Cells, in the order of the columns. Texts may come from anywhere; NULL is an
 * empty cell, as is a time that is not known. */
void table_text(struct table *table, const char *text);
void table_number(struct table *table, int64_t number);
void table_decimal(struct table *table, double number);
void table_bool(struct table *table, bool truth);
void table_id(struct table *table, const struct uuid *id);
void table_time(struct table *table, bool known, usec_t time);
void table_null(struct table *table);

void table_row_end(struct table *table);

#endif
