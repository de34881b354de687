/* SPDX-License-Identifier: MIT */
/* Which recordings belong to a set: the recorder first, then all of it that
 * overlaps the set. */
#include "recorder/match.h"

#include <stdint.h>

#include "base/array.h"
#include "recorder/match_place.h"

/* A part that holds less of a set is none: sets and recordings that follow each
 * other meet in a fraction of a second. */
#define MIN_PART USEC_PER_SEC

/* If a clock may be wrong, a part holds at least a tenth of the set, or so
 * much. */
#define MIN_NEAR USEC_PER_MIN

/* What is searched, and with what view of the recordings. */
struct search {
	const struct match_set *set;
	const struct match_recording *recordings;
	size_t n;
	usec_t tolerance;
	bool with_taken; /* as if no other set held any of them */
	bool with_tied;  /* those of the recorders of rooms, too */
	bool near;       /* as if clocks were wrong by up to the tolerance */
};

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
	case MATCH_NEAR:
		return "near";
	case MATCH_NONE:
		break;
	}
	return "none";
}

static bool
is_candidate(const struct search *s, const struct match_recording *r)
{
	return (s->with_taken || !r->taken) && (s->with_tied || !r->tied) &&
	    !r->lost;
}

/* One that still goes on also belongs to a set that starts now, as one belongs
 * to a set of no length that it runs through. */
static bool
holds_part(const struct search *s, const struct match_recording *r)
{
	const struct match_set *set = s->set;

	if (r->start > set->end)
		return false;
	if (set->running && r->fresh)
		return true;
	if (set->end - set->start < MIN_PART)
		return r->start <= set->end && set->start < r->end + MIN_PART;
	return match_coverage(set, r) >= MIN_PART;
}

/* The least that a part holds of the set when a clock may be wrong. */
static usec_t
least_near(const struct match_set *set)
{
	usec_t length = set->end - set->start;

	if (length < MIN_NEAR)
		return length / 2;
	return usec_max(length / 10, MIN_NEAR);
}

/* As far as the clock may be wrong. Any tolerance is less than the time that
 * there is. */
static usec_t
near_coverage(const struct search *s, const struct match_recording *r)
{
	const struct match_set *set = s->set;
	usec_t length = usec_min(r->end - r->start, set->end - set->start);

	return usec_max(usec_min(s->tolerance - match_gap(set, r), length), 0);
}

/* While a set runs, only what still goes on can be its recording by a wrong
 * clock: another one may yet begin. */
static bool
holds_near(const struct search *s, const struct match_recording *r)
{
	if (r->trusted || r->sure || match_gap(s->set, r) > s->tolerance)
		return false;
	if (s->set->running)
		return r->fresh;
	return near_coverage(s, r) >= usec_max(least_near(s->set), 1);
}

static bool
is_part(const struct search *s, const struct match_recording *r)
{
	return is_candidate(s, r) &&
	    (s->near ? holds_near(s, r) : holds_part(s, r));
}

static usec_t
coverage(const struct search *s, const struct match_recording *r)
{
	return s->near ? near_coverage(s, r) : match_coverage(s->set, r);
}

static usec_t
distance(const struct search *s, const struct match_recording *r)
{
	return usec_max(r->start - s->set->start, s->set->start - r->start);
}

static int
compare_times(usec_t a, usec_t b)
{
	return (a > b) - (a < b);
}

/* By starts, then ids. Ids of two recorders may be equal. */
static int
compare_starts(const struct match_recording *a, const struct match_recording *b)
{
	int order = compare_times(a->start, b->start);

	if (order == 0)
		order = uuid_compare(&a->id, &b->id);
	return order != 0 ? order
			  : uuid_compare(&a->recorder_id, &b->recorder_id);
}

static bool
is_of(const struct match_recording *r, const struct uuid *recorder_id)
{
	return uuid_compare(&r->recorder_id, recorder_id) == 0;
}

/* What a recorder has of the set. */
struct offer {
	const struct uuid *recorder_id;
	bool elsewhere;
	usec_t held;
	usec_t distance; /* of the nearest start */
};

static struct offer
offer_of(const struct search *s, const struct match_recording *of)
{
	struct offer offer = {.recorder_id = &of->recorder_id,
	    .elsewhere = of->elsewhere,
	    .distance = INT64_MAX};

	for (size_t i = 0; i < s->n; i++) {
		const struct match_recording *r = &s->recordings[i];

		if (!is_of(r, offer.recorder_id) || !is_part(s, r))
			continue;
		offer.held += coverage(s, r);
		offer.distance = usec_min(offer.distance, distance(s, r));
	}
	return offer;
}

