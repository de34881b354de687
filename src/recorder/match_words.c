/* Why a recording was chosen for a set or passed over, in words. */
#include "recorder/match_words.h"

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
    const struct match_recording *r, usec_t now)
{
	usec_t covered = match_coverage(set, r, now);

	if (covered > 0 && covered < USEC_PER_MIN)
		buf_printf(out, "%lld s", (long long)(covered / USEC_PER_SEC));
	else
		buf_printf(out, "%lld", (long long)(covered / USEC_PER_MIN));
	buf_printf(out, " of %lld minutes",
	    (long long)((set->end - set->start) / USEC_PER_MIN));
}

static void
put_first(struct buf *out, const struct match_set *set,
    const struct match_recording *r, enum match_rule rule, usec_t now)
{
	if (rule != MATCH_ACROSS) {
		if (rule == MATCH_LATER)
			buf_puts(out, "the first within the set, ");
		put_begin(out, set, r);
		return;
	}
	buf_puts(out, "runs through the set's start");
	if (set->end - set->start < USEC_PER_MIN)
		return;
	buf_puts(out, ", covers ");
	put_coverage(out, set, r, now);
}

static void
put_outside(struct buf *out, const struct match_set *set,
    const struct match_recording *r, usec_t now)
{
	if (r->start >= set->start) {
		buf_puts(out, "begins ");
		put_distance(out, r->start - set->end, "end");
		return;
	}
	buf_puts(out, "ends ");
	put_distance(out, match_recording_end(r, now) - set->start, "start");
}

void
match_words(struct buf *out, const struct match_set *set,
    const struct match_recording *r, enum match_rule rule,
    enum match_reason reason, usec_t now)
{
	switch (reason) {
	case MATCH_FIRST:
		put_first(out, set, r, rule, now);
		break;
	case MATCH_FURTHER:
		put_begin(out, set, r);
		break;
	case MATCH_LOST:
		buf_puts(out, "was opened, but nothing of it was stored");
		break;
	case MATCH_TAKEN:
		buf_puts(out, "held by another set");
		break;
	case MATCH_OUTSIDE:
		put_outside(out, set, r, now);
		break;
	case MATCH_TIED:
		buf_puts(out, "its recorder is tied to a room");
		break;
	case MATCH_SHORT:
		buf_puts(out, "covers only ");
		put_coverage(out, set, r, now);
		break;
	case MATCH_WORSE:
		buf_puts(out, "another one fits better");
		break;
	}
}
