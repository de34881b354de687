/* Which recordings belong to a set: a pure function over the set and the
 * candidates. */
#ifndef SETLINK_RECORDER_MATCH_H
#define SETLINK_RECORDER_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

#define MATCH_MAX_PARTS 32

struct match_set {
	usec_t start;
	usec_t end; /* now, while it runs */
	bool running;
};

/* A recording with a known start. */
struct match_recording {
	struct uuid recorder_id;
	struct uuid id;
	usec_t start;
	usec_t end; /* of a closed one; 0 when not known */
	bool closed;
	bool has_files; /* a data file is there and not empty */
	bool has_chunks;
	usec_t newest_chunk; /* time of the newest chunk, if there is one */
	bool taken;          /* held by another set that overlaps this one */
	bool tied; /* its recorder is tied to a room, but the set to none */
};

enum match_rule {
	MATCH_NONE,
	MATCH_START,  /* 1: begins within the tolerance of the set's start */
	MATCH_ACROSS, /* 2: runs across the set's start */
	MATCH_LATER,  /* 3: begins later within the set */
};

struct match_part {
	size_t index;  /* into the candidates */
	usec_t offset; /* where in the recording the set begins, or 0 */
};

struct match_result {
	enum match_rule rule; /* how the first part was found */
	struct match_part parts[MATCH_MAX_PARTS];
	size_t n_parts;
	/* The candidate that would have been the first part, were it not held
	 * by another set; SIZE_MAX when there is none. */
	size_t taken;
};

/* Why a candidate was chosen or passed over; match_words.h has the words. */
enum match_reason {
	MATCH_FIRST,   /* it is the first part */
	MATCH_FURTHER, /* it is a further part */
	MATCH_LOST,    /* nothing of it was ever stored */
	MATCH_TAKEN,   /* another set holds it */
	MATCH_OUTSIDE, /* no rule fits: it begins too early or too late */
	MATCH_TIED,    /* one of a recorder that is tied to no room fits, too */
	MATCH_SHORT,   /* it covers too little of the set */
	MATCH_WORSE,   /* another one fits better */
};

/* The end of a recording at `now`: its own when it is closed, else the time of
 * its newest chunk, or `now` if that is under a minute old. */
usec_t match_recording_end(const struct match_recording *r, usec_t now);

/* Whether it will never have anything to download: open, without files and
 * without chunks, and begun over a minute ago. */
bool match_recording_lost(const struct match_recording *r, usec_t now);

/* How much of the set the recording holds. */
usec_t match_coverage(
    const struct match_set *set, const struct match_recording *r, usec_t now);

/* Choose. `tolerance` is in microseconds; the order of the candidates does
 * not matter. The first part is the best by the first rule that any candidate
 * fits, those that are not tied being tried before all of them; once the set
 * has ended, candidates that cover less than a tenth of it are no first part if
 * another covers more. Further parts are of the same recorder, short or not, in
 * the order of their starts. All times are within the years 1 to 9999.
 * `reasons` is NULL, or has room for one a candidate. */
void match_choose(const struct match_set *set,
    const struct match_recording *recordings, size_t n_recordings,
    usec_t tolerance, usec_t now, enum match_reason *reasons,
    struct match_result *out);

/* The rule in words, such as "start". */
const char *match_rule_name(enum match_rule rule);

#endif
