/* SPDX-License-Identifier: MIT */
/* Why a set has the recording that it has, or none. */
#ifndef SETLINK_RECORDER_EXPLAIN_H
#define SETLINK_RECORDER_EXPLAIN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "db/db.h"
#include "recorder/candidates.h"
#include "recorder/holds.h"
#include "recorder/match.h"

/* A choice that was made. */
struct explain_case {
	const struct holds_set *set;
	const struct candidates *candidates;
	const struct match_result *match;
	const enum match_reason *reasons; /* one a candidate */
	usec_t now;
};

/* Write the reason for each candidate to the debug log. */
void explain_log(const struct explain_case *about);

/* The reason in words that a host understands, in the arena. They may hold
 * what somebody typed as a name. */
bool explain_choice(struct db *db, struct arena *arena,
    const struct explain_case *about, const char **out, struct error *err)
    MUST_CHECK;

#endif
