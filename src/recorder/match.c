/* Which recordings belong to a set: three rules, tried in turn. */
#include "recorder/match.h"

#include <stdint.h>

/* A chunk comes every 28 seconds, so after a minute without one a recording
 * has stopped, or never had anything to store. */
#define FRESH USEC_PER_MIN

/* What is searched, and with what view of the recordings. */
struct search {
	const struct match_set *set;
	const struct match_recording *recordings;
	size_t n;
	usec_t tolerance;
	usec_t now;
	bool with_taken;     /* as if no other set held any of them */
	bool with_tied;      /* those of the recorders of rooms, too */
	usec_t most_covered; /* by any candidate */
};

static usec_t
earlier(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

static usec_t
later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

/* Whether audio of an open recording still comes in. */
static bool
is_fresh(const struct match_recording *r, usec_t now)
{
	usec_t seen = r->has_chunks ? r->newest_chunk : r->start;

	return !r->closed && now - seen < FRESH;
}

usec_t
match_recording_end(const struct match_recording *r, usec_t now)
{
	usec_t end;

	if (r->closed)
		end = r->end;
	else if (is_fresh(r, now))
		end = now;
	else
		end = r->has_chunks ? r->newest_chunk : r->start;

	/* Clocks differ: a chunk can be older than the start it belongs to. */
	return later(end, r->start);
}

bool
match_recording_lost(const struct match_recording *r, usec_t now)
{
	return !r->closed && !r->has_files && !r->has_chunks &&
	    now - r->start > FRESH;
}

const char *
match_rule_name(enum match_rule rule)
{
	switch (rule) {
	case MATCH_START:
		return "start";
	case MATCH_ACROSS:
		return "across";
	case MATCH_LATER:
		return "later";
	case MATCH_NONE:
		break;
	}
	return "none";
}

static bool
is_candidate(const struct search *s, const struct match_recording *r)
{
	return (s->with_taken || !r->taken) && (s->with_tied || !r->tied) &&
	    !match_recording_lost(r, s->now);
}

usec_t
match_coverage(
    const struct match_set *set, const struct match_recording *r, usec_t now)
{
	usec_t from = later(r->start, set->start);
	usec_t to = earlier(match_recording_end(r, now), set->end);

	return later(to - from, 0);
}

static usec_t
coverage(const struct search *s, const struct match_recording *r)
{
	return match_coverage(s->set, r, s->now);
}

/* A short burst, such as a sound check, is not what the set is in, when there
 * is something longer. Ten times the longest time that there is (9999 years)
 * is far from the end of usec_t. */
static bool
is_too_short(const struct search *s, const struct match_recording *r)
{
	usec_t covered = coverage(s, r);

	return !s->set->running && covered < s->most_covered &&
	    covered * 10 < s->set->end - s->set->start;
}

static usec_t
distance(const struct search *s, const struct match_recording *r)
{
	return later(r->start - s->set->start, s->set->start - r->start);
}

/* A recording that still goes on also runs across a set that starts now. */
static bool
runs_across(const struct search *s, const struct match_recording *r)
{
	usec_t start = s->set->start;
	usec_t end = match_recording_end(r, s->now);

	return r->start < start &&
	    (start < end || (start == end && is_fresh(r, s->now)));
}

static bool
begins_within(const struct search *s, const struct match_recording *r)
{
	return r->start > s->set->start && r->start < s->set->end;
}

/* Whether the recording can be the first part by this rule. */
static bool
fits(const struct search *s, enum match_rule rule,
    const struct match_recording *r)
{
	switch (rule) {
	case MATCH_START:
		return distance(s, r) <= s->tolerance;
	case MATCH_ACROSS:
		return runs_across(s, r);
	case MATCH_LATER:
		return begins_within(s, r);
	case MATCH_NONE:
		break;
	}
	return false;
}

static int
compare_times(usec_t a, usec_t b)
{
	return (a > b) - (a < b);
}

/* Ids of two recorders may be equal, so the recorder's id comes last. */
static int
compare_ids(const struct match_recording *a, const struct match_recording *b)
{
	int order = uuid_compare(&a->id, &b->id);

	return order != 0 ? order
			  : uuid_compare(&a->recorder_id, &b->recorder_id);
}

static int
compare_starts(const struct match_recording *a, const struct match_recording *b)
{
	int order = compare_times(a->start, b->start);

	return order != 0 ? order : compare_ids(a, b);
}

/* Below 0 when `a` is the better first part by this rule. */
static int
compare(const struct search *s, enum match_rule rule,
    const struct match_recording *a, const struct match_recording *b)
{
	int order = 0;

	if (rule == MATCH_START)
		order = compare_times(distance(s, a), distance(s, b));
	if (order == 0 && rule != MATCH_LATER)
		order = compare_times(coverage(s, b), coverage(s, a));
	if (order == 0 && rule == MATCH_ACROSS)
		order = compare_times(b->start, a->start);
	if (order == 0 && rule == MATCH_LATER)
		order = compare_times(a->start, b->start);
	return order != 0 ? order : compare_ids(a, b);
}

static void
measure(struct search *s)
{
	s->most_covered = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (is_candidate(s, &s->recordings[i]))
			s->most_covered = later(
			    s->most_covered, coverage(s, &s->recordings[i]));
	}
}

