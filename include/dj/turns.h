/* SPDX-License-Identifier: MIT */
/* Turns of the queue, and the sets that they become. All of this is for
 * transactions that have called night_lock. */
#ifndef SETLINK_DJ_TURNS_H
#define SETLINK_DJ_TURNS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* A set, as far as the queue is concerned. */
struct turn_set {
	const struct uuid *session_id;
	bool in_event;
	struct db_value pool_id; /* of the event */
	usec_t started_at;
	bool over; /* it has ended */
};

/* Give a set the turn of a DJ: who waits has it now, and is no longer next; a
 * turn that went by without a set gets the one that is entered later. Who plays
 * in an event without having been drawn is not drawn any more in this round.
 * Outside of events only a set that runs has to do with the queue. */
bool turns_take(struct db *db, const struct turn_set *set,
    const struct uuid *dj_id, struct error *err) MUST_CHECK;

/* Who did not play in a set after all waits again, or can be drawn again. */
bool turns_leave(struct db *db, const struct uuid *session_id,
    const struct uuid *dj_id, struct error *err) MUST_CHECK;

/* End the turns of the open event's pool that began without a set. One of half
 * a slot or more becomes a set, so that its DJ finds the recording; who had the
 * desk for less most likely did not play. As all sets that nobody ends, it
 * lasts SETLINK_MAX_SESSION_HOURS at most. */
bool turns_close(struct db *db, const struct config *config,
    struct arena *arena, const struct uuid *pool_id, usec_t at,
    struct error *err) MUST_CHECK;

#endif
