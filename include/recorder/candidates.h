/* The recordings that a set could be on. */
#ifndef SETLINK_RECORDER_CANDIDATES_H
#define SETLINK_RECORDER_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "recorder/holds.h"
#include "recorder/match.h"

struct candidates {
	struct match_recording *recordings;
	struct uuid *holders; /* of those that are taken: by which set */
	size_t count;
};

/* Read what the index has around the time of a set; in the arena. Times are
 * put right by what the clocks of the recorders are wrong by. A set of a room
 * to which recorders are tied is on one of these; one of another room is on
 * one that is tied to no room; one without a room may be on any. */
bool candidates_read(struct db *db, struct arena *arena,
    const struct holds_set *set, usec_t now, struct candidates *out,
    struct error *err) MUST_CHECK;

#endif
