/* Which recordings belong to a set: cases as a table, then properties.
 *
 * A set is "22:00-23:00", or "22:00-" while it runs. Recordings are separated
 * by "; ": recorder (a letter), id (a digit), then "22:00-23:00" when closed,
 * "22:00-~22:30" when open with its newest chunk at 22:30, "22:00-?" when open
 * without a chunk; "+" is open with a data file, "!" is held by another set.
 * The wanted result is the rule, then the parts with the offset of the first
 * in seconds, then what would have been the first part. Hours run on after
 * midnight: 25:00 is 01:00 of the next day. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/match.h"
#include "tap.h"

#define MAX_RECORDINGS 48

/* 2026-11-21T00:00:00Z */
#define DAY (INT64_C(1795219200) * USEC_PER_SEC)

struct row {
	const char *what;
	const char *set;
	int tolerance; /* minutes */
	const char *now;
	const char *recordings;
	const char *want;
};

static const struct row rows[] = {
    /* Nothing to choose from. */
    {"no recording at all", "22:00-23:00", 5, "23:30", "", "none"},
    {"ended long before", "22:00-23:00", 5, "23:30", "A1 20:00-21:00", "none"},
    {"began after the set", "22:00-23:00", 5, "24:30", "A1 23:10-24:00",
	"none"},
    {"ends as the set starts", "22:00-23:00", 5, "23:30", "A1 21:00-22:00",
	"none"},
    {"begins as the set ends", "22:00-23:00", 5, "24:30", "A1 23:00-24:00",
	"none"},

    /* Rule 1: a start within the tolerance. */
    {"the same start", "22:00-23:00", 5, "23:30", "A1 22:00-23:00",
	"start A1@0"},
    {"the recording is late by drift", "22:00-23:00", 5, "23:30",
	"A1 22:03-23:00", "start A1@0"},
    {"the recording is early by drift", "22:00-23:00", 5, "23:30",
	"A1 21:57:30-23:00", "start A1@150"},
    {"early by exactly the tolerance", "22:00-23:00", 5, "23:30",
	"A1 21:55-23:00", "start A1@300"},
    {"late by exactly the tolerance", "22:00-23:00", 5, "23:30",
	"A1 22:05-23:00", "start A1@0"},
    {"a second earlier is another rule", "22:00-23:00", 5, "23:30",
	"A1 21:54:59-23:00", "across A1@301"},
    {"a second later is another rule", "22:00-23:00", 5, "23:30",
	"A1 22:05:01-23:00", "later A1@0"},
    {"no tolerance, the same start", "22:00-23:00", 0, "23:30",
	"A1 22:00-23:00", "start A1@0"},
    {"no tolerance, a second early", "22:00-23:00", 0, "23:30",
	"A1 21:59:59-23:00", "across A1@1"},
    {"the nearest, not the first", "22:00-23:00", 5, "23:30",
	"A1 21:56-22:50; B2 22:01-22:50; C3 22:04-22:50", "start B2@0"},
    {"nearest before a longer overlap", "22:00-23:00", 5, "23:30",
	"A1 22:02-23:00; B2 22:01-22:30", "start B2@0"},
    {"as near: the longer overlap", "22:00-23:00", 5, "23:30",
	"A1 22:02-22:40; B2 22:02-23:00", "start B2@0"},
    {"as near on both sides: the overlap", "22:00-23:00", 5, "23:30",
	"A1 22:02-22:59; B2 21:58-22:58", "start B2@120"},
    {"all the same: the lower id", "22:00-23:00", 5, "23:30",
	"A2 22:00-23:00; B1 22:00-23:00", "start B1@0"},
    {"two recorders, one id: the lower recorder", "22:00-23:00", 5, "23:30",
	"B1 22:00-23:00; A1 22:00-23:00", "start A1@0"},
    {"what lies beyond the set is no overlap", "22:00-23:00", 5, "26:30",
	"A2 22:02-26:00; B1 22:02-23:00", "start B1@0"},
    {"rule 1 before a better coverage by rule 2", "22:00-23:00", 5, "23:30",
	"A1 21:00-23:00; B2 22:04-23:00", "start B2@0"},
    {"all within the tolerance, and one set only", "22:00-22:01", 5, "23:30",
	"A1 22:03-23:00", "start A1@0"},

    /* Rule 2: across the start. */
    {"music that did not stop between DJs", "22:00-23:00", 5, "24:30",
	"A1 20:00-24:00", "across A1@7200"},
    {"across: the most coverage", "22:00-23:00", 5, "24:30",
	"A1 21:30-22:20; B2 21:00-22:50", "across B2@3600"},
    {"across: as much, the latest start", "22:00-23:00", 5, "24:30",
	"A1 20:00-24:00; B2 21:00-23:30", "across B2@3600"},
    {"across: all the same, the lower id", "22:00-23:00", 5, "24:30",
	"A2 21:00-24:00; B1 21:00-24:00", "across B1@3600"},
    {"across: one id, the lower recorder", "22:00-23:00", 5, "24:30",
	"B1 21:00-24:00; A1 21:00-24:00", "across A1@3600"},
    {"across by a second", "22:00-23:00", 5, "23:30", "A1 21:00-22:00:01",
	"across A1@3600"},

    /* Rule 3: later within the set. */
    {"the desk was opened late", "22:00-23:00", 5, "24:30", "A1 22:20-23:30",
	"later A1@0"},
    {"later: the earliest", "22:00-23:00", 5, "24:30",
	"A1 22:30-22:55; B2 22:20-22:50", "later B2@0"},
    {"later: two as early, the lower id", "22:00-23:00", 5, "24:30",
	"A2 22:20-22:55; B1 22:20-22:50", "later B1@0"},
    {"later: further parts from its recorder", "22:00-23:00", 5, "24:30",
	"A1 22:40-23:00; B2 22:45-23:00; B3 22:10-22:30", "later B3@0 B2"},
    {"a set in two recordings", "22:00-23:00", 5, "24:30",
	"A1 22:00-22:30; A2 22:31-23:10", "start A1@0 A2"},
    {"a set in three files, the first across", "22:00-23:00", 5, "24:30",
	"A3 22:45-23:40; A1 21:00-22:15; A2 22:15-22:44",
	"across A1@3600 A2 A3"},
    {"bursts before the first part are no parts", "22:00-23:00", 5, "24:30",
	"A1 22:01-22:03; A2 22:04-23:00; A3 22:00-22:01", "start A2@0"},
    {"parts in order of start, then id", "22:00-23:00", 5, "24:30",
	"A3 22:20-22:30; A2 22:20-22:40; A4 22:10-22:19; A1 22:00-22:10",
	"start A1@0 A4 A2 A3"},
    {"no part starts with the first one", "22:00-23:00", 5, "24:30",
	"A1 22:00-22:50; A2 22:00-22:40", "start A1@0"},
    {"what begins before the first part is none", "22:00-23:00", 5, "24:30",
	"A1 22:03-22:50; A2 21:57:30-22:40; A3 22:30-22:50",
	"start A2@150 A1 A3"},
    {"a short tail is a part", "22:00-23:00", 5, "24:30",
	"A1 22:00-22:55; A2 22:57-23:10", "start A1@0 A2"},
    {"two rooms: parts from one only", "22:00-23:00", 5, "24:30",
	"A1 22:00-22:30; B2 22:01-22:30; A3 22:31-23:00; B4 22:31-23:00",
	"start A1@0 A3"},

    /* Less than a tenth. */
    {"a sound check is passed over", "22:00-23:00", 5, "24:30",
	"A1 21:59-22:02; A2 22:04-23:10", "start A2@0"},
    {"and not for one that covers no more", "22:00-23:00", 5, "24:30",
	"A1 21:59-22:02; A2 23:10-24:10", "start A1@60"},
    {"a tenth is enough", "22:00-23:00", 5, "24:30",
	"A1 22:00-22:06; A2 22:04-23:00", "start A1@0 A2"},
    {"a second under a tenth is not", "22:00-23:00", 5, "24:30",
	"A1 22:00-22:05:59; A2 22:04-23:00", "start A2@0"},
    {"while the set runs nothing is too short", "22:00-", 5, "22:50",
	"A1 21:59-22:02; A2 22:04-~22:49:50", "start A1@60 A2"},
    {"the end of a file before the set's own", "22:00-23:00", 5, "24:30",
	"A1 20:00-22:03; A2 22:06-23:00", "later A2@0"},
    {"a burst in another room before a late desk", "22:00-23:00", 5, "24:30",
	"B1 22:10-22:11; A2 22:20-23:00", "later A2@0"},
    {"the shortest of three short ones", "22:00-23:00", 5, "24:30",
	"A1 22:00-22:01; B2 22:01-22:03; C3 22:02-22:07", "start C3@0"},
    {"two as short: neither covers more", "22:00-23:00", 5, "24:30",
	"A1 22:01-22:03; B2 22:00-22:02", "start B2@0"},

    /* Open recordings. */
    {"open, with a fresh chunk", "22:00-", 5, "22:30", "A1 22:00-~22:29:40",
	"start A1@0"},
    {"open and across, found at once", "22:00-", 5, "22:00",
	"A1 20:00-~21:59:40", "across A1@7200"},
    {"closed at that moment is not across", "22:00-", 5, "22:00",
	"A1 20:00-22:00", "none"},
    {"open, but silent for a minute", "22:00-", 5, "22:00", "A1 20:00-~21:59",
	"none"},
    {"open till the next night: ends with its chunks", "22:00-23:00", 5,
	"44:00", "A1 20:00-~22:40", "across A1@7200"},
    {"open, its chunks end before the set", "22:00-23:00", 5, "44:00",
	"A1 20:00-~21:59:59", "none"},
    {"open, no chunk yet", "22:00-", 5, "22:00:20", "A1 21:59:50-?",
	"start A1@10"},
    {"a minute without a chunk: not lost yet", "22:00-", 5, "22:01",
	"A1 22:00-?", "start A1@0"},
    {"lost: shorter than a chunk", "22:00-", 5, "22:01:01", "A1 22:00-?",
	"none"},
    {"lost, and the next one is there", "22:00-23:00", 5, "23:30",
	"A1 22:00-?; A2 22:01-23:00", "start A2@0"},
    {"a lost one is no further part", "22:00-23:00", 5, "23:30",
	"A1 22:00-22:30; A2 22:31-?; A3 22:32-23:00", "start A1@0 A3"},
    {"open again, but a file is there", "22:00-23:00", 5, "23:30",
	"A1 22:01-?+", "start A1@0"},
    {"a chunk of the future, by drift", "22:00-", 5, "22:10", "A1 22:00-~22:12",
	"start A1@0"},
    {"the recorder's clock is fast", "22:00-", 5, "22:00:30", "A1 22:03-?",
	"start A1@0"},
    {"a chunk older than its start, by drift", "22:00-23:00", 5, "23:30",
	"A1 22:03-~22:01", "start A1@0"},

    /* Sets without length. */
    {"just started: rule 1", "22:00-22:00", 5, "22:00", "A1 21:58-~21:59:50",
	"start A1@120"},
    {"just started: rule 2, the latest start", "22:00-22:00", 5, "22:00",
	"A1 20:00-~21:59:50; B2 21:00-~21:59:50", "across B2@3600"},
    {"no length, looked at later", "22:00-22:00", 5, "23:30",
	"A1 20:00-23:00; B2 21:00-21:30", "across A1@7200"},
    {"no length: nothing is within it", "22:00-22:00", 5, "23:30",
	"A1 22:06-23:00", "none"},

    /* Held by another set. */
    {"held: none is left", "22:00-23:00", 5, "23:30", "A1 22:00-23:00!",
	"none taken A1"},
    {"held: the next best", "22:00-23:00", 5, "23:30",
	"A1 22:00-23:00!; B2 22:02-23:00", "start B2@0 taken A1"},
    {"held: it would not have been chosen", "22:00-23:00", 5, "23:30",
	"A1 22:00-23:00; B2 22:02-23:00!", "start A1@0"},
    {"held: not a further part", "22:00-23:00", 5, "23:30",
	"A1 22:00-22:30; A2 22:31-22:40!; A3 22:41-23:00", "start A1@0 A3"},
    {"held: by a worse rule", "22:00-23:00", 5, "23:30",
	"A1 21:00-23:00; B2 22:01-23:00!", "across A1@3600 taken B2"},
    {"held and long: a short one is left", "22:00-23:00", 5, "23:30",
	"A1 22:00-22:02; B2 22:04-23:00!", "start A1@0 taken B2"},
    {"held and lost: it is not named", "22:00-23:00", 5, "23:30", "A1 22:00-?!",
	"none"},

    /* Nights. */
    {"over midnight", "23:30-25:00", 5, "26:00", "A1 23:31-25:02",
	"start A1@0"},
    {"from midnight on", "24:00-25:00", 5, "26:00",
	"A1 23:58-24:40; A2 24:41-25:10", "start A1@120 A2"},
    {"six sets in one file: the first", "22:00-23:00", 5, "29:00",
	"A1 21:58-28:00", "start A1@120"},
    {"six sets in one file: the second", "23:00-24:00", 5, "29:00",
	"A1 21:58-28:00", "across A1@3720"},
    {"six sets in one file: the third", "24:00-25:00", 5, "29:00",
	"A1 21:58-28:00", "across A1@7320"},
    {"six sets in one file: the fourth", "25:00-26:00", 5, "29:00",
	"A1 21:58-28:00", "across A1@10920"},
    {"six sets in one file: the fifth", "26:00-27:00", 5, "29:00",
	"A1 21:58-28:00", "across A1@14520"},
    {"six sets in one file: the last", "27:00-28:00", 5, "29:00",
	"A1 21:58-28:00", "across A1@18120"},
    {"padding: the last chunk reaches into the next set", "22:00-23:00", 5,
	"23:30", "A1 21:00-22:00:20; A2 22:00:01-23:00", "start A2@0"},
    {"one desk recorded twice", "22:00-23:00", 5, "23:30",
	"A1 22:00:02-22:30; B2 22:00:04-23:00; A3 22:30:30-23:00",
	"start A1@0 A3"},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void
fail(const char *text)
{
	printf("Bail out! cannot read \"%s\"\n", text);
	exit(1);
}

/* "22:00" or "22:00:01"; returns what follows. */
static const char *
read_time(const char *text, usec_t *out)
{
	int hour, minute, second = 0, used = 0, more = 0;

	if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) < 2)
		fail(text);
	if (sscanf(text + used, ":%2d%n", &second, &more) < 1)
		second = 0;
	*out = DAY + hour * USEC_PER_HOUR + minute * USEC_PER_MIN +
	    second * USEC_PER_SEC;
	return text + used + more;
}