/* Below 0 when `a` is the better one. */
static int
compare_offers(const struct offer *a, const struct offer *b)
{
	int order = (int)a->elsewhere - (int)b->elsewhere;

	if (order == 0)
		order = compare_times(b->held, a->held);
	if (order == 0)
		order = compare_times(a->distance, b->distance);
	return order != 0 ? order
			  : uuid_compare(a->recorder_id, b->recorder_id);
}

/* The best recorder, NULL when none has any part. Candidates are few, and those
 * of one recorder are looked at once. */
static const struct uuid *
choose_recorder(const struct search *s)
{
	struct offer best = {.recorder_id = NULL};

	for (size_t i = 0; i < s->n; i++) {
		const struct match_recording *r = &s->recordings[i];
		struct offer offer;

		if (!is_part(s, r) ||
		    (best.recorder_id != NULL && is_of(r, best.recorder_id)))
			continue;
		offer = offer_of(s, r);
		if (best.recorder_id == NULL ||
		    compare_offers(&offer, &best) < 0)
			best = offer;
	}
	return best.recorder_id;
}

/* The part that a set is on with most of it, of equals the earlier one. */
static bool
is_larger(const struct search *s, const struct match_recording *a,
    const struct match_recording *b)
{
	int order = compare_times(coverage(s, b), coverage(s, a));

	return order < 0 || (order == 0 && compare_starts(a, b) < 0);
}

/* The index of the primary part among those of a recorder. */
static size_t
choose_primary(const struct search *s, const struct uuid *recorder_id)
{
	const struct match_recording *all = s->recordings;
	size_t most = SIZE_MAX, begins = SIZE_MAX;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_of(&all[i], recorder_id) || !is_part(s, &all[i]))
			continue;
		if (most == SIZE_MAX || is_larger(s, &all[i], &all[most]))
			most = i;
		if (distance(s, &all[i]) <= s->tolerance &&
		    (begins == SIZE_MAX || is_larger(s, &all[i], &all[begins])))
			begins = i;
	}
	if (begins == SIZE_MAX ||
	    coverage(s, &all[most]) - coverage(s, &all[begins]) >
		coverage(s, &all[begins]))
		return most;
	return begins;
}

/* Whether a part is rather kept than another one, if not all can be. */
static bool
is_kept(const struct search *s, size_t primary, size_t index, size_t other)
{
	if (index == primary || other == primary)
		return index == primary;
	return is_larger(s, &s->recordings[index], &s->recordings[other]);
}

/* When there are too many parts, the one that holds least goes, of equals the
 * last one. False when that is the one to come. */
static bool
make_room(const struct search *s, size_t primary, size_t index,
    struct match_result *out)
{
	struct match_part *parts = out->parts;
	size_t least = 0;

	if (out->n_parts < MATCH_MAX_PARTS)
		return true;
	for (size_t i = 1; i < out->n_parts; i++)
		if (!is_kept(s, primary, parts[i].index, parts[least].index))
			least = i;
	if (!is_kept(s, primary, index, parts[least].index))
		return false;
	for (size_t i = least; i + 1 < out->n_parts; i++)
		parts[i] = parts[i + 1];
	out->n_parts--;
	return true;
}

/* Put a recording in its place among the parts. */
static void
insert_part(const struct search *s, size_t index, struct match_result *out)
{
	const struct match_recording *all = s->recordings;
	struct match_part *parts = out->parts;
	size_t at;

	for (at = out->n_parts; at > 0 &&
	     compare_starts(&all[index], &all[parts[at - 1].index]) < 0;
	     at--)
		parts[at] = parts[at - 1];
	parts[at] = (struct match_part){.index = index};
	out->n_parts++;
}

static enum match_rule
rule_of(const struct search *s, const struct match_recording *primary)
{
	if (s->near)
		return MATCH_NEAR;
	if (distance(s, primary) <= s->tolerance)
		return MATCH_START;
	return primary->start < s->set->start ? MATCH_ACROSS : MATCH_LATER;
}

/* By a wrong clock nobody knows where in it the set begins. */
static void
take_parts(const struct search *s, const struct uuid *recorder_id,
    size_t primary, struct match_result *out)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_of(&s->recordings[i], recorder_id) &&
		    is_part(s, &s->recordings[i]) &&
		    make_room(s, primary, i, out))
			insert_part(s, i, out);
	for (size_t i = 0; i < out->n_parts; i++) {
		struct match_part *part = &out->parts[i];
		const struct match_recording *r = &s->recordings[part->index];

		if (part->index == primary)
			out->primary = i;
		if (!s->near)
			part->offset = match_offset(s->set, r);
		out->held += coverage(s, r);
	}
	out->rule = rule_of(s, &s->recordings[primary]);
}

