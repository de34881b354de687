/* SPDX-License-Identifier: MIT */
/* Which recordings belong to a set: the cases of t/data/matching.txt, which
 * tells how they are written, then properties. Run in the folder of the
 * sources. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "recorder/match.h"
#include "recorder/match_place.h"
#include "recorder/match_words.h"
#include "tap.h"

#define CASES          "t/data/matching.txt"
#define MAX_RECORDINGS 160

/* As the recorder stores it. */
#define RAW_BYTES_PER_SECOND 192000

/* 2026-11-21T00:00:00Z */
#define DAY (INT64_C(1795219200) * USEC_PER_SEC)

struct scene {
	struct match_set set;
	struct match_recording all[MAX_RECORDINGS];
	size_t n;
	usec_t tolerance;
};

/* A recording as a line has it. */
struct told {
	struct span_facts facts;
	struct match_recording match; /* without its times */
	usec_t file;      /* how long data.raw is; 0: there is none */
	usec_t made;      /* when the files were; 0: as closed */
	bool has_file;    /* one of unknown length */
	size_t candidate; /* SIZE_MAX: nobody knows when it was recorded */
};

/* A case as it is read: what is wanted is the ends of its lines. */
struct match_case {
	char name[400];
	usec_t now;
	struct told told[MAX_RECORDINGS];
	size_t n;
	struct scene scene;
	struct buf want;
};

static void
fail(const char *text)
{
	printf("Bail out! cannot read \"%s\"\n", text);
	exit(1);
}

/* Whether this is what comes next; it is passed by then. */
static bool
take(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len) != 0)
		return false;
	*p += len;
	return true;
}

/* "22:00", "22:00:01", or RFC 3339. */
static usec_t
take_time(const char **p)
{
	int hour, minute, second = 0, used = 0, more = 0;
	size_t len = strcspn(*p, " ,\n");
	usec_t time;

	if (clock_parse(*p, len, &time)) {
		*p += len;
		return time;
	}
	if (sscanf(*p, "%2d:%2d%n", &hour, &minute, &used) < 2)
		fail(*p);
	if (sscanf(*p + used, ":%2d%n", &second, &more) < 1)
		second = 0;
	*p += used + more;
	return DAY + hour * USEC_PER_HOUR + minute * USEC_PER_MIN +
	    second * USEC_PER_SEC;
}

/* "1:30", minutes and seconds. */
static usec_t
take_length(const char **p)
{
	int minutes, seconds, used;

	if (sscanf(*p, "%d:%2d%n", &minutes, &seconds, &used) < 2)
		fail(*p);
	*p += used;
	return minutes * USEC_PER_MIN + seconds * USEC_PER_SEC;
}

static void
read_set(const char *p, struct match_case *c)
{
	struct match_set *set = &c->scene.set;

	set->start = take_time(&p);
	if (!take(&p, " - "))
		fail(p);
	set->running = take(&p, "now");
	if (!set->running)
		set->end = take_time(&p);
	if (!take(&p, ", looked at "))
		fail(p);
	c->now = take_time(&p);
	if (set->running)
		set->end = c->now;
	c->scene.tolerance = 5 * USEC_PER_MIN;
	if (take(&p, ", tolerance "))
		c->scene.tolerance = strtol(p, NULL, 10) * USEC_PER_MIN;
}

/* "held" and the like. */
static bool
take_flag(const char **p, struct told *out)
{
	const struct {
		const char *word;
		bool *flag, value;
	} flags[] = {
	    {"held", &out->match.taken, true},
	    {"tied", &out->match.tied, true},
	    {"elsewhere", &out->match.elsewhere, true},
	    {"doubted", &out->match.trusted, false},
	    {"unseen", &out->facts.misplaced, true},
	    {"no metadata", &out->facts.has_metadata, false},
	    {"has a file", &out->has_file, true},
	};

	for (size_t i = 0; i < LENGTH(flags); i++) {
		if (!take(p, flags[i].word))
			continue;
		*flags[i].flag = flags[i].value;
		return true;
	}
	return false;
}

