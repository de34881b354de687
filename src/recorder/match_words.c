/* SPDX-License-Identifier: MIT */
/* Why a recording was chosen for a set or passed over, in words. */
#include "recorder/match_words.h"

#include "recorder/match_place.h"

void
match_put_time(struct buf *out, usec_t time)
{
	long long seconds = (long long)(time / USEC_PER_SEC);

	buf_printf(out, "%lld:%02lld", seconds / 60, seconds % 60);
}

/* "1:20 after the set's start"; `distance` is below 0 when it is before. */
static void
put_distance(struct buf *out, usec_t distance, const char *from)
{
	bool before = distance < 0;

	if (before)
		distance = -distance;
	if (distance < USEC_PER_SEC) {
		buf_printf(out, "at the set's %s", from);
		return;
	}
	match_put_time(out, distance);
	buf_printf(out, " %s the set's %s", before ? "before" : "after", from);
}

static void
put_begin(struct buf *out, const struct match_set *set,
    const struct match_recording *r)
{
	buf_puts(out, "begins ");
	put_distance(out, r->start - set->start, "start");
}

/* "58 of 60 minutes" */
static void
put_coverage(struct buf *out, const struct match_set *set,
    const struct match_recording *r)
{
	usec_t covered = match_coverage(set, r);

	if (covered > 0 && covered < USEC_PER_MIN)
		buf_printf(out, "%lld s", (long long)(covered / USEC_PER_SEC));
	else
		buf_printf(out, "%lld", (long long)(covered / USEC_PER_MIN));
	buf_printf(out, " of %lld minutes",
	    (long long)((set->end - set->start) / USEC_PER_MIN));
}

static void
put_covers(struct buf *out, const struct match_set *set,
    const struct match_recording *r)
{
	if (set->end - set->start < USEC_PER_MIN)
		return;
	buf_puts(out, ", covers ");
	put_coverage(out, set, r);
}

static void
put_part(struct buf *out, const struct match_set *set,
    const struct match_recording *r, enum match_rule rule, bool primary)
{
	if (primary && rule == MATCH_ACROSS)
		buf_puts(out, "runs through the set's start");
	else
		put_begin(out, set, r);
	if (rule == MATCH_NEAR)
		buf_puts(out, ", which fits if its clock is wrong");
	else if (!primary || rule != MATCH_START)
		put_covers(out, set, r);
}

/* A recording that does not overlap the set, or by next to nothing. */
static void
put_outside(struct buf *out, const struct match_set *set,
    const struct match_recording *r)
{
	if (r->start >= set->end) {
		buf_puts(out, "begins ");
		put_distance(out, r->start - set->end, "end");
	} else if (r->end <= set->start && r->start < set->start) {
		buf_puts(out, "ends ");
		put_distance(out, r->end - set->start, "start");
	} else if (r->gap_start < r->gap_end && r->gap_end >= set->end) {
		buf_puts(out, "goes on ");
		put_distance(out, r->gap_end - set->end, "end");
	} else {
		buf_puts(out, "holds less than a second of it");
	}
}

void
match_words(struct buf *out, const struct match_set *set,
    const struct match_recording *r, enum match_rule rule,
    enum match_reason reason)
{
	switch (reason) {
	case MATCH_PRIMARY:
		put_part(out, set, r, rule, true);
		break;
	case MATCH_PART:
		put_part(out, set, r, rule, false);
		break;
	case MATCH_LOST:
		buf_puts(out, "was opened, but nothing of it was stored");
		break;
	case MATCH_TAKEN:
		buf_puts(out, "held by another set");
		break;
	case MATCH_OUTSIDE:
		put_outside(out, set, r);
		break;
	case MATCH_TIED:
		buf_puts(out, "its recorder is tied to a room");
		break;
	case MATCH_ELSEWHERE:
		buf_puts(out, "a set of another room is on its recorder");
		break;
	case MATCH_SHORT:
		put_outside(out, set, r);
		buf_puts(out, ", too little of it within the tolerance");
		break;
	case MATCH_WORSE:
		buf_puts(out, "another recorder fits better");
		break;
	case MATCH_REPLACED:
		buf_puts(out,
		    "that part of it is in no file any more, after a restart "
		    "of the recorder or a deletion");
		break;
	case MATCH_SILENT_PART:
		buf_puts(out, "is silent by then");
		break;
	}
}
