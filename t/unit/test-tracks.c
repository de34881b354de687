/* SPDX-License-Identifier: MIT */
/* What of a recording belongs to a set. Times are seconds. */
#include "base/array.h"
#include "recorder/tracks.h"

#include "tap.h"

#define NOW 100000

enum how { BY_RULE, BY_WRONG_CLOCK, BY_HAND, FIXED };

struct row {
	const char *what;
	/* The recording; 0 is not known. */
	int start, end, audio, newest_chunk;
	bool closed;
	int correction;
	/* The set; an end of 0: it runs. */
	int from, to;
	enum how how;
	int fixed;
	/* What is wanted; no offset: nothing of it is there. */
	int offset, duration;
};

#define NOTHING (-1)
#define NONE    (-1)

static const struct row rows[] = {
    {"as long as the recording", 1000, 4600, 0, 0, true, 0, 1000, 4600, BY_RULE,
	0, 0, 3600},
    {"in the middle", 1000, 9000, 0, 0, true, 0, 3000, 5000, BY_RULE, 0, 2000,
	2000},
    {"it outlasts the recording", 1000, 4000, 0, 0, true, 0, 3000, 5000,
	BY_RULE, 0, 2000, 1000},
    {"it began before the recording", 1000, 9000, 0, 0, true, 0, 500, 1500,
	BY_RULE, 0, 0, 500},
    {"the silence at the end is nobody's", 1000, 4000, 2500, 0, true, 0, 3000,
	5000, BY_RULE, 0, 2000, 500},
    {"it begins in the silence", 1000, 4000, 1500, 0, true, 0, 3000, 5000,
	BY_RULE, 0, NOTHING, 0},
    {"all of it is silence", 1000, 4000, -1, 0, true, 0, 1000, 5000, BY_RULE, 0,
	NOTHING, 0},
    {"it runs", 1000, 4000, 0, 0, true, 0, 1000, 0, BY_RULE, 0, 0, NONE},
    {"no start is known", 0, 0, 0, 0, true, 0, 1000, 2000, BY_RULE, 0, NOTHING,
	0},
    {"no end is known", 1000, 0, 0, 0, true, 0, 1000, 2000, BY_RULE, 0, NOTHING,
	0},
    {"an open recording with an old chunk", 1000, 0, 0, 1800, false, 0, 1000,
	2000, BY_RULE, 0, 0, 800},
    {"an open recording that goes on", NOW - 500, 0, 0, NOW - 10, false, 0,
	NOW - 400, NOW - 100, BY_RULE, 0, 100, 300},
    {"it runs, as does the recording", NOW - 500, 0, 0, NOW - 10, false, 0,
	NOW - 400, 0, BY_RULE, 0, 100, NONE},
    {"a clock that is slow", 1000, 4000, 0, 0, true, 500, 1200, 3000, BY_RULE,
	0, 0, 1500},
    {"a clock that is fast", 1000, 4000, 0, 0, true, -500, 1200, 3000, BY_RULE,
	0, 700, 1800},
    {"the set ended before the recording began", 1000, 4000, 0, 0, true, 0, 100,
	200, BY_RULE, 0, NOTHING, 0},
    {"the set began after the recording ended", 1000, 4000, 0, 0, true, 0, 4000,
	5000, BY_RULE, 0, NOTHING, 0},
    {"the set ended before it began", 1000, 4000, 0, 0, true, 0, 2000, 1500,
	BY_RULE, 0, 1000, 0},

    /* A person is believed, as is a wrong clock. */
    {"by hand, by the clock", 1000, 9000, 0, 0, true, 0, 3000, 5000, BY_HAND, 0,
	2000, 2000},
    {"by hand, before the recording", 1000, 4000, 0, 0, true, 0, 100, 200,
	BY_HAND, 0, 0, 100},
    {"by hand, after the recording", 1000, 4000, 0, 0, true, 0, 8000, 9000,
	BY_HAND, 0, 0, 1000},
    {"by hand, and longer than the recording", 1000, 4000, 0, 0, true, 0, 8000,
	20000, BY_HAND, 0, 0, 3000},
    {"by hand, days away, and it runs", 1000, 4000, 0, 0, true, 0, 90000, 0,
	BY_HAND, 0, 0, NONE},
    {"by hand, the end overlaps", 1000, 4000, 0, 0, true, 0, 500, 1500, BY_HAND,
	0, 0, 500},
    {"by hand, in the silence", 1000, 4000, 1500, 0, true, 0, 3000, 3500,
	BY_HAND, 0, 0, 500},
    {"by a wrong clock, before the recording", 1000, 4000, 0, 0, true, 0, 300,
	900, BY_WRONG_CLOCK, 0, 0, 600},
    {"by a wrong clock, after the recording", 1000, 4000, 0, 0, true, 0, 4100,
	4700, BY_WRONG_CLOCK, 0, 0, 600},
    {"by a wrong clock, until that was put right", 1000, 4000, 0, 0, true, 200,
	4100, 4700, BY_WRONG_CLOCK, 0, 2900, 100},

    /* A person has said where it begins. */
    {"where a person says", 1000, 4000, 0, 0, true, 0, 1000, 2000, FIXED, 700,
	700, 1000},
    {"where a person says, to the end", 1000, 4000, 0, 0, true, 0, 1000, 2000,
	FIXED, 2700, 2700, 300},
    {"where a person says, into the silence", 1000, 4000, 1500, 0, true, 0,
	1000, 2000, FIXED, 1400, 1400, 1000},
    {"at the beginning, as a person says", 1000, 4000, 0, 0, true, 0, 2000,
	3000, FIXED, 0, 0, 1000},
    {"a clock corrected after it was said", 1000, 4000, 0, 0, true, 500, 1200,
	3000, FIXED, 200, 200, 1800},
    {"where a person says, days away", 1000, 4000, 0, 0, true, 0, 80000, 81000,
	FIXED, 700, 700, 1000},
    {"past the end", 1000, 4000, 0, 0, true, 0, 1000, 2000, FIXED, 9000,
	NOTHING, 0},
    {"at the end", 1000, 4000, 0, 0, true, 0, 1000, 2000, FIXED, 3000, NOTHING,
	0},
    {"where a person says, while it goes on", NOW - 500, 0, 0, NOW - 10, false,
	0, NOW - 400, NOW - 100, FIXED, 50, 50, 300},
};

