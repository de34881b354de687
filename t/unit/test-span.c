/* SPDX-License-Identifier: MIT */
/* Where on the clock the audio of a recording lies, and in which files. Times
 * are seconds. */
#include "base/array.h"
#include "recorder/span.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "tap.h"

#define S(n) ((usec_t)(n)*USEC_PER_SEC)

/* Files: so long, and stored then. */
#define RAW(length, when)    \
	[RECORDING_RAW] = {  \
	    (length)*192000, \
	    S(when),         \
	}
#define FILE_OF(format, when) [RECORDING_##format] = {1, S(when)}

/* What metadata tells while a recording is open, and once it is closed. */
#define OPEN(from, when)                                           \
	.has_metadata = true, .has_start = true, .start = S(from), \
	.metadata_at = S(when)
#define CLOSED(from, to, when)                         \
	.closed = true, .has_end = true, .end = S(to), \
	.duration = S(to) - S(from), OPEN(from, when)
#define CHUNK(when)      .has_chunks = true, .newest_chunk = S(when)
#define REOPENED(when)   .reopened_at = S(when)
#define BEFORE(when)     .reopened_before = S(when)
#define HEARD(of, whole) .has_audio = true, .audio = S(of), .waveform = S(whole)
#define UNKNOWN_SKIPPED  .skipped_chunks = -1

struct row {
	const char *what;
	struct span_facts facts;
	int now;
	const char *want;
};

/* A recording of 1000 to 1600 where nothing else is said; after a restart it
 * goes on from 1660 to 2360. */
