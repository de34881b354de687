/* SPDX-License-Identifier: MIT */
/* Bringing the rows of the index in line with a listing, side by side. */
#ifndef SETLINK_RECORDER_MERGE_H
#define SETLINK_RECORDER_MERGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "recorder/gather.h"
#include "recorder/metadata.h"
#include "recorder/sync.h"
#include "s3/client.h"

/* A refresh that is under way: what its parts share. */
struct refresh {
	struct db *db;
	struct s3_client *client;
	const struct sync_options *options;
	struct sync_report *report;
	struct uuid owner;   /* holder of the lease */
	usec_t started;      /* when the listing began, by the database */
	usec_t held;         /* when it was last prolonged, clock_monotonic */
	struct error failed; /* the first metadata that could not be fetched;
			      * its recording keeps its old row */
	unsigned failures;   /* in a row */
};

/* Prolong the lease. ERROR_CONFLICT when another refresh has taken it over.
 * Within a transaction this makes sure that nobody else's writes come between:
 * whoever wants the lease waits for the row. */
bool refresh_hold(struct refresh *refresh, struct error *err) MUST_CHECK;

/* refresh_hold, if some time has passed since the last one. ERROR_CONFLICT also
 * when the refresh is to stop. */
bool refresh_keep(struct refresh *refresh, struct error *err) MUST_CHECK;

/* Take over what metadata says. */
void merge_take_metadata(
    struct recording *recording, const struct metadata *metadata);

struct merge;

/* `refresh` is borrowed. NULL when memory is short. */
struct merge *merge_new(struct refresh *refresh) MUST_CHECK;
void merge_free(struct merge *merge);

/* Compare the next recordings of the listing with the rows beside them, fetch
 * metadata whose ETag is new, and write what differs, at most 200 rows
 * in a transaction. Rows that the listing has passed by are gone; with `last`
 * all rows after the list are. `arena` may be emptied afterwards. */
bool merge_page(struct merge *merge, struct arena *arena,
    const struct listed *list, bool last, struct error *err) MUST_CHECK;

#endif