static void
read_set(const char *text, usec_t now, struct match_set *out)
{
	const char *rest = read_time(text, &out->start);

	out->running = rest[1] == '\0';
	if (out->running)
		out->end = now;
	else
		read_time(rest + 1, &out->end);
}

static const char *
read_recording(const char *text, struct match_recording *out)
{
	const char *p;

	*out = (struct match_recording){.closed = true};
	out->recorder_id.bytes[0] = (unsigned char)text[0];
	out->id.bytes[15] = (unsigned char)text[1];
	p = read_time(text + 3, &out->start) + 1;
	if (*p == '?' || *p == '~')
		out->closed = false;
	if (*p == '~') {
		out->has_chunks = true;
		p = read_time(p + 1, &out->newest_chunk);
	} else if (*p == '?') {
		p++;
	} else {
		p = read_time(p, &out->end);
		out->has_files = true;
	}
	for (; *p == '+' || *p == '!'; p++) {
		out->has_files = out->has_files || *p == '+';
		out->taken = out->taken || *p == '!';
	}
	if (*p != ';' && *p != '\0')
		fail(text);
	return *p == ';' ? p + 2 : p;
}

/* "start A1@0 A2 taken B3" */
static void
describe(const struct match_recording *all, const struct match_result *r,
    char *out, size_t size)
{
	FILE *f = fmemopen(out, size, "w");

	if (f == NULL)
		fail("memory");
	fputs(match_rule_name(r->rule), f);
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct match_recording *p = &all[r->parts[i].index];

		fprintf(f, " %c%c", p->recorder_id.bytes[0], p->id.bytes[15]);
		if (i == 0 || r->parts[i].offset != 0)
			fprintf(f, "@%lld",
			    (long long)(r->parts[i].offset / USEC_PER_SEC));
	}
	if (r->taken != SIZE_MAX)
		fprintf(f, " taken %c%c", all[r->taken].recorder_id.bytes[0],
		    all[r->taken].id.bytes[15]);
	fclose(f);
}

