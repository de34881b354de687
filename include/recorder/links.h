/* SPDX-License-Identifier: MIT */
/* Tying sets to recordings. */
#ifndef SETLINK_RECORDER_LINKS_H
#define SETLINK_RECORDER_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "recorder/match.h"

enum link_outcome {
	LINK_MADE,     /* the set is linked to what was found */
	LINK_KEPT,     /* it was linked to just that before */
	LINK_NO_MATCH, /* nothing fits; a link to what is gone stays */
	LINK_TAKEN,    /* what fits is held by another set at the same time */
	LINK_MANUAL,   /* a person linked it: left alone */
	LINK_BARRED    /* a person unlinked it: left alone */
};

struct link_part {
	struct uuid recorder_id;
	struct uuid recording_id;
	usec_t offset; /* where in the recording the set begins */
	bool fixed;    /* a person has said so */
	usec_t linked; /* since when the set has it; 0: from now on */
	bool gone;     /* from the bucket, but it may come back */
};

/* The recordings of a set, by time. */
struct link_list {
	struct link_part parts[MATCH_MAX_PARTS];
	size_t count;
	size_t primary; /* that of the documented columns */
};

struct link_result {
	enum link_outcome outcome;
	enum match_rule rule;
	struct link_list got; /* of MADE and KEPT */
	struct link_list had; /* what it had before */
	bool dropped;         /* of NO_MATCH: what it had is no more its own */
	struct uuid holder;   /* of TAKEN: the set that has the recording */
	enum match_absence absence; /* of NO_MATCH */
	/* Of NO_MATCH: the recording that missed the set by least, if one is
	 * known of that night. */
	bool has_nearest;
	struct link_part nearest;
	usec_t missed_by;
	/* Several recorders could be that of the set's room, and which it is
	 * was guessed. */
	bool guessed;
	const char *why; /* in words, if it was asked for; in the arena */
};

struct link_request {
	struct uuid session_id;
	usec_t tolerance;
	usec_t now;
	bool asked; /* by a person: a set that was unlinked is linked too */
	bool anew;  /* the set itself has changed: what is gone is given up, a
		     * link by hand gets its offset anew */
	bool look;  /* only say what would be done: nothing is written or
		     * locked; without `asked` and `anew` */
	bool why;   /* tell the reason in words, and the nearest recording */
};

/* Find the recordings of a set by the rules of match.h and link them, in one
 * transaction. A link that was found follows what is true now; parts that are
 * gone stay, unless `anew`, while the primary part does or nothing else fits.
 * ERROR_NOT_FOUND when there is no such session. */
bool links_find(struct db *db, const struct config *config, struct arena *arena,
    const struct link_request *request, struct link_result *out,
    struct error *err) MUST_CHECK;

/* Unlink a set and leave it alone from then on. ERROR_NOT_FOUND when there is
 * no such session. */
bool links_remove(struct db *db, struct arena *arena,
    const struct uuid *session_id, struct error *err) MUST_CHECK;

#endif
