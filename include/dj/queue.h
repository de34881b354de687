/* SPDX-License-Identifier: MIT */
/* Changing the queue of the open pool. After each change the slots of those
 * who wait are planned anew. */
#ifndef SETLINK_DJ_QUEUE_H
#define SETLINK_DJ_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* Put a DJ who waits at a place, 1 being the first; a place behind the last
 * one is the last. Who was skipped in this round waits again. CONFLICT for one
 * who does neither, NOT_FOUND without such a DJ. */
bool queue_move(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *dj_id, int64_t place, usec_t now, struct error *err)
    MUST_CHECK;

/* Pass over a DJ, whose turn goes to the next one: who waits, or has the turn
 * without a session. Without an id (NULL) whoever has the turn, else the first
 * who waits; *skipped is who it was. They are not drawn again in this round.
 * CONFLICT when there is nobody to be skipped. */
bool queue_skip(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *dj_id, usec_t now, struct uuid *skipped,
    struct error *err) MUST_CHECK;

/* Empty the queue: those who wait can be drawn again. With `new_round` those
 * who have played can, too. The records of draws stay. */
bool queue_reset(struct db *db, const struct config *config,
    struct arena *arena, bool new_round, usec_t now, struct error *err)
    MUST_CHECK;

/* For a transaction that has called night_lock: */

/* Take a DJ who leaves out of the queue. */
bool queue_leave(struct db *db, const struct config *config,
    struct arena *arena, const struct uuid *dj_id, usec_t now,
    struct error *err) MUST_CHECK;

/* A DJ who had left may be drawn again, but not in a draw that was due before:
 * one that waits for somebody is due now. */
bool queue_return(struct db *db, usec_t now, struct error *err) MUST_CHECK;

/* Plan the slots anew; nothing without an event. */
bool queue_replan(struct db *db, const struct config *config,
    struct arena *arena, usec_t now, struct error *err) MUST_CHECK;

#endif