static void
test_row(const struct row *row)
{
	struct match_recording all[MAX_RECORDINGS];
	struct match_result result;
	struct match_set set;
	const char *p = row->recordings;
	char got[400];
	usec_t now;
	size_t n = 0;

	read_time(row->now, &now);
	read_set(row->set, now, &set);
	while (*p != '\0')
		p = read_recording(p, &all[n++]);
	match_choose(&set, all, n, row->tolerance * USEC_PER_MIN, now, NULL,
	    NULL, &result);
	describe(all, &result, got, sizeof(got));
	tap_is_str(got, row->want, "%s", row->what);
}

/* The same numbers on every machine. */
static uint64_t
random_number(uint64_t below)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

/* A time on a grid of minutes, so that equal ones are frequent. */
static usec_t
random_time(uint64_t minutes)
{
	return DAY + (usec_t)random_number(minutes) * USEC_PER_MIN;
}

struct scene {
	struct match_set set;
	struct match_recording all[MAX_RECORDINGS];
	size_t n;
	usec_t tolerance;
	usec_t now;
};

static void
random_scene(struct scene *s)
{
	*s = (struct scene){.n = random_number(8)};
	s->set.start = random_time(60);
	s->set.end = s->set.start + (usec_t)random_number(60) * USEC_PER_MIN;
	s->set.running = random_number(2) == 0;
	s->now = s->set.end;
	if (!s->set.running)
		s->now += (usec_t)random_number(60) * USEC_PER_MIN;
	s->tolerance = (usec_t)random_number(10) * USEC_PER_MIN;
	for (size_t i = 0; i < s->n; i++) {
		struct match_recording *r = &s->all[i];

		r->recorder_id.bytes[0] = (unsigned char)('A' +
		    random_number(2));
		r->id.bytes[15] = (unsigned char)('0' + i);
		r->start = random_time(120);
		r->end = r->start + (usec_t)random_number(90) * USEC_PER_MIN;
		r->closed = random_number(3) != 0;
		r->has_files = random_number(3) == 0;
		r->has_chunks = random_number(2) == 0;
		r->newest_chunk = r->end;
		r->taken = random_number(5) == 0;
	}
}

