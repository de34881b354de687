/* Which recordings belong to a set: the cases of t/data/matching.txt, which
 * tells how they are written, then properties. Run in the folder of the
 * sources. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/match.h"
#include "recorder/match_words.h"
#include "tap.h"

#define CASES          "t/data/matching.txt"
#define MAX_RECORDINGS 48

/* 2026-11-21T00:00:00Z */
#define DAY (INT64_C(1795219200) * USEC_PER_SEC)

struct scene {
	struct match_set set;
	struct match_recording all[MAX_RECORDINGS];
	size_t n;
	usec_t tolerance;
	usec_t now;
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

static void
read_set(const char *p, struct scene *s)
{
	s->set.start = take_time(&p);
	if (!take(&p, " - "))
		fail(p);
	s->set.running = take(&p, "now");
	if (!s->set.running)
		s->set.end = take_time(&p);
	if (!take(&p, ", looked at "))
		fail(p);
	s->now = take_time(&p);
	if (s->set.running)
		s->set.end = s->now;
	s->tolerance = 5 * USEC_PER_MIN;
	if (take(&p, ", tolerance "))
		s->tolerance = strtol(p, NULL, 10) * USEC_PER_MIN;
}

/* "A1 22:00 - open, newest chunk 22:30, held" */
static void
read_recording(const char *p, struct match_recording *out)
{
	*out = (struct match_recording){.closed = true};
	out->recorder_id.bytes[0] = (unsigned char)p[0];
	out->id.bytes[15] = (unsigned char)p[1];
	p += 3;
	out->start = take_time(&p);
	if (!take(&p, " - "))
		fail(p);
	if (take(&p, "open")) {
		out->closed = false;
	} else {
		out->end = take_time(&p);
		out->has_files = true;
	}
	if (take(&p, ", newest chunk ")) {
		out->has_chunks = true;
		out->newest_chunk = take_time(&p);
	}
	out->has_files = take(&p, ", has a file") || out->has_files;
	out->taken = take(&p, ", held");
	out->tied = take(&p, ", tied");
	if (*p != '\0' && strncmp(p, " |", 2) != 0)
		fail(p);
}

static void
put_name(struct buf *out, const struct match_recording *r)
{
	buf_printf(out, "%c%c", r->recorder_id.bytes[0], r->id.bytes[15]);
}

/* What came of a set, as the file has it. */
static void
put_set(struct buf *out, const struct scene *s, const struct match_result *r)
{
	buf_puts(out, match_rule_name(r->rule));
	if (r->taken != SIZE_MAX) {
		buf_puts(out, ", but for another set ");
		put_name(out, &s->all[r->taken]);
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
		buf_printf(out, "part %zu from ", i + 1);
		match_put_time(out, r->parts[i].offset);
		buf_puts(out, ": ");
	}
	match_words(out, &s->set, &s->all[index], r->rule, reason, s->now);
	buf_putc(out, '\n');
}

/* A case as it is read: what is wanted is the ends of its lines. */
struct match_case {
	char name[400];
	struct scene scene;
	struct buf want;
};

static void
test_case(struct match_case *c)
{
	enum match_reason reasons[MAX_RECORDINGS];
	struct scene *s = &c->scene;
	struct match_result result;
	struct buf got = BUF_INIT;

	match_choose(
	    &s->set, s->all, s->n, s->tolerance, s->now, reasons, &result);
	put_set(&got, s, &result);
	for (size_t i = 0; i < s->n; i++)
		put_recording(&got, s, &result, i, reasons[i]);
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
		read_set(line, &c->scene);
	else if (take(&line, "  ") && c->scene.n < MAX_RECORDINGS)
		read_recording(line, &c->scene.all[c->scene.n++]);
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
	tap_ok(count >= 60, "%d cases", count);
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
		r->tied = random_number(5) == 0;
	}
}

static void
choose(const struct scene *s, struct match_result *out)
{
	match_choose(&s->set, s->all, s->n, s->tolerance, s->now, NULL, out);
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

	match_choose(&s->set, s->all, s->n, s->tolerance, s->now, reasons, &r);
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
order_matters(struct scene s)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	bool differ;

	describe(&s, &before);
	shuffle(&s);
	describe(&s, &after);
	differ = strcmp(buf_text(&before), buf_text(&after)) != 0;
	buf_free(&before);
	buf_free(&after);
	return differ;
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
		if (i > 1 && p->start < s->all[r.parts[i - 1].index].start)
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
	tap_is_int(unsound, 0,
	    "parts are free, in order, of one recorder; no offset below 0");
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

int
main(void)
{
	test_cases();
	test_properties();
	test_many_parts();
	test_extremes();
	test_recording();
	return tap_done();
}
