/* SPDX-License-Identifier: MIT */
/* Which recordings belong to a set: a pure function over the set and the
 * candidates. doc/matching.md has the rules in words. */
#ifndef SETLINK_RECORDER_MATCH_H
#define SETLINK_RECORDER_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

#define MATCH_MAX_PARTS 128

struct match_set {
	usec_t start;
	usec_t end; /* now, while it runs */
	bool running;
};

/* A recording whose place on the clock is known (recorder/span.h). */
struct match_recording {
	struct uuid recorder_id;
	struct uuid id;
	usec_t start, end;           /* of what can be heard */
	usec_t gap_start, gap_end;   /* it was interrupted then; equal: never */
	usec_t lost_start, lost_end; /* recorded, but in no file any more */
	usec_t silent_end;           /* of the silence behind the end */
	bool fresh;                  /* audio still comes in */
	bool lost;                   /* nothing of it was ever stored */
	bool taken; /* held by another set that overlaps this one */
	bool tied;  /* its recorder is tied to a room, but the set to none */
	bool elsewhere; /* a set of another room that overlaps this one is on
			 * its recorder, and comes first */
	bool trusted;   /* its recorder's clock has been seen to be right */
	bool sure;      /* it is placed by the clock of the object store */
};

enum match_rule {
	MATCH_NONE,
	MATCH_START,  /* begins within the tolerance of the set's start */
	MATCH_ACROSS, /* runs across the set's start */
	MATCH_LATER,  /* begins later within the set */
	MATCH_NEAR,   /* overlaps it only if a clock is wrong */
};

/* Why there is no recording. */
enum match_absence {
	MATCH_NOT_FOUND,
	MATCH_AUDIO_LOST, /* there was one, but its files have been replaced */
	MATCH_SILENT,     /* there is one, with nothing to hear at that time */
};

struct match_part {
	size_t index;  /* into the candidates */
	usec_t offset; /* where in the recording the set begins, or 0 */
};

struct match_result {
	enum match_rule rule;                     /* of the primary part */
	struct match_part parts[MATCH_MAX_PARTS]; /* by their starts */
	size_t n_parts;
	size_t primary; /* into the parts */
	usec_t held;    /* how much of the set they hold */
	/* The candidate that would have been the primary part, were it not
	 * held by another set; SIZE_MAX when there is none. */
	size_t taken;
	enum match_absence absence; /* without parts */
	/* Without parts: the candidate that missed the set by least, and by how
	 * much; SIZE_MAX when there is none. */
	size_t nearest;
	usec_t missed_by;
};

/* Why a candidate was chosen or passed over; match_words.h has the words. */
enum match_reason {
	MATCH_PRIMARY,     /* it is the primary part */
	MATCH_PART,        /* it is another part */
	MATCH_LOST,        /* nothing of it was ever stored */
	MATCH_TAKEN,       /* another set holds it */
	MATCH_OUTSIDE,     /* it does not overlap the set */
	MATCH_TIED,        /* one of a recorder that is tied to no room does */
	MATCH_ELSEWHERE,   /* its recorder is another room's */
	MATCH_SHORT,       /* with a wrong clock it would hold too little */
	MATCH_WORSE,       /* another recorder fits better */
	MATCH_REPLACED,    /* that part of it is in no file any more */
	MATCH_SILENT_PART, /* there is nothing to hear in that part of it */
};

/* Choose. `tolerance` is in microseconds; the order of the candidates does not
 * matter. All times are within the years 1 to 9999. `reasons` is NULL, or has
 * room for one a candidate. */
void match_choose(const struct match_set *set,
    const struct match_recording *recordings, size_t n_recordings,
    usec_t tolerance, enum match_reason *reasons, struct match_result *out);

/* The rule in words, such as "start". */
const char *match_rule_name(enum match_rule rule);

#endif