/* "made 22:00", "file of 1:30" and the like. */
static bool
take_fact(const char **p, struct told *out)
{
	const struct {
		const char *word;
		usec_t *value;
		usec_t (*take)(const char **p);
	} facts[] = {
	    {"newest chunk ", &out->facts.newest_chunk, take_time},
	    {"metadata of ", &out->facts.metadata_at, take_time},
	    {"reopened ", &out->facts.reopened_at, take_time},
	    {"and before ", &out->facts.reopened_before, take_time},
	    {"made ", &out->made, take_time},
	    {"file of ", &out->file, take_length},
	    {"waveform of ", &out->facts.waveform, take_length},
	    {"audio ", &out->facts.audio, take_length},
	};

	for (size_t i = 0; i < LENGTH(facts); i++) {
		if (!take(p, facts[i].word))
			continue;
		*facts[i].value = facts[i].take(p);
		return true;
	}
	return false;
}

static bool
take_skipped(const char **p, struct told *out)
{
	char *end;

	if (!take(p, "skipped "))
		return false;
	out->facts.skipped_chunks = strtol(*p, &end, 10);
	*p = end;
	return take(p, " chunks");
}

/* What goes without saying. */
static void
complete(struct told *out)
{
	struct span_facts *f = &out->facts;

	f->has_chunks = f->newest_chunk != 0;
	if (f->metadata_at == 0)
		f->metadata_at = f->closed ? f->end : f->start;
	if (out->made == 0)
		out->made = f->metadata_at;
	if (out->file > 0)
		f->files[RECORDING_RAW].size = out->file / USEC_PER_SEC *
		    RAW_BYTES_PER_SECOND;
	if (out->file > 0 || out->has_file)
		f->files[RECORDING_OGG].size = 1;
	f->has_audio = f->waveform > 0 || f->audio > 0;
	if (f->has_audio)
		f->files[RECORDING_WAVEFORM].size = 1;
	if (f->audio == 0)
		f->audio = f->waveform;
	for (int i = 0; i < RECORDING_FILES; i++)
		f->files[i].at = f->files[i].size > 0 ? out->made : 0;
}

/* "A1 22:00 - open, newest chunk 22:30, held" */
static void
read_recording(const char *p, struct told *out)
{
	struct span_facts *f = &out->facts;

	*out = (struct told){.match.trusted = true};
	*f = (struct span_facts){
	    .has_start = true, .has_metadata = true, .skipped_chunks = -1};
	for (int i = 0; i < RECORDING_FILES; i++)
		f->files[i].size = -1;
	out->match.recorder_id.bytes[0] = (unsigned char)p[0];
	out->match.id.bytes[15] = (unsigned char)p[1];
	p += 3;
	f->start = take_time(&p);
	if (!take(&p, " - "))
		fail(p);
	f->closed = f->has_end = !take(&p, "open");
	if (f->closed) {
		f->end = take_time(&p);
		f->duration = f->end - f->start;
	}
	while (take(&p, ", "))
		if (!take_flag(&p, out) && !take_fact(&p, out) &&
		    !take_skipped(&p, out))
			fail(p);
	if (strncmp(p, " |", 2) != 0)
		fail(p);
	complete(out);
}

/* Find out when each was recorded. */
static void
place_all(struct match_case *c)
{
	struct scene *s = &c->scene;
	struct span span;

	for (size_t i = 0; i < c->n; i++) {
		struct told *told = &c->told[i];

		span_find(&told->facts, c->now, &span);
		told->candidate = SIZE_MAX;
		if (!span.placed)
			continue;
		match_place(&span, &told->match);
		told->candidate = s->n;
		s->all[s->n++] = told->match;
	}
	match_cut_padding(s->all, s->n);
}

static void
put_name(struct buf *out, const struct match_recording *r)
{
	buf_printf(out, "%c%c", r->recorder_id.bytes[0], r->id.bytes[15]);
}

