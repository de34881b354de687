/* SPDX-License-Identifier: MIT */
/* metadata.json as the recorder writes it, and as nobody should. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "recorder/metadata.h"
#include "tap.h"

#define START      "\"start_time\":\"2026-11-21T21:00:31Z\""
#define START_TEXT "start=2026-11-21T21:00:31Z"

struct row {
	const char *what;
	const char *text;
	const char *want; /* what is known; "error" when refused */
};

static const struct row rows[] = {
    {"a closed session",
	"{\"id\":\"8e2c1d34-91f7-4b8e-a1b5-6d5b7c9e3f02\",\"recorder_id\":"
	"\"10b26ce0-75ff-4548-84e1-c91d955b1151\",\"name\":\"\",\"start_time\":"
	"\"2026-11-21T21:00:31.90261573Z\",\"end_time\":"
	"\"2026-11-21T21:01:26.90261573Z\",\"duration\":55000000000,"
	"\"is_closed\":true,\"keep\":true,\"segments\":{}}\n",
	"[] start=2026-11-21T21:00:31.902615Z end=2026-11-21T21:01:26.902615Z "
	"55000000000 closed keep"},
    {"an open session",
	"{\"id\":\"5c0d5a0e-3f5e-4c56-9d0a-0b6d0a4f2a01\",\"recorder_id\":"
	"\"10b26ce0-75ff-4548-84e1-c91d955b1151\",\"name\":\"\",\"start_time\":"
	"\"2026-11-21T21:00:04.318274615Z\",\"end_time\":"
	"\"0001-01-01T00:00:00Z\",\"duration\":0,\"is_closed\":false,\"keep\":"
	"false,\"segments\":{}}\n",
	"[] start=2026-11-21T21:00:04.318274Z 0"},
    {"a recorder",
	"{\"id\":\"10b26ce0-75ff-4548-84e1-c91d955b1151\",\"name\":"
	"\"Living Room\"}",
	"[Living Room] 0"},
    {"a newer version",
	"{" START ",\"format\":3,\"tags\":[\"a\",{\"b\":[null]}],"
	"\"segments\":{\"x\":{\"start_point\":1}},\"peak\":-0.5e3,"
	"\"keep\":true}",
	"[] " START_TEXT " 0 keep"},
    {"segments are null", "{" START ",\"segments\":null}",
	"[] " START_TEXT " 0"},
    {"nothing in it", "{}", "[] 0"},
    {"white space around it", " \n{ }\r\n\t", "[] 0"},

    /* No object. */
    {"empty", "", "error"},
    {"white space only", "  \n", "error"},
    {"cut off", "{\"name\":\"x\",\"start_ti", "error"},
    {"cut off at the end", "{\"name\":\"x\"", "error"},
    {"two objects", "{}{}", "error"},
    {"an array", "[{}]", "error"},
    {"a string", "\"{}\"", "error"},
    {"null", "null", "error"},
    {"HTML", "<html></html>", "error"},
    {"bytes that are not UTF-8", "{\"name\":\"\xff\"}", "error"},

    /* Wrong types. */
    {"all of the wrong type",
	"{\"name\":7,\"start_time\":1,\"end_time\":{},\"duration\":\"55\","
	"\"is_closed\":\"true\",\"keep\":1}",
	"[] 0"},
    {"all null",
	"{\"name\":null,\"start_time\":null,\"end_time\":null,\"duration\":"
	"null,\"is_closed\":null,\"keep\":null}",
	"[] 0"},
    {"all arrays",
	"{\"name\":[\"x\"],\"start_time\":[],\"end_time\":[],\"duration\":[5],"
	"\"is_closed\":[true],\"keep\":[true]}",
	"[] 0"},
    {"members in another case", "{\"Name\":\"x\",\"KEEP\":true}", "[] 0"},

    /* Twice. */
    {"a name twice", "{\"name\":\"a\",\"name\":\"b\"," START "}",
	"[] " START_TEXT " 0"},
    {"a start twice", "{" START "," START ",\"keep\":true}", "[] 0 keep"},
    {"closed twice", "{\"is_closed\":true,\"is_closed\":true}", "[] 0"},
    {"a duration twice", "{\"duration\":5,\"duration\":5}", "[] 0"},
    {"an unknown member twice", "{\"x\":1,\"x\":1,\"keep\":true}", "[] 0 keep"},

    /* Times. */
    {"an offset and nanoseconds",
	"{\"start_time\":\"2025-07-08T21:04:05.123456789+02:00\"}",
	"[] start=2025-07-08T19:04:05.123456Z 0"},
    {"an offset over midnight",
	"{\"start_time\":\"2025-12-31T20:30:00-05:30\"}",
	"[] start=2026-01-01T02:00:00Z 0"},
    {"Go's zero time in another zone",
	"{" START ",\"end_time\":\"0001-01-01T00:00:00+00:53\"}",
	"[] " START_TEXT " 0"},
    {"a zero start", "{\"start_time\":\"0001-01-01T00:00:00Z\"}", "[] 0"},
    {"the epoch", "{\"start_time\":\"1970-01-01T00:00:00Z\"}",
	"[] start=1970-01-01T00:00:00Z 0"},
    {"before the epoch", "{\"start_time\":\"1969-12-31T23:59:59.9Z\"}", "[] 0"},
    {"before the epoch by its offset",
	"{\"start_time\":\"1970-01-01T00:00:00+00:01\"}", "[] 0"},
    {"the last year", "{\"start_time\":\"9998-12-31T23:59:59.999999Z\"}",
	"[] start=9998-12-31T23:59:59.999999Z 0"},
    {"the year after it", "{\"start_time\":\"9999-01-01T00:00:00Z\"}", "[] 0"},
    {"the end of all years",
	"{\"start_time\":\"9999-12-31T23:59:59.999999999-23:59\"}", "[] 0"},
    {"five digits", "{\"start_time\":\"10000-01-01T00:00:00Z\"}", "[] 0"},
    {"no such day", "{\"start_time\":\"2026-02-30T00:00:00Z\"}", "[] 0"},
    {"no zone", "{\"start_time\":\"2026-11-21T21:00:31\"}", "[] 0"},
    {"words after it", "{\"start_time\":\"2026-11-21T21:00:31Z or so\"}",
	"[] 0"},
    {"a NUL after it", "{\"start_time\":\"2026-11-21T21:00:31Z\\u0000\"}",
	"[] 0"},
    {"an empty time", "{\"start_time\":\"\"}", "[] 0"},
    {"the end before the start",
	"{" START ",\"end_time\":\"2026-11-21T21:00:30Z\",\"is_closed\":true}",
	"[] " START_TEXT " 0 closed"},
    {"the end at the start",
	"{" START ",\"end_time\":\"2026-11-21T22:00:31+01:00\"}",
	"[] " START_TEXT " end=2026-11-21T21:00:31Z 0"},
    {"an end without a start", "{\"end_time\":\"2026-11-21T21:00:31Z\"}",
	"[] end=2026-11-21T21:00:31Z 0"},

    /* Durations. */
    {"a negative duration", "{\"duration\":-1}", "[] 0"},
    {"a year and a day", "{\"duration\":31622400000000000}",
	"[] 31622400000000000"},
    {"a nanosecond more", "{\"duration\":31622400000000001}", "[] 0"},
    {"beyond 64 bits", "{\"duration\":9223372036854775808}", "[] 0"},
    {"a fraction", "{\"duration\":1.5}", "[] 0"},
    {"an exponent", "{\"duration\":1e9}", "[] 0"},

    /* Names. */
    {"a name in UTF-8",
	"{\"name\":\"Gr\xc3\xbc\xc3\x9f"
	"e \xf0\x9f\x8e\xb6\"}",
	"[Gr\xc3\xbc\xc3\x9f"
	"e \xf0\x9f\x8e\xb6] 0"},
    {"escapes", "{\"name\":\"\\u00fc \\ud83c\\udfb6 \\/\\\"\"}",
	"[\xc3\xbc \xf0\x9f\x8e\xb6 /\"] 0"},
    {"control characters", "{\"name\":\"a\\u0000b\\r\\nc\\u007fd\\u0085e\"}",
	"[a b  c d e] 0"},
    {"a line separator and a change of direction",
	"{\"name\":\"a\\u2028b\\u202ec\"}", "[a b c] 0"},
    {"white space stays", "{\"name\":\"  a  \"}", "[  a  ] 0"},
};