static const struct row rows[] = {
    /* As it goes most often. */
    {"just opened", {OPEN(1000, 1000)}, 1010, "open 1000-1010 fresh"},
    {"it goes on", {OPEN(1000, 1000), CHUNK(1580)}, 1600,
	"open 1000-1600 fresh"},
    {"no chunk for a minute", {OPEN(1000, 1000), CHUNK(1580)}, 1640,
	"open 1000-1580"},
    {"a chunk of the future", {OPEN(1000, 1000), CHUNK(1700)}, 1600,
	"open 1000-1600 fresh"},
    {"a chunk older than its start", {OPEN(1000, 1000), CHUNK(900)}, 2000,
	"open 1000-1000"},
    {"almost a minute without any", {OPEN(1000, 1000)}, 1059,
	"open 1000-1059 fresh"},
    {"a minute without any", {OPEN(1000, 1000)}, 1060, "open 1000-1000"},
    {"more than that", {OPEN(1000, 1000)}, 1061, "open 1000-1000 lost"},
    {"it begins in the future", {OPEN(1100, 1000)}, 1010,
	"open 1100-1100 fresh"},
    {"closed, no file yet", {CLOSED(1000, 1600, 1601)}, 1610, "file 1000-1600"},
    {"data.raw, before it is closed",
	{OPEN(1000, 1000), CHUNK(1590), .files = {RAW(600, 1600)}}, 1601,
	"file 1000-1600"},
    {"closed",
	{CLOSED(1000, 1600, 1601),
	    .files = {RAW(600, 1600), FILE_OF(OGG, 1603)}},
	1610, "file 1000-1600"},
    {"closed, with padding",
	{CLOSED(1000, 1600, 1601), HEARD(590, 600),
	    .files = {RAW(600, 1600), FILE_OF(WAVEFORM, 1603)}},
	1610, "file 1000-1590 silent to 1600"},
    {"nothing can be heard",
	{CLOSED(1000, 1600, 1601), HEARD(0, 600),
	    .files = {RAW(600, 1600), FILE_OF(WAVEFORM, 1603)}},
	1610, "file 1000-1000 silent to 1600"},
    {"the waveform is longer than the rest",
	{CLOSED(1000, 1600, 1601), HEARD(900, 900),
	    .files = {RAW(600, 1600), FILE_OF(WAVEFORM, 1603)}},
	1610, "file 1000-1600"},
    {"no end, but a length",
	{.closed = true, .duration = S(600), OPEN(1000, 1601)}, 1610,
	"file 1000-1600"},
    {"no end, but a waveform",
	{.closed = true,
	    OPEN(1000, 1601),
	    HEARD(590, 600),
	    .files = {FILE_OF(OGG, 1602), FILE_OF(WAVEFORM, 1603)}},
	1610, "file 1000-1590 silent to 1600"},
    {"neither of them, but when its files were made",
	{.closed = true, OPEN(1000, 1601), .files = {FILE_OF(FLAC, 1602)}},
	1610, "file 1000-1602"},
    {"none of these", {.closed = true, OPEN(1000, 1601)}, 1610,
	"file 1000-1000"},
    {"it ends before it begins", {CLOSED(1000, 500, 1601)}, 1610,
	"file 1000-1000"},
    {"no start", {.closed = true, .has_metadata = true}, 1610, "nowhere"},
    {"no start, and it is open", {.has_metadata = true, CHUNK(1590)}, 1610,
	"nowhere"},
    {"nothing at all", {.has_start = false}, 1610, "nowhere"},

    /* data.raw tells how long the files are, if it can be true. */
    {"data.raw of the least size",
	{OPEN(1000, 1000), .files = {[RECORDING_RAW] = {5 << 20, S(1600)}}},
	1610, "file 1000-1027"},
    {"data.raw is too small to be one",
	{CLOSED(1000, 1600, 1601),
	    .files = {[RECORDING_RAW] = {(5 << 20) - 1, S(1600)}}},
	1610, "file 1000-1600"},
    {"data.raw is too large to be one",
	{CLOSED(1000, 1600, 1601),
	    .files = {[RECORDING_RAW] = {INT64_MAX, S(1600)}}},
	1610, "file 1000-1600"},
    {"data.raw is longer than a year",
	{CLOSED(1000, 1600, 1601), .files = {RAW(3600 * 24 * 367L, 1600)}},
	1610, "file 1000-1600"},
    {"data.raw is empty",
	{OPEN(1000, 1000), CHUNK(1590),
	    .files = {[RECORDING_RAW] = {0, S(1595)}}},
	1600, "open 1000-1600 fresh"},

    /* A restart, and the recording goes on. */
    {"open again",
	{OPEN(1000, 1660), REOPENED(1660), CHUNK(1900),
	    .files = {RAW(588, 1650), FILE_OF(OGG, 1652)}},
	1910, "file 1000-1588, open 1660-1910 fresh"},
    {"open again, and not written down yet",
	{OPEN(1000, 1660), CHUNK(1900),
	    .files = {RAW(588, 1650), FILE_OF(OGG, 1652)}},
	1910, "file 1000-1588, open 1660-1910 fresh"},
    {"open again, no chunk yet",
	{OPEN(1000, 1660), REOPENED(1660), .files = {RAW(588, 1650)}}, 1670,
	"file 1000-1588, open 1660-1670 fresh"},
    {"open again, there are old chunks yet",
	{OPEN(1000, 1660), REOPENED(1660), CHUNK(1600),
	    .files = {RAW(588, 1650)}},
	1670, "file 1000-1588, open 1660-1670 fresh"},
    {"open again, the old files with silence",
	{OPEN(1000, 1660), REOPENED(1660), CHUNK(1900), HEARD(500, 588),
	    .files = {RAW(588, 1650), FILE_OF(WAVEFORM, 1653)}},
	1910, "file 1000-1500 silent to 1588, open 1660-1910 fresh"},
    {"open again for less than a chunk",
	{OPEN(1000, 1660), REOPENED(1660), .files = {RAW(588, 1650)}}, 9000,
	"file 1000-1588, open 1660-1660"},
    {"the later files",
	{CLOSED(1000, 1700, 2371), REOPENED(1660),
	    .files = {RAW(700, 2370), FILE_OF(OGG, 2373)}},
	2380, "file 1660-2360, without 1000-1660, stale before 2360"},
    {"the later files, before it is closed",
	{OPEN(1000, 1660), REOPENED(1660), CHUNK(2360),
	    .files = {RAW(700, 2370), FILE_OF(OGG, 1652)}},
	2371, "file 1660-2360, without 1000-1660, stale before 2360"},
    {"closed, before the later files",
	{CLOSED(1000, 1700, 2371), REOPENED(1660),
	    .files = {RAW(588, 1650), FILE_OF(OGG, 1652)}},
	2372, "file 1660-2360, without 1000-1660, stale before 2332"},
    {"closed, no file is known", {CLOSED(1000, 1700, 2371), REOPENED(1660)},
	2372, "file 1660-2360, without 1000-1660, stale before 2332"},
    {"the later files, an old waveform",
	{CLOSED(1000, 1700, 2371), REOPENED(1660), HEARD(300, 588),
	    .files = {RAW(700, 2370), FILE_OF(WAVEFORM, 1653)}},
	2380, "file 1660-2360, without 1000-1660, stale before 2360"},
    {"the later files, their waveform",
	{CLOSED(1000, 1700, 2371), REOPENED(1660), HEARD(690, 700),
	    .files = {RAW(700, 2370), FILE_OF(WAVEFORM, 2375)}},
	2380,
	"file 1660-2350 silent to 2360, without 1000-1660, "
	"stale before 2360"},
    {"the later files, closed at their end",
	{CLOSED(1000, 2360, 2371), REOPENED(1660),
	    .files = {RAW(700, 2370), FILE_OF(OGG, 2373)}},
	2380, "file 1660-2360, without 1000-1660, stale before 2360"},

    /* Nobody saw it, but metadata ends when it was closed. */
    {"closed at its end, by the file",
	{CLOSED(1000, 2360, 2371),
	    .files = {RAW(700, 2370), FILE_OF(OGG, 2373)}},
	2380, "file 1660-2360, without 1000-1660, stale before 2360"},
    {"closed at its end, by the waveform",
	{CLOSED(1000, 2360, 2371), HEARD(690, 700),
	    .files = {FILE_OF(OGG, 2373), FILE_OF(WAVEFORM, 2373)}},
	2380,
	"file 1660-2350 silent to 2360, without 1000-1660, "
	"stale before 2332"},
    {"closed at its end, an old waveform",
	{CLOSED(1000, 2360, 2371), HEARD(300, 588),
	    .files = {RAW(700, 2370), FILE_OF(WAVEFORM, 1653)}},
	2380, "file 1660-2360, without 1000-1660, stale before 2360"},
    {"two seconds are no contradiction",
	{CLOSED(1000, 1602, 1603), .files = {RAW(600, 1602)}}, 1610,
	"file 1000-1600"},
    {"nor are they the other way round",
	{CLOSED(1000, 1598, 1603), .files = {RAW(600, 1602)}}, 1610,
	"file 1000-1600"},
    {"three are", {CLOSED(1000, 1603, 1604), .files = {RAW(600, 1603)}}, 1610,
	"file 1003-1603, without 1000-1003, stale before 1603"},

    {"closed at its end, and another restart was seen",
	{CLOSED(1000, 3360, 3371), REOPENED(1660),
	    .files = {RAW(700, 3370), FILE_OF(OGG, 2373)}},
	3380, "file 2660-3360, without 1000-2660, stale before 3360"},

    /* Two restarts. */
    {"open for the third time",
	{OPEN(1000, 2400), REOPENED(2400), BEFORE(1660), CHUNK(2500),
	    .files = {RAW(700, 2370), FILE_OF(OGG, 2373)}},
	2510,
	"file 1660-2360, open 2400-2510 fresh, without 1000-1660, "
	"stale before 2360"},
    {"open for the third time, nothing of the second",
	{OPEN(1000, 2400), REOPENED(2400), CHUNK(2500),
	    .files = {RAW(588, 1650), FILE_OF(OGG, 1653)}},
	2510, "file 1000-1588, open 2400-2510 fresh"},
    {"the third files",
	{CLOSED(1000, 1200, 2611), REOPENED(2400), BEFORE(1660),
	    .files = {RAW(200, 2610), FILE_OF(OGG, 2373)}},
	2620, "file 2400-2600, without 1000-2400, stale before 2600"},

    /* A restart before anything was stored. */
    {"a restart before the first chunk",
	{OPEN(1000, 1020), REOPENED(1020), CHUNK(1590)}, 1600,
	"open 1020-1600 fresh, without 1000-1020"},
    {"and no chunk came", {OPEN(1000, 1020), REOPENED(1020)}, 2000,
	"open 1020-1020 lost, without 1000-1020"},
    {"and it was closed",
	{CLOSED(1000, 1580, 1601), REOPENED(1020),
	    .files = {RAW(580, 1600), FILE_OF(OGG, 1603)}},
	1610, "file 1020-1600, without 1000-1020, stale before 1600"},

    /* Deleted while it went on; a chunk has 28 seconds. */
    {"deleted, and it goes on",
	{.has_start = true,
	    .start = S(1000),
	    .metadata_at = S(1000),
	    .skipped_chunks = 10,
	    CHUNK(1590)},
	1600, "open 1280-1600 fresh, without 1000-1280"},
    {"deleted, and its files are there",
	{.has_start = true,
	    .start = S(1000),
	    .metadata_at = S(1000),
	    .skipped_chunks = 10,
	    CHUNK(1590),
	    .files = {RAW(308, 1600), FILE_OF(OGG, 1603)}},
	1610, "file 1280-1588, without 1000-1280"},
    {"deleted, and nobody knows how much",
	{.has_start = true,
	    .start = S(1000),
	    .metadata_at = S(1000),
	    UNKNOWN_SKIPPED,
	    .files = {RAW(308, 1600), FILE_OF(OGG, 1603)}},
	1610, "nowhere"},
    {"only metadata was deleted",
	{.has_start = true,
	    .start = S(1000),
	    .metadata_at = S(1000),
	    UNKNOWN_SKIPPED,
	    .files = {RAW(588, 1600), FILE_OF(OGG, 1603)}},
	1610, "file 1000-1588"},
    {"only metadata was deleted, as chunks tell",
	{.has_start = true,
	    .start = S(1000),
	    .metadata_at = S(1000),
	    .files = {RAW(308, 1600), FILE_OF(OGG, 1603)}},
	1610, "file 1000-1308"},
    {"deleted after a restart",
	{.has_start = true,
	    .start = S(1000),
	    .metadata_at = S(1660),
	    REOPENED(1660),
	    .skipped_chunks = 5,
	    .files = {RAW(560, 2370), FILE_OF(OGG, 2373)}},
	2380, "file 1800-2360, without 1000-1800, stale before 2360"},
    {"deleted after a restart, and nobody knows how much",
	{.has_start = true,
	    .start = S(1000),
	    .metadata_at = S(1660),
	    REOPENED(1660),
	    UNKNOWN_SKIPPED,
	    .files = {RAW(560, 2370), FILE_OF(OGG, 2373)}},
	2380, "nowhere"},

    /* Other files have come, and it was not seen since when they go on. */
    {"misplaced",
	{CLOSED(1000, 1700, 2371), .misplaced = true,
	    .files = {RAW(700, 2370)}},
	2380, "nowhere"},
    {"misplaced, and not seen to be closed",
	{OPEN(1000, 1000), UNKNOWN_SKIPPED, .misplaced = true,
	    .files = {RAW(700, 2370)}},
	2380, "nowhere"},
    {"misplaced, but closed at its end",
	{CLOSED(1000, 2360, 2371), .misplaced = true,
	    .files = {RAW(700, 2370)}},
	2380, "file 1660-2360, without 1000-1660, stale before 2360"},
    {"misplaced, after a restart that was seen",
	{CLOSED(1000, 1700, 3371), .misplaced = true, REOPENED(1660),
	    .files = {RAW(700, 3370)}},
	3380, "nowhere"},
    {"misplaced, after a restart that was seen, but closed at its end",
	{CLOSED(1000, 3360, 3371), .misplaced = true, REOPENED(1660),
	    .files = {RAW(700, 3370)}},
	3380, "file 2660-3360, without 1000-2660, stale before 3360"},
    {"misplaced, and open again",
	{OPEN(1000, 2400), .misplaced = true, REOPENED(2400),
	    .files = {RAW(700, 2370)}},
	2410, "open 2400-2410 fresh, without 1000-2400"},

    /* Copied into another bucket, all objects are of one time. */
    {"copied: more than can have been recorded since",
	{CLOSED(1000, 1600, 2001), REOPENED(1990),
	    .files = {RAW(600, 2000), FILE_OF(OGG, 2000)}},
	2010, "file 1000-1600"},

    /* Nobody knows when the files were stored. */
    {"an old row, closed",
	{CLOSED(1000, 1600, 0), .files = {RAW(600, 0), FILE_OF(OGG, 0)}}, 9000,
	"file 1000-1600"},
    {"an old row, not closed: it may be open again",
	{OPEN(1000, 0), UNKNOWN_SKIPPED,
	    .files = {RAW(600, 0), FILE_OF(OGG, 0)}},
	9000, "file 1000-1600, open 1000-1000"},
};