static void
put_absence(
    struct buf *out, const struct scene *s, const struct match_result *r)
{
	if (r->absence == MATCH_AUDIO_LOST)
		buf_puts(out, ", its audio is lost");
	if (r->absence == MATCH_SILENT)
		buf_puts(out, ", it is silent");
	if (r->nearest == SIZE_MAX)
		return;
	buf_puts(out, ", missed ");
	put_name(out, &s->all[r->nearest]);
	buf_puts(out, " by ");
	match_put_time(out, r->missed_by);
}

/* What came of a set, as the file has it. */
static void
put_set(struct buf *out, const struct scene *s, const struct match_result *r)
{
	buf_puts(out, match_rule_name(r->rule));
	if (r->taken != SIZE_MAX) {
		buf_puts(out, ", but for another set ");
		put_name(out, &s->all[r->taken]);
	} else if (r->n_parts == 0) {
		put_absence(out, s, r);
	}
	buf_putc(out, '\n');
}

/* Likewise of a recording. */
static void
put_recording(struct buf *out, const struct scene *s,
    const struct match_result *r, size_t index, enum match_reason reason)
{
	for (size_t i = 0; i < r->n_parts; i++) {
		if (r->parts[i].index != index)
			continue;
		buf_printf(out, "part %zu%s from ", i + 1,
		    r->n_parts > 1 && i == r->primary ? ", primary," : "");
		match_put_time(out, r->parts[i].offset);
		buf_puts(out, ": ");
	}
	match_words(out, &s->set, &s->all[index], r->rule, reason);
	buf_putc(out, '\n');
}

static void
test_case(struct match_case *c)
{
	enum match_reason reasons[MAX_RECORDINGS];
	struct scene *s = &c->scene;
	struct match_result result;
	struct buf got = BUF_INIT;

	place_all(c);
	match_choose(&s->set, s->all, s->n, s->tolerance, reasons, &result);
	put_set(&got, s, &result);
	for (size_t i = 0; i < c->n; i++) {
		size_t index = c->told[i].candidate;

		if (index == SIZE_MAX)
			buf_puts(&got, "nobody knows when\n");
		else
			put_recording(&got, s, &result, index, reasons[index]);
	}
	tap_is_str(buf_text(&got), buf_text(&c->want), "%s", c->name);
	buf_free(&got);
}

static void
begin_case(struct match_case *c, const char *name)
{
	buf_free(&c->want);
	*c = (struct match_case){.want = BUF_INIT};
	snprintf(c->name, sizeof(c->name), "%s", name);
}

static void
read_line(struct match_case *c, const char *line)
{
	const char *want = strstr(line, " | ");

	if (want == NULL)
		fail(line);
	buf_printf(&c->want, "%s\n", want + 3);
	if (take(&line, "  set "))
		read_set(line, c);
	else if (take(&line, "  ") && c->n < MAX_RECORDINGS)
		read_recording(line, &c->told[c->n++]);
	else
		fail(line);
}

static void
test_cases(void)
{
	struct match_case c = {.want = BUF_INIT};
	FILE *f = fopen(CASES, "r");
	char line[400];
	int count = 0;

	if (f == NULL)
		fail(CASES);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == ' ') {
			read_line(&c, line);
		} else if (line[0] != '#' && line[0] != '\0') {
			if (count++ > 0)
				test_case(&c);
			begin_case(&c, line);
		}
	}
	test_case(&c);
	buf_free(&c.want);
	fclose(f);
	tap_ok(count >= 110, "%d cases", count);
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

/* In one of so many cases. */
static bool
random_bool(uint64_t cases)
{
	return random_number(cases) == 0;
}

/* Silence, what is lost, and gaps are only in some. */
static void
random_recording(struct match_recording *r, usec_t now)
{
	r->start = random_time(120);
	r->end = r->start + (usec_t)random_number(90) * USEC_PER_MIN;
	r->silent_end = r->end;
	if (random_bool(5))
		r->silent_end += (usec_t)random_number(30) * USEC_PER_MIN;
	if (random_bool(5)) {
		r->lost_end = r->start;
		r->lost_start = r->start - USEC_PER_HOUR;
	}
	if (random_bool(5)) {
		r->gap_start = r->start + (r->end - r->start) / 3;
		r->gap_end = r->end - (r->end - r->start) / 3;
	}
	r->fresh = r->start <= now && r->end >= now && random_bool(2);
	r->lost = random_bool(8);
	r->taken = random_bool(5);
}