#define N_ROWS LENGTH(rows)

static void
add_time(FILE *f, const char *name, bool known, usec_t t)
{
	char text[CLOCK_RFC3339_SIZE];

	if (!known)
		return;
	clock_format(t, text);
	fprintf(f, " %s=%s", name, text);
}

static void
describe(const struct metadata *m, char *out, size_t size)
{
	FILE *f = fmemopen(out, size, "w");

	if (f == NULL)
		exit(1);
	fprintf(f, "[%s]", m->name);
	add_time(f, "start", m->has_start, m->start);
	add_time(f, "end", m->has_end, m->end);
	fprintf(f, " %lld", (long long)m->duration);
	fprintf(f, "%s%s", m->closed ? " closed" : "", m->keep ? " keep" : "");
	fclose(f);
}

static void
read_text(const char *text, size_t len, char *out, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct metadata m;
	struct error err;

	if (metadata_parse(&arena, text, len, &m, &err))
		describe(&m, out, size);
	else
		snprintf(out, size, "%s",
		    err.code == ERROR_INVALID ? "error" : "other error");
	arena_free(&arena);
}

/* A name of `n` times `character` comes out as `want` times the same. */
static void
test_long_name(const char *character, int n, int want)
{
	char text[4096] = "{\"name\":\"", got[4096] = "", wanted[4096] = "[";
	size_t len = strlen(text), width = strlen(character);

	for (int i = 0; i < n; i++, len += width)
		memcpy(text + len, character, width);
	memcpy(text + len, "\"}", 3);
	for (int i = 0; i < want; i++)
		memcpy(wanted + 1 + (size_t)i * width, character, width);
	memcpy(wanted + 1 + (size_t)want * width, "] 0", 4);
	read_text(text, strlen(text), got, sizeof(got));
	tap_is_str(got, wanted, "a name of %d times %zu bytes", n, width);
}