static long long
in_seconds(usec_t time)
{
	return (long long)(time / USEC_PER_SEC);
}

static void
put_times(struct buf *out, const char *what, usec_t from, usec_t to)
{
	buf_printf(out, "%s%s%lld-%lld", out->len > 0 ? ", " : "", what,
	    in_seconds(from), in_seconds(to));
}

/* All of a span, as the rows have it. */
static void
describe(struct buf *out, const struct span *span)
{
	if (span->has_file)
		put_times(out, "file ", span->file_begin, span->file_end);
	if (span->has_file && span->file_length_end != span->file_end)
		buf_printf(
		    out, " silent to %lld", in_seconds(span->file_length_end));
	if (span->open)
		put_times(out, "open ", span->open_begin, span->open_end);
	if (span->fresh)
		buf_puts(out, " fresh");
	if (span->lost)
		buf_puts(out, " lost");
	if (!span->placed)
		buf_puts(out, "nowhere");
	if (span->placed && span->lost_begin != span->lost_end)
		put_times(out, "without ", span->lost_begin, span->lost_end);
	if (span->placed && span->stale_before != 0)
		buf_printf(
		    out, ", stale before %lld", in_seconds(span->stale_before));
}

static void
test_row(const struct row *row)
{
	struct buf got = BUF_INIT;
	struct span span;

	span_find(&row->facts, S(row->now), &span);
	describe(&got, &span);
	tap_is_str(buf_text(&got), row->want, "%s", row->what);
	buf_free(&got);
}

