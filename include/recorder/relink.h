/* SPDX-License-Identifier: MIT */
/* Looking again for the recordings of sets. */
#ifndef SETLINK_RECORDER_RELINK_H
#define SETLINK_RECORDER_RELINK_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "db/db.h"
#include "recorder/links.h"

/* Have every set be looked at again, in the transaction that changes what they
 * are matched with. */
bool relink_ask(struct db *db, struct error *err) MUST_CHECK;

/* Whether that is still to be done. */
bool relink_is_due(struct db *db, bool *due, struct error *err) MUST_CHECK;

/* Look again for the recording of every set that may still wait for one
 * (SESSION_RECORDER_WAIT_DAYS after its end), that nobody linked or unlinked
 * by hand: one that has none may find one, and, if that is due, one that has
 * follows what is true now. A link to a recording that is gone from the bucket
 * stays while nothing else fits, since it may come back. *linked counts the
 * changes. What is asked for meanwhile is still due afterwards. */
bool relink_sets(struct db *db, const struct config *config, usec_t now,
    unsigned *linked, struct error *err) MUST_CHECK;

/* A set that was looked at, and what came of it. */
struct relink_row {
	struct uuid session_id;
	usec_t started_at;
	const char *dj_name; /* of all who play */
	const char *room;    /* NULL when there is none */
	/* What the set has now, or would have: the parts of the result if
	 * there are any, else the old ones. */
	const struct link_result *result;
};

typedef bool relink_visit(
    void *context, const struct relink_row *row, struct error *err);

/* Look again at every set that began at `since` or later, the first first, and
 * tell of each; as relink_sets does, but however long ago. Without `write`
 * nothing is written and no row locked: each set is told what it would get as
 * things are, without the changes to those before it. */
bool relink_since(struct db *db, const struct config *config, usec_t since,
    usec_t now, bool write, relink_visit *visit, void *context,
    struct error *err) MUST_CHECK;

#endif
