/* SPDX-License-Identifier: MIT */
/* Pages of lists: cursors and the Link header. */
#ifndef SETLINK_API_LIST_H
#define SETLINK_API_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "api/call.h"
#include "api/table.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

/* For the parameters of a list's route. */
#define LIST_PARAMS                                                   \
	{"limit", PARAM_QUERY, PARAM_INTEGER, false, 1, 1000, NULL},  \
	{                                                             \
		"cursor", PARAM_QUERY, PARAM_TOKEN, false, 0, 0, NULL \
	}

#define LIST_MAX_IDS 2

/* The place of a row in a list: its time, then its ids. */
struct list_place {
	usec_t time;
	struct uuid ids[LIST_MAX_IDS];
};

/* A list being written: one row more than the page is asked for, so as to know
 * whether there is a next one. */
struct list {
	struct call *call;
	bool csv;
	struct json_writer w; /* unless csv */
	struct table table;   /* if csv */
	size_t n_ids;         /* of a place */
	bool has_after;
	struct list_place after; /* where the page begins */
	unsigned limit;
	unsigned count;
	bool more;
	struct list_place last;
};

/* Read limit and cursor. A cursor that is none of ours is INVALID. */
bool list_begin(struct list *list, struct call *call, size_t n_ids,
    struct error *err) MUST_CHECK;

/* list_begin for a route that has TABLE_PARAM: list->csv tells in what the rows
 * are to be written, list->w or list->table. */
bool list_begin_table(struct list *list, struct call *call, size_t n_ids,
    const struct table_layout *layout, struct error *err) MUST_CHECK;

/* How many rows to read. */
unsigned list_rows(const struct list *list);

/* What to read, for a list whose places have one id. */
struct db_page list_page(const struct list *list);

/* Whether the row at `place` belongs to the page; call it once a row. */
bool list_take(struct list *list, const struct list_place *place);

/* End the list; add the Link header (RFC 8288) when there is a next page. */
void list_end(struct list *list);

#endif