/* All that there is reaches from the first to the last second of it. */
static void
test_whole(void)
{
	struct span_facts facts = {OPEN(1000, 1660), REOPENED(1660),
	    CHUNK(1900), .files = {RAW(588, 1650)}};
	struct span span;

	span_find(&facts, S(1910), &span);
	tap_is_int(in_seconds(span.begin), 1000, "begins with the file");
	tap_is_int(in_seconds(span.end), 1910, "ends with what is open");
	facts.has_chunks = false;
	span_find(&facts, S(9000), &span);
	tap_is_int(in_seconds(span.end), 1588, "of which there may be nothing");
}

struct place_row {
	const char *what;
	int from, to;
	const char *want;
};

/* In files of 1000 to 1588, and what goes on from 1660 to 1910. */
static const struct place_row place_rows[] = {
    {"in the file", 1100, 1200, "file from 100, 100 s"},
    {"all of the file", 1000, 1588, "file from 0, 588 s"},
    {"before the file, too", 900, 1200, "file from 0, 200 s"},
    {"into the gap", 1500, 1630, "file from 500, 88 s"},
    {"in the gap", 1590, 1650, "nothing"},
    {"before all", 900, 1000, "nothing"},
    {"after all", 1910, 2000, "nothing"},
    {"in what goes on", 1700, 1800, "later from 40, 100 s"},
    {"from the gap on", 1600, 1800, "later from 0, 140 s"},
    {"from what goes on to after it", 1900, 2000, "later from 240, 10 s"},
    {"in both, more of it in the file", 1400, 1700, "file from 400, 188 s"},
    {"in both, more of it later", 1560, 1800, "later from 0, 140 s"},
    {"as much of it in both", 1560, 1688, "file from 560, 28 s"},
    {"no length, in the file", 1100, 1100, "file from 100, 0 s"},
    {"no length, at the end of the file", 1588, 1588, "file from 588, 0 s"},
    {"no length, a second after the file", 1589, 1589, "nothing"},
    {"no length, in the gap", 1600, 1600, "nothing"},
    {"no length, in what goes on", 1700, 1700, "later from 40, 0 s"},
};

