/* SPDX-License-Identifier: MIT */
/* Doing what is due: draws, turns that begin, sessions that nobody ends. Each
 * is done once, whoever comes first, and as of the moment it was due. */
#ifndef SETLINK_DJ_TICK_H
#define SETLINK_DJ_TICK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "db/db.h"
#include "dj/night.h"

/* What is due beyond so many things is left to the next time. */
#define TICK_MAX 64

struct tick_report {
	unsigned draws;
	unsigned turns;
	unsigned sessions; /* ended */
};

/* Do all that is due. The report tells what was done, also after a failure. */
bool tick_run(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct tick_report *report, struct error *err) MUST_CHECK;

/* night_read, after doing what is due. Where that cannot be done, as with a
 * database that can only be read, the night is told as it stands. */
bool tick_night(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct night *out, struct error *err) MUST_CHECK;

/* Do all that is due before something is changed, so that what is done as of
 * then does not come of the change. Where it cannot be done that is logged, and
 * the change has to tell whether it can. */
void tick_before_change(struct db *db, const struct config *config,
    struct arena *arena, usec_t now);

#endif