static usec_t
seconds(int n)
{
	return n * USEC_PER_SEC;
}

static struct tracks_link
link_of(enum how how, int fixed)
{
	return (struct tracks_link){
	    .by_hand = how == BY_HAND || how == FIXED,
	    .by_wrong_clock = how == BY_WRONG_CLOCK,
	    .fixed = how == FIXED,
	    .offset = seconds(fixed),
	};
}

/* Times of metadata are put right before. */
static struct span
span_of(const struct row *row)
{
	const struct span_facts facts = {
	    .has_start = row->start != 0,
	    .start = seconds(row->start + row->correction),
	    .has_end = row->end != 0,
	    .end = seconds(row->end + row->correction),
	    .has_metadata = true,
	    .closed = row->closed,
	    .has_audio = row->audio != 0,
	    .audio = row->audio < 0 ? 0 : seconds(row->audio),
	    .has_chunks = row->newest_chunk != 0,
	    .newest_chunk = seconds(row->newest_chunk),
	};
	struct span span;

	span_find(&facts, seconds(NOW), &span);
	return span;
}

static void
test_row(const struct row *row)
{
	const struct tracks_set set = {
	    .started_at = seconds(row->from),
	    .ended = row->to != 0,
	    .ended_at = seconds(row->to),
	};
	const struct tracks_link link = link_of(row->how, row->fixed);
	const struct span span = span_of(row);
	const struct tracks_span got = tracks_span(
	    &span, &link, &set, seconds(NOW));

	tap_is_int(got.held ? got.offset / USEC_PER_SEC : NOTHING, row->offset,
	    "%s: offset", row->what);
	tap_is_int(got.has_duration ? got.duration / USEC_PER_SEC : NONE,
	    row->duration, "%s: duration", row->what);
	tap_ok(got.in_file == (row->closed && got.held), "%s: in the file",
	    row->what);
}

/* Of 1000 to 1588, and after a restart from 1660 on; by then the first file is
 * that of the later part, closed at 2370. */
struct part_row {
	const char *what;
	int from, to;
	enum how how;
	int fixed;
	const char *before, *after;
};

static const struct part_row part_rows[] = {
    {"in the first part", 1100, 1200, BY_RULE, 0, "file from 100, 100 s",
	"nothing"},
    {"in the later part", 1700, 1800, BY_RULE, 0, "later from 40, 100 s",
	"file from 40, 100 s"},
    {"in both, most of it later", 1500, 1800, BY_RULE, 0, "later from 0, 140 s",
	"file from 0, 140 s"},
    {"in between", 1600, 1650, BY_RULE, 0, "nothing", "nothing"},
    {"by hand, in the first part", 1100, 1200, BY_HAND, 0,
	"file from 100, 100 s", "nothing"},
    {"by hand, in the later part", 1700, 1800, BY_HAND, 0,
	"later from 40, 100 s", "file from 40, 100 s"},
    {"by hand, before both", 800, 900, BY_HAND, 0, "file from 0, 100 s",
	"file from 0, 100 s"},
    {"by a wrong clock, in the first part", 1100, 1200, BY_WRONG_CLOCK, 0,
	"file from 100, 100 s", "nothing"},
    {"by a wrong clock, before both", 800, 900, BY_WRONG_CLOCK, 0,
	"file from 0, 100 s", "file from 0, 100 s"},
    {"where a person says", 1100, 1200, FIXED, 500, "file from 500, 88 s",
	"file from 500, 100 s"},
    {"where a person says, behind the first file", 1100, 1200, FIXED, 600,
	"nothing", "file from 600, 100 s"},
    {"where a person says, behind both", 1100, 1200, FIXED, 800, "nothing",
	"nothing"},
};

