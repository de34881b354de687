/* SPDX-License-Identifier: MIT */
/* Waveforms: headers of all kinds, and the silence at the end. */
#include "base/array.h"
#include "recorder/waveform.h"

#include <stdlib.h>

#include "tap.h"

/* A header, as 32-bit words. */
struct row {
	const char *what;
	uint32_t version, flags, rate, zoom, length, channels;
	size_t len;   /* of the header that is there */
	int64_t size; /* of the file */
	const char *error;
	/* What is read. */
	size_t header, unit;
	usec_t time;
};

#define HOUR_2 UINT32_C(1350000)

static const struct row rows[] = {
    {"what the recorder writes", 1, 1, 48000, 256, 5250, 0, 24, 10520, NULL, 20,
	2, 28000000},
    {"two hours", 1, 1, 48000, 256, HOUR_2, 0, 24, 2700020, NULL, 20, 2,
	INT64_C(7200000000)},
    {"16 bits", 1, 0, 48000, 256, 100, 0, 24, 420, NULL, 20, 4, 533333},
    {"unknown flags", 1, 0xfffffffe, 48000, 256, 100, 0, 24, 420, NULL, 20, 4,
	533333},
    {"version 2", 2, 1, 44100, 512, 100, 2, 24, 424, NULL, 24, 4, 1160997},
    {"version 2 with 16 bits", 2, 0, 44100, 512, 100, 2, 24, 824, NULL, 24, 8,
	1160997},
    {"no data", 1, 1, 48000, 256, 0, 0, 20, 20, NULL, 20, 2, 0},
    {"one pair", 1, 1, 48000, 256, 1, 0, 22, 22, NULL, 20, 2, 5333},
    {"more than the header says", 1, 1, 48000, 256, 10, 0, 24, 5000, NULL, 20,
	2, 53333},
    {"nothing", 1, 1, 48000, 256, 10, 0, 0, 0, "shorter", 0, 0, 0},
    {"a byte too few", 1, 1, 48000, 256, 0, 0, 19, 19, "shorter", 0, 0, 0},
    {"version 2, a byte too few", 2, 1, 48000, 256, 0, 1, 23, 23, "shorter", 0,
	0, 0},
    {"the file is shorter than what was read", 1, 1, 48000, 256, 0, 0, 24, 20,
	"shorter", 0, 0, 0},
    {"a negative size", 1, 1, 48000, 256, 0, 0, 24, -1, "shorter", 0, 0, 0},
    {"version 0", 0, 1, 48000, 256, 10, 0, 24, 520, "version", 0, 0, 0},
    {"version 3", 3, 1, 48000, 256, 10, 0, 24, 520, "version", 0, 0, 0},
    {"version -1", UINT32_MAX, 1, 48000, 256, 10, 0, 24, 520, "version", 0, 0,
	0},
    {"big-endian", 0x01000000, 0x01000000, 48000, 256, 10, 0, 24, 520,
	"version", 0, 0, 0},
    {"no sample rate", 1, 1, 0, 256, 10, 0, 24, 520, "rate", 0, 0, 0},
    {"a negative sample rate", 1, 1, UINT32_MAX, 256, 10, 0, 24, 520, "rate", 0,
	0, 0},
    {"no zoom", 1, 1, 48000, 0, 10, 0, 24, 520, "zoom", 0, 0, 0},
    {"a negative zoom", 1, 1, 48000, 0x80000000, 10, 0, 24, 520, "zoom", 0, 0,
	0},
    {"no channels", 2, 1, 48000, 256, 10, 0, 24, 520, "channels", 0, 0, 0},
    {"very many channels", 2, 1, 48000, 256, 10, UINT32_MAX, 24, 520,
	"channels", 0, 0, 0},
    {"a byte cut off", 1, 1, 48000, 256, 10, 0, 24, 39, "cut off", 0, 0, 0},
    {"all data cut off", 1, 1, 48000, 256, UINT32_MAX, 0, 24, 24, "cut off", 0,
	0, 0},
    {"the largest numbers", 2, 0, INT32_MAX, INT32_MAX, UINT32_MAX, 64, 24,
	INT64_MAX, "too long", 0, 0, 0},
    {"a year and a day", 1, 1, 1, 1, 31622400, 0, 24, INT64_MAX, NULL, 20, 2,
	INT64_C(31622400000000)},
    {"a second more", 1, 1, 1, 1, 31622401, 0, 24, INT64_MAX, "too long", 0, 0,
	0},
};

static void
put(unsigned char *to, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(word >> 8 * i);
}

static void
test_header(const struct row *row)
{
	const uint32_t words[] = {row->version, row->flags, row->rate,
	    row->zoom, row->length, row->channels};
	/* Of the size that is there, so that a read past it is found. */
	unsigned char all[WAVEFORM_HEADER_MAX];
	unsigned char *bytes = malloc(row->len == 0 ? 1 : row->len);
	struct waveform w = {0};
	struct error err = {.detail = ""};
	bool ok;

	if (bytes == NULL)
		exit(2);
	for (size_t i = 0; i < 6; i++)
		put(all + 4 * i, words[i]);
	memcpy(bytes, all, row->len);
	ok = waveform_read(bytes, row->len, row->size, &w, &err);
	free(bytes);
	if (row->error != NULL) {
		tap_ok(!ok && strstr(err.detail, row->error) != NULL,
		    "%s: refused (%s)", row->what, err.detail);
		return;
	}
	tap_ok(ok, "%s: read", row->what);
	tap_is_int((long long)w.header, (long long)row->header, "%s: header",
	    row->what);
	tap_is_int(
	    (long long)w.unit, (long long)row->unit, "%s: unit", row->what);
	tap_is_int(
	    waveform_time(&w, w.length), row->time, "%s: time", row->what);
}

static void
test_silence(void)
{
	static const unsigned char data[] = {
	    0, 0, 0xff, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
	struct waveform w = {.unit = 2};
	size_t n = sizeof(data);

	tap_is_int((long long)waveform_silence(&w, data, n), 4, "pairs");
	tap_is_int((long long)waveform_silence(&w, data, 8), 0, "none");
	tap_is_int((long long)waveform_silence(&w, data + 8, 8), 4, "all");
	tap_is_int((long long)waveform_silence(&w, data, 2), 1, "one");
	tap_is_int((long long)waveform_silence(&w, data, 0), 0, "no data");
	tap_is_int((long long)waveform_silence(&w, data, 6), 1,
	    "silence in the middle is none");
	w.unit = 4;
	tap_is_int((long long)waveform_silence(&w, data, n), 2,
	    "a stretch of which one channel is silent is none");
	w.unit = 8;
	tap_is_int((long long)waveform_silence(&w, data, n), 1, "of 8 bytes");
}

int
main(void)
{
	for (size_t i = 0; i < LENGTH(rows); i++)
		test_header(&rows[i]);
	test_silence();
	return tap_done();
}
