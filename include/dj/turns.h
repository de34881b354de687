/* Turns that went by the timetable, without anybody starting a set. */
#ifndef SETLINK_DJ_TURNS_H
#define SETLINK_DJ_TURNS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* End the turns of the open event's pool that began without a session. One of
 * half a slot or more becomes a set, so that its DJ finds the recording; who
 * had the desk for less most likely did not play. For a transaction that has
 * called night_lock. */
bool turns_close(struct db *db, struct arena *arena, const struct uuid *pool_id,
    usec_t at, struct error *err) MUST_CHECK;

#endif