static void
test_part(const struct part_row *row, const struct span *span, const char *want,
    const char *when)
{
	const struct tracks_set set = {
	    .started_at = seconds(row->from),
	    .ended = true,
	    .ended_at = seconds(row->to),
	};
	const struct tracks_link link = link_of(row->how, row->fixed);
	const struct tracks_span got = tracks_span(
	    span, &link, &set, seconds(3000));
	char text[64] = "nothing";

	if (got.held)
		snprintf(text, sizeof(text), "%s from %lld, %lld s",
		    got.in_file ? "file" : "later",
		    (long long)(got.offset / USEC_PER_SEC),
		    (long long)(got.duration / USEC_PER_SEC));
	tap_is_str(text, want, "%s: %s", when, row->what);
}

static void
test_parts(void)
{
	struct span_facts facts = {
	    .has_start = true,
	    .start = seconds(1000),
	    .has_metadata = true,
	    .metadata_at = seconds(1660),
	    .reopened_at = seconds(1660),
	    .has_chunks = true,
	    .newest_chunk = seconds(2300),
	    .files = {[RECORDING_RAW] = {588 * 192000, seconds(1650)}},
	};
	struct span before, after;

	span_find(&facts, seconds(2310), &before);
	facts.closed = facts.has_end = true;
	facts.end = seconds(1700);
	facts.metadata_at = seconds(2371);
	facts.files[RECORDING_RAW].size = 700 * 192000;
	facts.files[RECORDING_RAW].at = seconds(2370);
	span_find(&facts, seconds(3000), &after);
	for (size_t i = 0; i < LENGTH(part_rows); i++) {
		const struct part_row *row = &part_rows[i];

		test_part(row, &before, row->before, "open again");
		test_part(row, &after, row->after, "closed again");
	}
}

/* A person has linked what nobody knows the time of. */
static void
test_nowhere(void)
{
	const struct span span = {.placed = false};
	const struct tracks_set set = {.started_at = seconds(1000),
	    .ended = true,
	    .ended_at = seconds(2000)};
	struct tracks_link link = link_of(BY_HAND, 0);

	tap_ok(tracks_span(&span, &link, &set, seconds(NOW)).held,
	    "by hand, nobody knows when: it is there");
	link = link_of(FIXED, 300);
	tap_is_int(tracks_span(&span, &link, &set, seconds(NOW)).offset,
	    seconds(300), "where a person says, nobody knows when");
}

/* A row of the database, of a recording from 1000 to 4000 with an OGG. */
static struct tracks_part
part_of_row(const char *matched_by, struct db_value fixed, bool gone)
{
	const struct tracks_set set = {.started_at = seconds(2000),
	    .ended = true,
	    .ended_at = seconds(3000)};
	struct db_value row[TRACKS_N_COLUMNS] = {
	    [TRACKS_GONE] = db_int(gone),
	    [TRACKS_PART] = db_int(2),
	    [TRACKS_PRIMARY] = db_int(1),
	    [TRACKS_MATCHED_BY] = db_text(matched_by),
	    [TRACKS_FIXED] = fixed,
	    [TRACKS_SPAN + SPAN_START] = db_time(seconds(1000)),
	    [TRACKS_SPAN + SPAN_END] = db_time(seconds(4000)),
	    [TRACKS_SPAN + SPAN_HAS_METADATA] = db_int(1),
	    [TRACKS_SPAN + SPAN_CLOSED] = db_int(1),
	    [TRACKS_SPAN + SPAN_CORRECTION] = db_int(500000000),
	    [TRACKS_SPAN + SPAN_SIZES + RECORDING_OGG] = db_int(1),
	};

	return tracks_part_of_row(row, &set, seconds(NOW));
}

static void
test_rows(void)
{
	struct tracks_part part = part_of_row("start", db_null(), false);

	tap_ok(part.part == 2 && part.primary && !part.by_hand && !part.gone,
	    "a row: its numbers");
	tap_is_int(
	    part.span.offset, seconds(500), "a row: the clock is put right");
	tap_ok(part.has_file[RECORDING_OGG] && !part.has_file[RECORDING_FLAC],
	    "a row: its files");
	part = part_of_row("manual", db_int(seconds(700)), false);
	tap_ok(part.by_hand, "a row: by hand");
	tap_is_int(part.span.offset, seconds(700), "a row: as a person says");
	part = part_of_row("manual", db_int(seconds(-100)), false);
	tap_is_int(part.span.offset, 0, "a row: an offset below zero");
	part = part_of_row("manual", db_int(seconds(9000)), false);
	tap_ok(!part.span.held && !part.has_file[RECORDING_OGG],
	    "a row: past the end there is no file");
	part = part_of_row("start", db_null(), true);
	tap_ok(part.gone && !part.has_file[RECORDING_OGG],
	    "a row: gone, and its files with it");
}

int
main(void)
{
	for (size_t i = 0; i < LENGTH(rows); i++)
		test_row(&rows[i]);
	test_parts();
	test_nowhere();
	test_rows();
	return tap_done();
}
