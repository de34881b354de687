/* SPDX-License-Identifier: MIT */
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
	/* Recorders of recordings whose place is not known. */
	struct uuid *unplaced;
	size_t n_unplaced;
	/* Recorders that are tied to no room, of a set of a room that has none
	 * tied to it: which of several is its own can only be guessed. */
	unsigned untied;
	bool other_room; /* a set of another room overlaps it */
};

/* Read what the index has around the time of a set, and up to `reach` before
 * and after it; in the arena. Times are put right by what the clocks of the
 * recorders are wrong by. A set of a room to which recorders are tied is on one
 * of these; one of another room is on one that is tied to no room; one without
 * a room may be on any. All clocks count as right. */
bool candidates_read(struct db *db, struct arena *arena,
    const struct holds_set *set, usec_t reach, usec_t now,
    struct candidates *out, struct error *err) MUST_CHECK;

/* Find out which clocks have been seen to be right: those of the recorders that
 * other sets of that night are on without it mattering. Nor is a clock to blame
 * where the set may be on a recording whose place is not known. */
bool candidates_judge_clocks(struct db *db, struct arena *arena,
    const struct holds_set *set, struct candidates *candidates,
    struct error *err) MUST_CHECK;

#endif
