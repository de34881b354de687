/* SPDX-License-Identifier: MIT */
/* Ending sessions, for the transactions of dj/; each has called night_lock. */
#ifndef SETLINK_DJ_SESSION_ENDS_H
#define SETLINK_DJ_SESSION_ENDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* Ids of sets that have ended, SESSIONS_MAX_ENDED of them at most: so many run
 * in one room, or event. Of more than that the rest gets its recordings later,
 * when the index is refreshed. */
struct session_ends {
	struct uuid *ids;
	size_t count;
};

/* End the sets that run in a room (NULL: in none). */
bool session_ends_room(struct db *db, struct arena *arena, const char *room,
    usec_t at, struct session_ends *out, struct error *err) MUST_CHECK;

/* End the sets of an event that run. */
bool session_ends_event(struct db *db, struct arena *arena,
    const struct uuid *event_id, usec_t at, struct session_ends *out,
    struct error *err) MUST_CHECK;

/* Bring in line what depends on whether a set has ended: its DJs are free for
 * another one, and its entry in the queue has been played. */
bool session_ends_settle(struct db *db, struct error *err) MUST_CHECK;

#endif
