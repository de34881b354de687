/* Looking again for the recordings of sets. */
#ifndef SETLINK_RECORDER_RELINK_H
#define SETLINK_RECORDER_RELINK_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "db/db.h"

/* Look again for the recording of every set that may still wait for one
 * (SESSION_RECORDER_WAIT_DAYS after its end), that nobody linked or unlinked
 * by hand: one that has none may find one, and, if `all`, one that has may find
 * a better one or a further part. A link to a recording that is gone from the
 * bucket stays, since it may come back. `all` is for when the index has
 * changed; *linked counts the changes. */
bool relink_sets(struct db *db, const struct config *config, usec_t now,
    bool all, unsigned *linked, struct error *err) MUST_CHECK;

#endif
