/* SPDX-License-Identifier: MIT */
/* CUE sheets: strings, times, and a whole sheet. */
#include "api/cue.h"
#include "base/array.h"

#include "tap.h"

static const char *
text_of(struct buf *buf)
{
	const char *text = buf_text(buf);

	return text == NULL ? "(no memory)" : text;
}

static void
test_strings(void)
{
	static const char *const rows[][2] = {
	    {"", "\"\""},
	    {"DJ Test", "\"DJ Test\""},
	    {"a \"b\" c", "\"a 'b' c\""},
	    {"\"\"", "\"''\""},
	    {"a\r\nINDEX 01 00:00:00", "\"aINDEX 01 00:00:00\""},
	    {"\x01\x1f\x7f\t", "\"\""},
	    {"back\\slash", "\"back\\slash\""},
	    {"J\xc3\xbcrgen \xf0\x9f\x8e\xa7",
		"\"J\xc3\xbcrgen "
		"\xf0\x9f\x8e\xa7\""},
	    {"\xc2\x85"
	     "a\xe2\x80\xa8"
	     "b\xe2\x80\xae",
		"\"ab\""},
	    {"a\xff\xc3", "\"a??\""},
	    {"\xc0\xa2", "\"??\""},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct buf buf = BUF_INIT;

		cue_string(&buf, rows[i][0]);
		tap_is_str(text_of(&buf), rows[i][1], "string %zu", i);
		buf_free(&buf);
	}
}

static void
test_times(void)
{
	static const struct {
		usec_t time;
		const char *want;
	} rows[] = {
	    {0, "00:00:00"},
	    {13333, "00:00:00"},
	    {13334, "00:00:01"},
	    {999999, "00:00:74"},
	    {1000000, "00:01:00"},
	    {59999999, "00:59:74"},
	    {60000000, "01:00:00"},
	    {INT64_C(3723500000), "62:03:37"},
	    {INT64_C(99) * USEC_PER_MIN, "99:00:00"},
	    {INT64_C(240) * USEC_PER_MIN, "240:00:00"},
	    {INT64_C(168) * USEC_PER_HOUR, "10080:00:00"},
	};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct buf buf = BUF_INIT;

		cue_time(&buf, rows[i].time);
		tap_is_str(text_of(&buf), rows[i].want, "%lld microseconds",
		    (long long)rows[i].time);
		buf_free(&buf);
	}
}

static void
test_sheet(void)
{
	static const struct cue_track tracks[] = {
	    {"A", "A 2026-11-21", 90 * USEC_PER_SEC},
	    {"B", "B 2026-11-21", 2 * USEC_PER_HOUR + 500000},
	};
	struct cue_sheet sheet = {
	    "T", "A \"2026\".ogg", "2026-11-21", "c", tracks, 2};
	struct buf buf = BUF_INIT;

	cue_write(&buf, &sheet);
	tap_is_str(text_of(&buf),
	    "REM DATE \"2026-11-21\"\r\n"
	    "REM COMMENT \"c\"\r\n"
	    "TITLE \"T\"\r\n"
	    "FILE \"A '2026'.ogg\" WAVE\r\n"
	    "  TRACK 01 AUDIO\r\n"
	    "    TITLE \"A 2026-11-21\"\r\n"
	    "    PERFORMER \"A\"\r\n"
	    "    INDEX 00 00:00:00\r\n"
	    "    INDEX 01 01:30:00\r\n"
	    "  TRACK 02 AUDIO\r\n"
	    "    TITLE \"B 2026-11-21\"\r\n"
	    "    PERFORMER \"B\"\r\n"
	    "    INDEX 01 120:00:37\r\n",
	    "a sheet");
	buf_reset(&buf, 0);
	sheet.tracks = tracks + 1;
	sheet.n_tracks = 0;
	cue_write(&buf, &sheet);
	tap_ok(strstr(text_of(&buf), "TRACK") == NULL, "no tracks");
	buf_free(&buf);
}

static void
test_many(void)
{
	struct cue_track tracks[120];
	const struct cue_sheet sheet = {"", "", "", "", tracks, 120};
	struct buf buf = BUF_INIT;
	const char *text;

	for (size_t i = 0; i < 120; i++)
		tracks[i] = (struct cue_track){
		    "P", "T", (usec_t)i * USEC_PER_MIN};
	cue_write(&buf, &sheet);
	text = text_of(&buf);
	tap_ok(strstr(text, "  TRACK 99 AUDIO\r\n") != NULL, "99 tracks");
	tap_ok(strstr(text, "TRACK 100") == NULL, "and no more");
	tap_ok(strstr(text, "INDEX 00") == NULL, "no gap before the first");
	buf_free(&buf);
}

int
main(void)
{
	test_strings();
	test_times();
	test_sheet();
	test_many();
	return tap_done();
}
