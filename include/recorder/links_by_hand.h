/* SPDX-License-Identifier: MIT */
/* Tying a set to a recording as a person says. */
#ifndef SETLINK_RECORDER_LINKS_BY_HAND_H
#define SETLINK_RECORDER_LINKS_BY_HAND_H

#include "recorder/links.h"

struct link_by_hand {
	struct uuid session_id, recorder_id, recording_id;
	usec_t tolerance;
	usec_t now;
	bool force;      /* take it from a set that holds it at that time */
	unsigned part;   /* in place of this part of the set, or behind the last
			  * one; 0: it is the only one */
	bool has_offset; /* where in the file the set begins */
	usec_t offset;
	bool dry_run; /* only say what would come of it */
};

/* What is odd about it. A person may be right nevertheless. */
struct link_oddities {
	bool no_overlap; /* by so much: */
	usec_t gap;
	bool before;   /* the recording ended before the set, or began after */
	bool unplaced; /* nobody knows when it was recorded */
	bool replaced; /* the files with that part are gone */
	bool beyond;   /* the offset is behind the file's end */
	const char *other_room; /* its recorder is tied to; else NULL */
	bool taken;             /* from this set, or shared with it: */
	struct uuid holder;
};

/* Link a set to a recording, in one transaction. The parts of the set are a
 * person's then, all of them. ERROR_NOT_FOUND when either is unknown or the
 * recording is gone, ERROR_INVALID when there is no such part, ERROR_CONFLICT
 * when another set holds the recording at the same time, without `force`. */
bool links_set(struct db *db, const struct config *config, struct arena *arena,
    const struct link_by_hand *link, struct link_list *parts,
    struct link_oddities *odd, struct error *err) MUST_CHECK;

#endif