/* The index of the primary part, SIZE_MAX when there is none. What is recorded
 * in another room is better than nothing only, as is what fits only if a clock
 * is wrong. */
static size_t
find_primary(struct search *s, bool with_taken, const struct uuid **recorder_id)
{
	static const struct {
		bool near, with_tied;
	} tries[] = {
	    {false, false}, {false, true}, {true, false}, {true, true}};

	s->with_taken = with_taken;
	for (size_t i = 0; i < LENGTH(tries); i++) {
		s->near = tries[i].near;
		s->with_tied = tries[i].with_tied;
		*recorder_id = choose_recorder(s);
		if (*recorder_id != NULL)
			return choose_primary(s, *recorder_id);
	}
	return SIZE_MAX;
}

static bool
is_replaced(const struct search *s, const struct match_recording *r)
{
	return match_overlap(s->set->start, s->set->end, r->lost_start,
		   r->lost_end) >= MIN_PART;
}

static bool
is_silent(const struct search *s, const struct match_recording *r)
{
	return r->silent_end - r->end > MATCH_PADDING &&
	    match_overlap(s->set->start, s->set->end, r->end, r->silent_end) >=
	    MIN_PART;
}

static void
note_absence(const struct search *s, const struct match_recording *r,
    enum match_absence *out)
{
	if (is_replaced(s, r))
		*out = MATCH_AUDIO_LOST;
	else if (is_silent(s, r) && *out == MATCH_NOT_FOUND)
		*out = MATCH_SILENT;
}

/* What is to be said of a set without parts: of what another room's recorder
 * has lost it says nothing. */
static void
find_absence(const struct search *s, struct match_result *out)
{
	out->nearest = SIZE_MAX;
	for (size_t i = 0; i < s->n; i++) {
		const struct match_recording *r = &s->recordings[i];
		usec_t gap = match_gap(s->set, r);

		if (r->lost)
			continue;
		if (!r->elsewhere)
			note_absence(s, r, &out->absence);
		if (out->nearest != SIZE_MAX &&
		    (gap > out->missed_by ||
			(gap == out->missed_by &&
			    compare_starts(r, &s->recordings[out->nearest]) >
				0)))
			continue;
		out->nearest = i;
		out->missed_by = gap;
	}
}

static bool
has_part(const struct match_result *result, size_t index, bool primary)
{
	for (size_t i = 0; i < result->n_parts; i++)
		if (result->parts[i].index == index)
			return !primary || i == result->primary;
	return false;
}

/* Whether a recording that is in no other room was chosen. */
static bool
is_here(const struct search *s, const struct match_result *result)
{
	return result->n_parts > 0 &&
	    !s->recordings[result->parts[result->primary].index].elsewhere;
}

static enum match_reason
reason_of(
    const struct search *s, size_t index, const struct match_result *result)
{
	const struct match_recording *r = &s->recordings[index];

	if (has_part(result, index, false))
		return has_part(result, index, true) ? MATCH_PRIMARY
						     : MATCH_PART;
	if (r->lost)
		return MATCH_LOST;
	if (r->taken)
		return MATCH_TAKEN;
	if (holds_part(s, r)) {
		if (r->tied && !s->with_tied)
			return MATCH_TIED;
		return r->elsewhere && is_here(s, result) ? MATCH_ELSEWHERE
							  : MATCH_WORSE;
	}
	if (is_replaced(s, r))
		return MATCH_REPLACED;
	if (is_silent(s, r))
		return MATCH_SILENT_PART;
	if (holds_near(s, r))
		return MATCH_WORSE;
	if (r->trusted || s->set->running || near_coverage(s, r) == 0)
		return MATCH_OUTSIDE;
	return MATCH_SHORT;
}

void
match_choose(const struct match_set *set,
    const struct match_recording *recordings, size_t n_recordings,
    usec_t tolerance, enum match_reason *reasons, struct match_result *out)
{
	struct search s = {
	    .set = set,
	    .recordings = recordings,
	    .n = n_recordings,
	    .tolerance = tolerance,
	};
	const struct uuid *recorder_id;
	size_t primary;

	*out = (struct match_result){.rule = MATCH_NONE};
	out->taken = find_primary(&s, true, &recorder_id);
	if (out->taken != SIZE_MAX && !recordings[out->taken].taken)
		out->taken = SIZE_MAX;
	primary = find_primary(&s, false, &recorder_id);
	if (primary != SIZE_MAX)
		take_parts(&s, recorder_id, primary, out);
	else
		find_absence(&s, out);
	for (size_t i = 0; reasons != NULL && i < n_recordings; i++)
		reasons[i] = reason_of(&s, i, out);
}
