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
	LINK_NO_MATCH, /* nothing fits; an older link stays */
	LINK_TAKEN,    /* what fits is held by another set at the same time */
	LINK_MANUAL,   /* a person linked it: left alone */
	LINK_BARRED    /* a person unlinked it: left alone */
};

struct link_part {
	struct uuid recorder_id;
	struct uuid recording_id;
	usec_t offset; /* where in the recording the set begins */
	usec_t linked; /* since when the set has it; 0: from now on */
	bool gone;     /* from the bucket, but it may come back */
};

struct link_result {
	enum link_outcome outcome;
	enum match_rule rule;
	struct link_part parts[MATCH_MAX_PARTS]; /* of MADE and KEPT */
	size_t n_parts;
	struct uuid holder; /* of TAKEN: the set that has the recording */
	struct link_part old[MATCH_MAX_PARTS]; /* what it had before */
	size_t n_old;
	const char *why; /* in words, if it was asked for; in the arena */
};

struct link_request {
	struct uuid session_id;
	usec_t tolerance;
	usec_t now;
	bool asked; /* by a person: a set that was unlinked is linked too */
	bool anew;  /* the set itself has changed: an automatic link that
		     * no longer fits goes, a manual one gets its offset anew */
	bool look;  /* only say what would be done: nothing is written or
		     * locked; without `asked` and `anew` */
	bool why;   /* tell the reason in words */
};

/* Find the recordings of a set by the rules of match.h and link them, in one
 * transaction. Further parts that are gone stay, unless `anew`, while the first
 * part does. ERROR_NOT_FOUND when there is no such session. */
bool links_find(struct db *db, const struct config *config, struct arena *arena,
    const struct link_request *request, struct link_result *out,
    struct error *err) MUST_CHECK;

/* Link a set to one recording, as a person says. ERROR_NOT_FOUND when either
 * is unknown or the recording is gone; ERROR_CONFLICT when another set holds
 * it at the same time, unless `force` takes it from that one. */
bool links_set(struct db *db, const struct config *config, struct arena *arena,
    const struct link_request *request, const struct uuid *recorder_id,
    const struct uuid *recording_id, bool force, struct error *err) MUST_CHECK;

/* Unlink a set and leave it alone from then on. ERROR_NOT_FOUND when there is
 * no such session. */
bool links_remove(struct db *db, struct arena *arena,
    const struct uuid *session_id, struct error *err) MUST_CHECK;

#endif