/* Every cut of the first text is refused, and none reads past its end. */
static void
test_truncated(void)
{
	size_t len = strlen(rows[0].text) - 1, accepted = 0;
	char got[512];

	for (size_t i = 0; i < len; i++) {
		char *cut = malloc(i + 1);

		if (cut == NULL)
			exit(1);
		memcpy(cut, rows[0].text, i);
		read_text(cut, i, got, sizeof(got));
		accepted += strcmp(got, "error") != 0;
		free(cut);
	}
	tap_is_int((long long)accepted, 0, "cut off anywhere");
}

static void
test_deep(void)
{
	char text[30000] = "{\"x\":", got[512];

	memset(text + 5, '[', 10000);
	memset(text + 10005, ']', 10000);
	memcpy(text + 20005, "}", 2);
	read_text(text, strlen(text), got, sizeof(got));
	tap_is_str(got, "error", "nested 10,000 deep");
}

int
main(void)
{
	char got[512];

	tap_plan((int)N_ROWS + 6);
	for (size_t i = 0; i < N_ROWS; i++) {
		read_text(rows[i].text, strlen(rows[i].text), got, sizeof(got));
		tap_is_str(got, rows[i].want, "%s", rows[i].what);
	}
	test_long_name("x", 200, 200);
	test_long_name("x", 201, 200);
	test_long_name("\xc3\xbc", 300, 200);
	test_long_name("\xf0\x9f\x8e\xb6", 1000, 200);
	test_truncated();
	test_deep();
	return tap_done();
}