static struct match_recording
random_recorder(unsigned char id)
{
	return (struct match_recording){
	    .recorder_id.bytes[0] = id,
	    .tied = random_bool(4),
	    .elsewhere = random_bool(4),
	    .trusted = random_bool(2),
	};
}

static void
random_scene(struct scene *s)
{
	const struct match_recording of[] = {
	    random_recorder('A'), random_recorder('B')};

	*s = (struct scene){.n = random_number(8)};
	s->set.start = random_time(60);
	s->set.end = s->set.start + (usec_t)random_number(60) * USEC_PER_MIN;
	s->set.running = random_bool(2);
	s->tolerance = (usec_t)random_number(10) * USEC_PER_MIN;
	for (size_t i = 0; i < s->n; i++) {
		s->all[i] = of[random_number(2)];
		random_recording(&s->all[i], s->set.end);
		s->all[i].id.bytes[15] = (unsigned char)('0' + i);
	}
}

static void
choose(const struct scene *s, struct match_result *out)
{
	match_choose(&s->set, s->all, s->n, s->tolerance, NULL, out);
}

static const struct match_recording *
find_by_id(const struct scene *s, unsigned id, size_t *index)
{
	for (*index = 0; *index < s->n; ++*index)
		if (s->all[*index].id.bytes[15] == id)
			return &s->all[*index];
	return NULL;
}

/* All that comes of a scene, the recordings by their ids. */
static void
describe(const struct scene *s, struct buf *out)
{
	enum match_reason reasons[MAX_RECORDINGS];
	struct match_result r;
	size_t index;

	match_choose(&s->set, s->all, s->n, s->tolerance, reasons, &r);
	put_set(out, s, &r);
	for (unsigned id = '0'; find_by_id(s, id, &index) != NULL; id++)
		put_recording(out, s, &r, index, reasons[index]);
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
tell_apart(const struct scene *a, const struct scene *b)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	bool differ;

	describe(a, &before);
	describe(b, &after);
	differ = strcmp(buf_text(&before), buf_text(&after)) != 0;
	buf_free(&before);
	buf_free(&after);
	return differ;
}

static bool
order_matters(const struct scene *s)
{
	struct scene other = *s;

	shuffle(&other);
	return tell_apart(s, &other);
}

/* What comes of a night is the same on any other one. */
static bool
date_matters(const struct scene *s)
{
	const usec_t by = 1000003 * USEC_PER_SEC;
	struct scene other = *s;

	other.set.start += by;
	other.set.end += by;
	for (size_t i = 0; i < s->n; i++) {
		struct match_recording *r = &other.all[i];

		r->start += by;
		r->end += by;
		r->gap_start += by;
		r->gap_end += by;
		r->lost_start += by;
		r->lost_end += by;
		r->silent_end += by;
	}
	return tell_apart(s, &other);
}

static bool
same_parts(const struct match_result *a, const struct match_result *b)
{
	bool same = a->n_parts == b->n_parts && a->held == b->held;

	for (size_t i = 0; same && i < a->n_parts; i++)
		same = a->parts[i].index == b->parts[i].index &&
		    a->parts[i].offset == b->parts[i].offset;
	return same;
}

/* More of it never loses a match, and changes nothing but the primary part of
 * one that there is without. */
static bool
tolerance_loses(struct scene s)
{
	struct match_result first, more;

	choose(&s, &first);
	for (int i = 0; i < 8; i++) {
		s.tolerance += 3 * USEC_PER_MIN;
		choose(&s, &more);
		if (more.n_parts < first.n_parts && first.n_parts > 0 &&
		    more.n_parts == 0)
			return true;
		if (first.n_parts > 0 && first.rule != MATCH_NEAR &&
		    !same_parts(&first, &more))
			return true;
	}
	return false;
}

