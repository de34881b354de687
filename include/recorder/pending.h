/* SPDX-License-Identifier: MIT */
/* Doing what events have left: reading metadata from the bucket. */
#ifndef SETLINK_RECORDER_PENDING_H
#define SETLINK_RECORDER_PENDING_H

#include <signal.h>
#include <stdbool.h>

#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

struct pending_report {
	bool busy;           /* another process does it */
	unsigned recordings; /* looked at */
	unsigned linked;     /* sets */
};

/* Whether events have left anything to do. */
bool pending_any(struct db *db, bool *any, struct error *err) MUST_CHECK;

/* Take the lease of the events, with which `owner` may have been born, and do
 * all that is left and what comes until a second has passed without more, or a
 * signal sets *stop. Each recording costs one GET, and one listing of its own
 * if a version was removed. What cannot be fetched is left to the next refresh
 * of the index. Sets are looked at again when nothing is left, and every few
 * seconds while there is more. */
bool pending_drain(struct db *db, const struct config *config,
    const struct uuid *owner, const volatile sig_atomic_t *stop,
    struct pending_report *out, struct error *err) MUST_CHECK;

#endif