static void
test_place_row(const struct span *span, const struct place_row *row)
{
	struct span_place place;
	char got[64] = "nothing";

	span_place(span, S(row->from), S(row->to), &place);
	if (place.held)
		snprintf(got, sizeof(got), "%s from %lld, %lld s",
		    place.in_file ? "file" : "later", in_seconds(place.offset),
		    in_seconds(place.length));
	tap_is_str(got, row->want, "%s", row->what);
	if (!place.held)
		tap_ok(!place.in_file && place.offset == 0 && place.length == 0,
		    "%s: it begins at 0", row->what);
}

static void
test_places(void)
{
	const struct span_facts facts = {OPEN(1000, 1660), REOPENED(1660),
	    CHUNK(1900), .files = {RAW(588, 1650)}};
	const struct span nowhere = {.placed = false};
	const struct place_row all = {"nowhere", 1000, 2000, "nothing"};
	struct span span;

	span_find(&facts, S(1910), &span);
	for (size_t i = 0; i < LENGTH(place_rows); i++)
		test_place_row(&span, &place_rows[i]);
	test_place_row(&nowhere, &all);
}

/* The files that are there and hold what the span says, a letter each. */
static void
test_files(
    const struct span_facts *facts, int now, const char *want, const char *what)
{
	static const char letters[] = "ofwp";
	char got[sizeof(letters)];
	struct span span;
	size_t n = 0;

	span_find(facts, S(now), &span);
	for (int i = 0; i < RECORDING_FORMATS; i++)
		if (span_has_file(facts, &span, (enum recording_format)i))
			got[n++] = letters[i];
	got[n] = '\0';
	tap_is_str(got, want, "%s", what);
}