static void
choose(const struct scene *s, struct match_result *out)
{
	match_choose(
	    &s->set, s->all, s->n, s->tolerance, s->now, NULL, NULL, out);
}

static void
shuffle(struct scene *s)
{
	for (size_t i = s->n; i > 1; i--) {
		size_t j = random_number(i);
		struct match_recording kept = s->all[i - 1];

		s->all[i - 1] = s->all[j];
		s->all[j] = kept;
	}
}

static bool
order_matters(struct scene s)
{
	struct match_result result;
	char before[400], after[400];

	choose(&s, &result);
	describe(s.all, &result, before, sizeof(before));
	shuffle(&s);
	choose(&s, &result);
	describe(s.all, &result, after, sizeof(after));
	return strcmp(before, after) != 0;
}

static bool
tolerance_loses(struct scene s)
{
	struct match_result result;
	bool found = false;

	for (int i = 0; i < 8; i++) {
		choose(&s, &result);
		if (found && result.n_parts == 0)
			return true;
		found = result.n_parts > 0;
		s.tolerance += 3 * USEC_PER_MIN;
	}
	return false;
}

/* What every result must be, whatever was chosen. */
static bool
is_sound(const struct scene *s)
{
	struct match_result r;

	choose(s, &r);
	if ((r.rule == MATCH_NONE) != (r.n_parts == 0))
		return false;
	if (r.taken != SIZE_MAX && !s->all[r.taken].taken)
		return false;
	for (size_t i = 0; i < r.n_parts; i++) {
		const struct match_recording *p = &s->all[r.parts[i].index];
		const struct match_recording *first = &s->all[r.parts[0].index];

		if (p->taken || match_recording_lost(p, s->now) ||
		    r.parts[i].offset < 0)
			return false;
		if (i > 0 &&
		    (p->start <= first->start || p->start <= s->set.start ||
			p->start >= s->set.end ||
			p->recorder_id.bytes[0] != first->recorder_id.bytes[0]))
			return false;
	}
	return true;
}