static bool
has_overlap(const struct scene *s, const struct match_recording *r)
{
	return !r->lost && !r->taken &&
	    match_coverage(&s->set, r) >= USEC_PER_SEC;
}

/* A part is no other set's, and something of the set is in it, unless that is
 * yet to come, or its clock is wrong. */
static bool
is_sound_part(const struct scene *s, const struct match_result *result,
    const struct match_part *part)
{
	const struct match_recording *r = &s->all[part->index];
	usec_t length = s->set.end - s->set.start;

	if (r->taken || r->lost || part->offset < 0 ||
	    part->offset > r->end - r->start)
		return false;
	if (result->rule == MATCH_NEAR)
		return !r->trusted && part->offset == 0;
	return has_overlap(s, r) || length < USEC_PER_SEC ||
	    (s->set.running && r->fresh);
}

/* Parts are of one recorder, and in order. */
static bool
is_sound_order(const struct match_recording *a, const struct match_recording *b)
{
	return a->recorder_id.bytes[0] == b->recorder_id.bytes[0] &&
	    (a->start < b->start ||
		(a->start == b->start && a->id.bytes[15] < b->id.bytes[15]));
}

/* Only one that begins in time is the primary part though another one holds
 * more, and not if that holds more than twice as much. */
static bool
is_sound_primary(const struct scene *s, const struct match_result *r)
{
	const struct match_recording *primary =
	    &s->all[r->parts[r->primary].index];
	usec_t early = s->set.start - primary->start;
	bool in_time = early <= s->tolerance && -early <= s->tolerance;
	usec_t most = match_coverage(&s->set, primary);

	if (r->primary >= r->n_parts)
		return false;
	if (r->rule == MATCH_NEAR)
		return true;
	if (in_time != (r->rule == MATCH_START) ||
	    (!in_time && (early > 0) != (r->rule == MATCH_ACROSS)))
		return false;
	for (size_t i = 0; i < r->n_parts; i++)
		if (match_coverage(&s->set, &s->all[r->parts[i].index]) >
		    (in_time ? 2 * most : most))
			return false;
	return true;
}

/* Without parts, nothing that could be one was passed over. */
static bool
is_sound_absence(const struct scene *s, const struct match_result *r)
{
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		any = any || !s->all[i].lost;
		if (has_overlap(s, &s->all[i]))
			return false;
	}
	return any == (r->nearest != SIZE_MAX) && r->held == 0;
}

/* What every result must be, whatever was chosen. */
static bool
is_sound(const struct scene *s)
{
	struct match_result r;
	usec_t held = 0;

	choose(s, &r);
	if ((r.rule == MATCH_NONE) != (r.n_parts == 0) ||
	    (r.taken != SIZE_MAX && !s->all[r.taken].taken))
		return false;
	if (r.n_parts == 0)
		return is_sound_absence(s, &r);
	for (size_t i = 0; i < r.n_parts; i++) {
		const struct match_recording *part = &s->all[r.parts[i].index];

		if (!is_sound_part(s, &r, &r.parts[i]) ||
		    (i > 0 &&
			!is_sound_order(&s->all[r.parts[i - 1].index], part)))
			return false;
		held += match_coverage(&s->set, part);
	}
	for (size_t i = 0; r.rule == MATCH_NEAR && i < s->n; i++)
		if (has_overlap(s, &s->all[i]))
			return false;
	return is_sound_primary(s, &r) &&
	    (r.rule == MATCH_NEAR || r.held <= held);
}

