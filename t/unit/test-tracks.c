/* What of a recording belongs to a set. Times are seconds. */
#include "recorder/tracks.h"

#include "tap.h"

#define NOW 100000

struct row {
	const char *what;
	/* The recording; 0 is not known. */
	int start, end, audio, newest_chunk;
	bool closed;
	int correction;
	/* The set; an end of 0: it runs. */
	int from, to, offset;
	int want; /* -1: no duration */
};

static const struct row rows[] = {
    {"as long as the recording", 1000, 4600, 0, 0, true, 0, 1000, 4600, 0,
	3600},
    {"in the middle", 1000, 9000, 0, 0, true, 0, 3000, 5000, 2000, 2000},
    {"it outlasts the recording", 1000, 4000, 0, 0, true, 0, 3000, 5000, 2000,
	1000},
    {"it began before the recording", 1000, 9000, 0, 0, true, 0, 500, 1500, 0,
	500},
    {"the silence at the end is nobody's", 1000, 4000, 2500, 0, true, 0, 3000,
	5000, 2000, 500},
    {"it begins in the silence", 1000, 4000, 1500, 0, true, 0, 3000, 5000, 2000,
	0},
    {"all of it is silence", 1000, 4000, -1, 0, true, 0, 1000, 5000, 0, 0},
    {"it runs", 1000, 4000, 0, 0, true, 0, 1000, 0, 0, -1},
    {"no start is known", 0, 0, 0, 0, true, 0, 1000, 2000, 0, -1},
    {"no end is known", 1000, 0, 0, 0, true, 0, 1000, 2000, 0, 0},
    {"an open recording with an old chunk", 1000, 0, 0, 1800, false, 0, 1000,
	2000, 0, 800},
    {"an open recording that goes on", NOW - 500, 0, 0, NOW - 10, false, 0,
	NOW - 400, NOW - 100, 100, 300},
    {"a clock that is slow", 1000, 4000, 0, 0, true, 500, 1200, 3000, 0, 1500},
    {"a clock that is fast", 1000, 4000, 0, 0, true, -500, 1200, 3000, 700,
	1800},
    {"a clock corrected after it was linked", 1000, 4000, 0, 0, true, 500, 1200,
	3000, 200, 1800},
    {"the offset is past the end", 1000, 4000, 0, 0, true, 0, 1000, 2000, 9000,
	0},
    {"an offset below zero", 1000, 4000, 0, 0, true, 0, 1000, 2000, -100, 1000},
    {"the set ended before the recording began", 1000, 4000, 0, 0, true, 0, 100,
	200, 0, 0},
};

static usec_t
seconds(int n)
{
	return n * USEC_PER_SEC;
}

static void
test_row(const struct row *row)
{
	const struct recording recording = {
	    .has_start = row->start != 0,
	    .start = seconds(row->start),
	    .has_end = row->end != 0,
	    .end = seconds(row->end),
	    .has_audio = row->audio != 0,
	    .audio = row->audio < 0 ? 0 : seconds(row->audio),
	    .chunks = row->newest_chunk != 0,
	    .has_newest_chunk = row->newest_chunk != 0,
	    .newest_chunk = seconds(row->newest_chunk),
	    .closed = row->closed,
	};
	const struct tracks_set set = {
	    .started_at = seconds(row->from),
	    .ended = row->to != 0,
	    .ended_at = seconds(row->to),
	};
	const struct tracks_span span = tracks_span(&recording,
	    seconds(row->correction), seconds(row->offset), &set, seconds(NOW));

	tap_is_int(span.offset, seconds(row->offset < 0 ? 0 : row->offset),
	    "%s: offset", row->what);
	tap_is_int(span.has_duration ? span.duration / USEC_PER_SEC : -1,
	    row->want, "%s: duration", row->what);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	return tap_done();
}