static void
test_has_file(void)
{
	struct span_facts f = {
	    CLOSED(1000, 1600, 1601), .files = {RAW(600, 1600)}};

	for (int i = 0; i < RECORDING_FORMATS; i++)
		f.files[i].size = -1;
	test_files(&f, 1610, "", "no file yet");
	f.files[RECORDING_OGG].size = 0;
	f.files[RECORDING_FLAC].size = 1;
	f.files[RECORDING_FLAC].at = S(1603);
	test_files(&f, 1610, "f", "an empty file is none");
	for (int i = 0; i < RECORDING_FORMATS; i++)
		f.files[i].size = 1;
	test_files(&f, 1610, "ofwp", "all of them, stored whenever");
}

/* Old files while the later ones are made. */
static void
test_replaced_files(void)
{
	struct span_facts f = {OPEN(1000, 1660), REOPENED(1660), CHUNK(1900),
	    .files = {RAW(588, 1650), FILE_OF(OGG, 1652), FILE_OF(FLAC, 1655),
		FILE_OF(WAVEFORM, 1653), FILE_OF(OVERVIEW, 1654)}};

	test_files(&f, 1910, "ofwp", "open again: the first ones");
	f.files[RECORDING_RAW].size = 700 * 192000;
	f.files[RECORDING_RAW].at = S(2370);
	test_files(&f, 2371, "", "data.raw was replaced: none");
	f.closed = f.has_end = true;
	f.end = S(1700);
	f.duration = S(700);
	f.metadata_at = S(2371);
	test_files(&f, 2372, "", "closed: none");
	f.files[RECORDING_OGG].at = S(2373);
	test_files(&f, 2374, "o", "the OGG was replaced");
	f.files[RECORDING_WAVEFORM].at = S(2375);
	f.files[RECORDING_FLAC].at = S(2374);
	f.files[RECORDING_OVERVIEW].at = S(2375);
	test_files(&f, 2380, "ofwp", "all were");
	f.files[RECORDING_RAW].size = 588 * 192000;
	f.files[RECORDING_RAW].at = S(1650);
	f.files[RECORDING_OGG].at = S(1652);
	test_files(&f, 2380, "fwp", "closed, and data.raw is the old one");
	f.reopened_at = 0;
	f.end = S(2360);
	f.files[RECORDING_RAW].size = 700 * 192000;
	f.files[RECORDING_RAW].at = S(2370);
	test_files(&f, 2380, "fwp", "not seen, but closed at its end");
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

/* The years 1 and 9999, and a clock that is wrong by most of that. */
static usec_t
random_time(void)
{
	static const usec_t times[] = {
	    S(INT64_C(-62135596800)), S(INT64_C(253402300799)), 0, 1, S(1000)};
	uint64_t i = random_number(10);

	return i < 5 ? times[i] : S(random_number(3000));
}

static usec_t
random_length(void)
{
	static const usec_t lengths[] = {
	    0, 1, S(600), INT64_C(366) * 24 * USEC_PER_HOUR};

	return lengths[random_number(4)];
}

static void
random_facts(struct span_facts *f)
{
	static const int64_t sizes[] = {
	    -1, 0, 1, 5 << 20, 600 * 192000, INT64_MAX};
	static const int64_t skipped[] = {-1, 0, 10, INT32_MAX};

	*f = (struct span_facts){
	    .has_start = random_number(8) != 0,
	    .has_end = random_number(2) == 0,
	    .start = random_time(),
	    .end = random_time(),
	    .duration = random_length(),
	    .has_metadata = random_number(4) != 0,
	    .closed = random_number(2) == 0,
	    .metadata_at = random_time(),
	    .has_chunks = random_number(2) == 0,
	    .newest_chunk = random_time(),
	    .skipped_chunks = skipped[random_number(4)],
	    .misplaced = random_number(4) == 0,
	    .has_audio = random_number(2) == 0,
	    .audio = random_length(),
	    .waveform = random_length(),
	};
	if (random_number(2) == 0)
		f->reopened_at = random_time();
	if (random_number(4) == 0)
		f->reopened_before = random_time();
	for (int i = 0; i < RECORDING_FILES; i++) {
		f->files[i].size = sizes[random_number(6)];
		f->files[i].at = random_time();
	}
}

static bool
is_sound_span(const struct span *span)
{
	if (span->placed != (span->has_file || span->open))
		return false;
	if (!span->placed)
		return span->lost_begin == span->lost_end;
	if (span->has_file &&
	    (span->file_end < span->file_begin ||
		span->file_length_end < span->file_end))
		return false;
	if (span->open ? span->open_end < span->open_begin
		       : span->fresh || span->lost)
		return false;
	return span->lost_begin <= span->lost_end &&
	    (span->lost_begin == span->lost_end ||
		span->lost_end == span->begin);
}

/* A set is where it was, and no longer than it was or the file is. One of less
 * than a second is there to the second. */
static bool
is_sound_place(const struct span *span, usec_t from, usec_t to)
{
	usec_t begin, end;
	struct span_place p;

	span_place(span, from, to, &p);
	if (!p.held)
		return p.offset == 0 && p.length == 0 && !p.in_file;
	begin = p.in_file ? span->file_begin : span->open_begin;
	end = p.in_file ? span->file_end : span->open_end;
	if (!(p.in_file ? span->has_file : span->open) || p.offset < 0 ||
	    p.length < 0 || begin + p.offset + p.length > end)
		return false;
	return to - from < USEC_PER_SEC ||
	    (begin + p.offset >= from && begin + p.offset + p.length <= to &&
		p.length > 0);
}

/* An overflow is for the sanitizer to find. */
static void
test_absurd(void)
{
	int unsound = 0, misplaced = 0, placed = 0;

	for (int i = 0; i < 200000; i++) {
		usec_t from = random_time(), to = random_time();
		struct span_facts facts;
		struct span span;

		random_facts(&facts);
		span_find(&facts, random_time(), &span);
		unsound += !is_sound_span(&span);
		misplaced += from <= to && !is_sound_place(&span, from, to);
		placed += span.placed;
	}
	tap_is_int(unsound, 0, "absurd numbers: no end before its beginning");
	tap_is_int(misplaced, 0, "absurd numbers: sets lie in their files");
	tap_ok(placed > 100000, "%d of them were placed", placed);
}

int
main(void)
{
	for (size_t i = 0; i < LENGTH(rows); i++)
		test_row(&rows[i]);
	test_whole();
	test_places();
	test_has_file();
	test_replaced_files();
	test_absurd();
	return tap_done();
}