static void
test_properties(void)
{
	int disordered = 0, dated = 0, lost = 0, unsound = 0, parts = 0;
	struct match_result r;
	struct scene s;

	for (int i = 0; i < 20000; i++) {
		random_scene(&s);
		disordered += order_matters(&s);
		dated += date_matters(&s);
		lost += tolerance_loses(s);
		unsound += !is_sound(&s);
		choose(&s, &r);
		parts += r.n_parts > 1;
	}
	tap_is_int(disordered, 0, "the order of the candidates is no matter");
	tap_is_int(dated, 0, "the date of a night is no matter");
	tap_is_int(lost, 0, "more tolerance never loses a match");
	tap_is_int(unsound, 0, "whatever is chosen is sound");
	tap_ok(parts > 2000, "%d times there were several parts", parts);
}

/* A cut a minute, for four hours; the last one comes first. */
static void
cut_each_minute(struct match_recording *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct match_recording *r = &all[n - 1 - i];

		*r = (struct match_recording){.trusted = true};
		r->id.bytes[15] = (unsigned char)i;
		r->start = DAY + (usec_t)i * USEC_PER_MIN;
		r->end = r->silent_end = r->start + USEC_PER_MIN;
	}
}

/* Those that hold most are kept, of equals the earliest, and the primary one
 * whatever it holds. */
static void
test_many_parts(void)
{
	enum { N = 240 };
	static struct match_recording all[N];
	const struct match_set set = {
	    .start = DAY, .end = DAY + N * USEC_PER_MIN};
	struct match_result r;
	size_t wrong = 0;

	cut_each_minute(all, N);
	match_choose(&set, all, N, USEC_PER_MIN, NULL, &r);
	tap_is_int((long long)r.n_parts, MATCH_MAX_PARTS,
	    "not more parts than there is room for");
	for (size_t i = 0; i < r.n_parts; i++)
		wrong += r.parts[i].index != N - 1 - i;
	tap_is_int((long long)wrong, 0, "the earliest parts, in order");
	tap_is_int(r.held, MATCH_MAX_PARTS * USEC_PER_MIN, "what these hold");
	all[N - 1].start += 20 * USEC_PER_SEC;
	for (size_t i = 0; i < 3; i++)
		all[i + 100].end -= USEC_PER_SEC;
	match_choose(&set, all, N, 30 * USEC_PER_SEC, NULL, &r);
	tap_is_int((long long)r.parts[r.primary].index, N - 1,
	    "the primary part is kept, though it holds least");
	tap_is_int(r.held, MATCH_MAX_PARTS * USEC_PER_MIN - 20 * USEC_PER_SEC,
	    "of the others, those that hold most are");
	tap_is_int((long long)r.parts[r.n_parts - 1].index, N - 1 - 127,
	    "up to the last that there is room for");
}

/* The years 1 and 9999; an overflow is for the sanitizer to find. */
static void
test_extremes(void)
{
	const usec_t first = INT64_C(-62135596800) * USEC_PER_SEC;
	const usec_t last = INT64_C(253402300799) * USEC_PER_SEC;
	const usec_t times[] = {first, 0, DAY, last};
	struct scene s = {.n = 4, .tolerance = INT64_MAX};
	int unsound = 0;

	for (unsigned i = 0; i < 1024; i++) {
		struct buf words = BUF_INIT;

		s.set.start = times[i & 3];
		s.set.end = times[i >> 2 & 3];
		s.set.running = i >> 8 & 1;
		if (s.set.end < s.set.start)
			continue;
		for (unsigned j = 0; j < 4; j++) {
			struct match_recording *r = &s.all[j];

			*r = (struct match_recording){
			    .trusted = i >> 9 != 0 || j == 0};
			r->id.bytes[15] = (unsigned char)('0' + j);
			r->start = times[j];
			r->end = times[i >> 4 & 3];
			r->gap_start = times[j];
			r->gap_end = times[i >> 6 & 3];
			r->silent_end = r->lost_end = last;
			r->lost_start = first;
			r->fresh = j == 2;
		}
		describe(&s, &words);
		unsound += words.failed;
		buf_free(&words);
	}
	tap_is_int(unsound, 0, "the years 1 to 9999, any tolerance");
}

int
main(void)
{
	test_cases();
	test_properties();
	test_many_parts();
	test_extremes();
	return tap_done();
}