static void
test_properties(void)
{
	int disordered = 0, lost = 0, unsound = 0;
	struct scene s;

	for (int i = 0; i < 20000; i++) {
		random_scene(&s);
		disordered += order_matters(s);
		lost += tolerance_loses(s);
		unsound += !is_sound(&s);
	}
	tap_is_int(disordered, 0, "the order of the candidates is no matter");
	tap_is_int(lost, 0, "more tolerance never loses a match");
	tap_is_int(unsound, 0, "every result is sound");
}

/* Forty recordings, last one first: the earliest parts are kept. */
static void
test_many_parts(void)
{
	struct scene s = {.n = 40, .tolerance = USEC_PER_MIN};
	struct match_result r;
	size_t wrong = 0;

	s.set.start = DAY;
	s.set.end = s.now = DAY + USEC_PER_HOUR;
	s.set.running = true;
	for (size_t i = 0; i < s.n; i++) {
		s.all[i].closed = true;
		s.all[i].id.bytes[15] = (unsigned char)i;
		s.all[i].start = DAY + (usec_t)(39 - i) * USEC_PER_MIN;
		s.all[i].end = s.all[i].start + USEC_PER_MIN;
	}
	choose(&s, &r);
	tap_is_int((long long)r.n_parts, MATCH_MAX_PARTS,
	    "not more parts than there is room for");
	for (size_t i = 0; i < r.n_parts; i++)
		wrong += r.parts[i].index != 39 - i;
	tap_is_int((long long)wrong, 0, "the earliest parts, in order");
	for (size_t i = 0; i < s.n / 2; i++) {
		struct match_recording kept = s.all[i];

		s.all[i] = s.all[39 - i];
		s.all[39 - i] = kept;
	}
	choose(&s, &r);
	for (size_t i = 0; i < r.n_parts; i++)
		wrong += r.parts[i].index != i;
	tap_is_int((long long)wrong, 0, "also when they come in order");
}

