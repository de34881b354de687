/* Looking again for the recordings of sets that have none. */
#ifndef SETLINK_RECORDER_RELINK_H
#define SETLINK_RECORDER_RELINK_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "db/db.h"

/* Look for the recording of every set that has none, that nobody unlinked by
 * hand, and that may still wait for one (SESSION_RECORDER_WAIT_DAYS after its
 * end). To be called when the index has changed. *linked counts the finds. */
bool relink_waiting(struct db *db, const struct config *config, usec_t now,
    unsigned *linked, struct error *err) MUST_CHECK;

#endif