/* The index of the best first part by one rule, SIZE_MAX when there is none. */
static size_t
find_by_rule(const struct search *s, enum match_rule rule)
{
	const struct match_recording *all = s->recordings;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_candidate(s, &all[i]) || !fits(s, rule, &all[i]) ||
		    is_too_short(s, &all[i]))
			continue;
		if (best == SIZE_MAX ||
		    compare(s, rule, &all[i], &all[best]) < 0)
			best = i;
	}
	return best;
}

static size_t
find_by_rules(struct search *s, enum match_rule *rule)
{
	size_t found;

	measure(s);
	for (*rule = MATCH_START; *rule <= MATCH_LATER; (*rule)++) {
		found = find_by_rule(s, *rule);
		if (found != SIZE_MAX)
			return found;
	}
	*rule = MATCH_NONE;
	return SIZE_MAX;
}

/* What is recorded in another room is better than nothing only. */
static size_t
find_first(struct search *s, bool with_taken, enum match_rule *rule)
{
	size_t found;

	s->with_taken = with_taken;
	s->with_tied = false;
	found = find_by_rules(s, rule);
	if (found != SIZE_MAX)
		return found;
	s->with_tied = true;
	return find_by_rules(s, rule);
}

/* Put a recording in its place among the further parts; when there are too
 * many, the last ones go. */
static void
insert_part(const struct search *s, size_t index, struct match_result *out)
{
	const struct match_recording *all = s->recordings;
	struct match_part *parts = out->parts;
	size_t at = out->n_parts;

	while (at > 1 &&
	    compare_starts(&all[index], &all[parts[at - 1].index]) < 0)
		at--;
	if (at == MATCH_MAX_PARTS)
		return;
	if (out->n_parts < MATCH_MAX_PARTS)
		out->n_parts++;
	for (size_t i = out->n_parts - 1; i > at; i--)
		parts[i] = parts[i - 1];
	parts[at].index = index;
	parts[at].offset = 0;
}

/* Another recorder is another room, or the same desk a second time. */
static void
add_further_parts(const struct search *s, struct match_result *out)
{
	const struct match_recording *first =
	    &s->recordings[out->parts[0].index];

	for (size_t i = 0; i < s->n; i++) {
		const struct match_recording *r = &s->recordings[i];

		if (is_candidate(s, r) && begins_within(s, r) &&
		    r->start > first->start &&
		    uuid_compare(&r->recorder_id, &first->recorder_id) == 0)
			insert_part(s, i, out);
	}
}

static bool
is_further_part(const struct match_result *result, size_t index)
{
	for (size_t i = 1; i < result->n_parts; i++) {
		if (result->parts[i].index == index)
			return true;
	}
	return false;
}

static enum match_reason
reason_of(
    const struct search *s, size_t index, const struct match_result *result)
{
	const struct match_recording *r = &s->recordings[index];

	if (result->n_parts > 0 && result->parts[0].index == index)
		return MATCH_FIRST;
	if (is_further_part(result, index))
		return MATCH_FURTHER;
	if (match_recording_lost(r, s->now))
		return MATCH_LOST;
	if (r->taken)
		return MATCH_TAKEN;
	if (!fits(s, MATCH_START, r) && !fits(s, MATCH_ACROSS, r) &&
	    !fits(s, MATCH_LATER, r))
		return MATCH_OUTSIDE;
	if (r->tied && !s->with_tied)
		return MATCH_TIED;
	return is_too_short(s, r) ? MATCH_SHORT : MATCH_WORSE;
}

void
match_choose(const struct match_set *set,
    const struct match_recording *recordings, size_t n_recordings,
    usec_t tolerance, usec_t now, enum match_reason *reasons,
    struct match_result *out)
{
	struct search s = {
	    .set = set,
	    .recordings = recordings,
	    .n = n_recordings,
	    .tolerance = tolerance,
	    .now = now,
	};
	enum match_rule ignored;
	size_t first;

	*out = (struct match_result){.rule = MATCH_NONE};
	out->taken = find_first(&s, true, &ignored);
	first = find_first(&s, false, &out->rule);
	if (out->taken == first)
		out->taken = SIZE_MAX;
	if (first != SIZE_MAX) {
		out->parts[0].index = first;
		out->parts[0].offset = later(
		    set->start - recordings[first].start, 0);
		out->n_parts = 1;
		add_further_parts(&s, out);
	}
	for (size_t i = 0; reasons != NULL && i < n_recordings; i++)
		reasons[i] = reason_of(&s, i, out);
}