/* The years 1 and 9999; an overflow is for the sanitizer to find. */
static void
test_extremes(void)
{
	const usec_t first = INT64_C(-62135596800) * USEC_PER_SEC;
	const usec_t last = INT64_C(253402300799) * USEC_PER_SEC;
	const usec_t times[] = {first, 0, DAY, last};
	struct scene s = {.n = 4, .tolerance = INT64_MAX};
	struct match_result r;
	int found = 0;

	for (unsigned i = 0; i < 256; i++) {
		s.set.start = times[i & 3];
		s.set.end = times[i >> 2 & 3];
		s.now = times[i >> 4 & 3];
		for (unsigned j = 0; j < 4; j++) {
			s.all[j].id.bytes[15] = (unsigned char)j;
			s.all[j].start = times[j];
			s.all[j].end = times[i >> 6 & 3];
			s.all[j].closed = j != 2;
			s.all[j].has_chunks = true;
			s.all[j].newest_chunk = times[3 - j];
		}
		choose(&s, &r);
		found += r.rule == MATCH_START;
	}
	tap_is_int(found, 256, "the years 1 to 9999, any tolerance");
}

static void
test_recording(void)
{
	struct match_recording r = {.start = DAY, .end = 0, .closed = true};

	tap_is_int(match_recording_end(&r, DAY + USEC_PER_HOUR), DAY,
	    "closed, end not known: ends where it starts");
	r.closed = false;
	tap_ok(!match_recording_lost(&r, DAY + USEC_PER_MIN),
	    "not lost for a minute");
	tap_ok(
	    match_recording_lost(&r, DAY + USEC_PER_MIN + 1), "lost after it");
	r.has_chunks = true;
	r.newest_chunk = DAY + USEC_PER_HOUR;
	tap_ok(!match_recording_lost(&r, DAY + 9 * USEC_PER_HOUR),
	    "what has chunks is not lost");
	tap_is_int(match_recording_end(&r, r.newest_chunk + USEC_PER_MIN - 1),
	    r.newest_chunk + USEC_PER_MIN - 1, "a fresh chunk: ends now");
	tap_is_int(match_recording_end(&r, r.newest_chunk + USEC_PER_MIN),
	    r.newest_chunk, "after a minute it ends with the chunk");
}

static void
collect(void *context, const struct match_recording *r, const char *reason)
{
	char *line = context;
	size_t len = strlen(line);

	snprintf(line + len, 400 - len, "%c: %s\n", r->id.bytes[15], reason);
}

static void
test_trace(void)
{
	static const char *const texts[] = {"A1 22:04-22:30", "A2 22:00-22:02",
	    "A3 22:31-23:00", "A4 22:00-?", "A5 22:00-23:00!", "A6 20:00-21:00",
	    "B7 22:05-22:40"};
	struct scene s = {.n = 7, .tolerance = 5 * USEC_PER_MIN};
	struct match_result r;
	char got[400] = "";

	read_time("23:30", &s.now);
	read_set("22:00-23:00", s.now, &s.set);
	for (size_t i = 0; i < s.n; i++)
		read_recording(texts[i], &s.all[i]);
	match_choose(&s.set, s.all, s.n, s.tolerance, s.now, collect, got, &r);
	tap_is_str(got,
	    "1: chosen: begins with the set\n"
	    "2: covers too little of the set\n"
	    "3: further part\n"
	    "4: lost: open, and nothing was stored\n"
	    "5: held by another set\n"
	    "6: begins too early or too late\n"
	    "7: another fits better\n",
	    "the reason for each candidate");
}

int
main(void)
{
	tap_plan((int)N_ROWS + 14);
	for (size_t i = 0; i < N_ROWS; i++)
		test_row(&rows[i]);
	test_properties();
	test_many_parts();
	test_extremes();
	test_recording();
	test_trace();
	return tap_done();
}
