/* SPDX-License-Identifier: MIT */
/* The calendar, and RFC 3339. */
#include "base/array.h"
#include "base/clock.h"

#include <time.h>

#include "tap.h"

#define DAY (24 * USEC_PER_HOUR)

static const struct {
	const char *text;
	const char *out; /* in UTC; NULL: refused */
} times[] = {
    {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
    {"2026-11-21T21:00:04Z", "2026-11-21T21:00:04Z"},
    {"2026-11-21t21:00:04z", "2026-11-21T21:00:04Z"},
    {"2026-11-21 21:00:04Z", "2026-11-21T21:00:04Z"},
    {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
    {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
    {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},

    /* Offsets. */
    {"2026-11-21T21:00:04+00:00", "2026-11-21T21:00:04Z"},
    {"2026-11-21T21:00:04-00:00", "2026-11-21T21:00:04Z"},
    {"2026-11-21T21:00:04+01:00", "2026-11-21T20:00:04Z"},
    {"2026-11-21T21:00:04-08:00", "2026-11-22T05:00:04Z"},
    {"2026-11-21T21:00:04+05:45", "2026-11-21T15:15:04Z"},
    {"2027-01-01T00:30:00+01:00", "2026-12-31T23:30:00Z"},
    {"2026-11-21T12:00:00+23:59", "2026-11-20T12:01:00Z"},
    {"2026-11-21T12:00:00-23:59", "2026-11-22T11:59:00Z"},

    /* Fractions. */
    {"2026-11-21T21:00:04.5Z", "2026-11-21T21:00:04.500000Z"},
    {"2026-11-21T21:00:04.318274Z", "2026-11-21T21:00:04.318274Z"},
    {"2026-11-21T21:00:04.318274999Z", "2026-11-21T21:00:04.318274Z"},
    {"2026-11-21T21:00:04.000000999Z", "2026-11-21T21:00:04Z"},
    {"2026-11-21T21:00:04.000001+01:00", "2026-11-21T20:00:04.000001Z"},
    {"2026-11-21T21:00:04.99999999999999999999999999999999Z",
	"2026-11-21T21:00:04.999999Z"},

    /* Leap seconds and leap years. */
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
    {"2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500000Z"},
    {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
    {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
    {"2025-02-29T00:00:00Z", NULL},
    {"1900-02-29T00:00:00Z", NULL},
    {"2100-02-29T00:00:00Z", NULL},

    /* Out of range. */
    {"0000-01-01T00:00:00Z", NULL},
    {"2026-00-21T21:00:04Z", NULL},
    {"2026-13-21T21:00:04Z", NULL},
    {"2026-11-00T21:00:04Z", NULL},
    {"2026-11-31T21:00:04Z", NULL},
    {"2026-11-21T24:00:00Z", NULL},
    {"2026-11-21T21:60:00Z", NULL},
    {"2026-11-21T21:00:61Z", NULL},
    {"2026-11-21T21:00:04+24:00", NULL},
    {"2026-11-21T21:00:04+01:60", NULL},
    {"0001-01-01T00:00:00+00:01", NULL},
    {"9999-12-31T23:59:59-00:01", NULL},
    {"9999-12-31T23:59:60Z", NULL},

    /* Malformed. */
    {"", NULL},
    {"2026-11-21", NULL},
    {"2026-11-21T21:00:04", NULL},
    {"2026-11-21T21:00Z", NULL},
    {"2026-11-21T21:00:04.Z", NULL},
    {"2026-11-21T21:00:04,5Z", NULL},
    {"2026-11-21T21:00:04.", NULL},
    {"2026-11-21T21:00:04+01", NULL},
    {"2026-11-21T21:00:04+0100", NULL},
    {"2026-11-21T21:00:04+01:0", NULL},
    {"2026-11-21T21:00:04 +01:00", NULL},
    {"2026-11-21T21:00:04ZZ", NULL},
    {"2026-11-21T21:00:04Z ", NULL},
    {" 2026-11-21T21:00:04Z", NULL},
    {"2026-11-21_21:00:04Z", NULL},
    {"2026/11/21T21:00:04Z", NULL},
    {"2026-1-21T21:00:04Z", NULL},
    {"26-11-21T21:00:04Z", NULL},
    {"12026-11-21T21:00:04Z", NULL},
    {"+2026-11-21T21:00:04Z", NULL},
    {"-026-11-21T21:00:04Z", NULL},
    {"2026-11-21T 1:00:04Z", NULL},
    {"2026-11-21T21:00:+4Z", NULL},
    {"20261121T210004Z", NULL},
    {"1795294804", NULL},
};

static void
test_table(void)
{
	char out[CLOCK_RFC3339_SIZE];
	usec_t t;

	for (size_t i = 0; i < LENGTH(times); i++) {
		bool ok = clock_parse(times[i].text, strlen(times[i].text), &t);

		if (ok)
			clock_format(t, out);
		tap_is_str(
		    ok ? out : NULL, times[i].out, "\"%s\"", times[i].text);
	}
	tap_ok(
	    !clock_parse("2026-11-21T21:00:04Z\0", 21, &t), "a NUL after it");
	tap_ok(!clock_parse("2026-11-21T21:00:04Z", 19, &t),
	    "no more is read than is there");
}

/* Each prefix of a time stamp but the whole. */
static void
test_prefixes(void)
{
	static const char text[] = "2026-11-21T21:00:04.318274+01:00";
	size_t taken = 0;
	usec_t t;

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		taken += clock_parse(text, len, &t);
	tap_is_int((long long)taken, 0, "no prefix is a time stamp");
	tap_ok(clock_parse(text, sizeof(text) - 1, &t), "the whole is one");
}

static void
test_limits(void)
{
	struct clock_fields first, last;
	char out[CLOCK_RFC3339_SIZE];
	usec_t t;

	clock_split(CLOCK_MIN, &first);
	clock_split(CLOCK_MAX, &last);
	tap_ok(first.year == 1 && first.month == 1 && first.day == 1 &&
		first.hour == 0 && first.usec == 0,
	    "the first moment");
	tap_ok(last.year == 9999 && last.month == 12 && last.day == 31 &&
		last.second == 59 && last.usec == 999999,
	    "the last moment");
	tap_ok(clock_join(&first, &t) && t == CLOCK_MIN, "and back");
	tap_ok(clock_join(&last, &t) && t == CLOCK_MAX, "and back");
	clock_format(CLOCK_MIN, out);
	tap_is_str(out, "0001-01-01T00:00:00Z", "four digits of the year");
}

static bool
same_fields(usec_t t, const struct tm *tm, int usec)
{
	struct clock_fields f;

	clock_split(t, &f);
	return f.year == tm->tm_year + 1900 && f.month == tm->tm_mon + 1 &&
	    f.day == tm->tm_mday && f.hour == tm->tm_hour &&
	    f.minute == tm->tm_min && f.second == tm->tm_sec && f.usec == usec;
}

static bool
comes_back(usec_t t)
{
	struct clock_fields f;
	char out[CLOCK_RFC3339_SIZE];
	usec_t joined, parsed;

	clock_split(t, &f);
	clock_format(t, out);
	return clock_join(&f, &joined) && joined == t &&
	    clock_parse(out, strlen(out), &parsed) && parsed == t;
}

/* Every day of the years 1 to 9999, each at another time of the day. */
static void
test_every_day(void)
{
	long differ = 0, lost = 0, n = 0;
	usec_t t;

	for (t = CLOCK_MIN; t <= CLOCK_MAX - DAY; t += DAY, n++) {
		usec_t moment = t + n * INT64_C(7919123457) % DAY;
		usec_t from_min = moment - CLOCK_MIN;
		time_t seconds = from_min / USEC_PER_SEC +
		    CLOCK_MIN / USEC_PER_SEC;
		struct tm tm;

		if (gmtime_r(&seconds, &tm) == NULL ||
		    !same_fields(moment, &tm, (int)(from_min % USEC_PER_SEC)) ||
		    timegm(&tm) != seconds)
			differ++;
		lost += n % 8 == 0 && !comes_back(moment);
	}
	tap_is_int(n, 3652058, "all the days but the last");
	tap_is_int(differ, 0, "the same as gmtime has");
	tap_is_int(lost, 0, "split, joined, written and read");
}

static const struct {
	struct clock_fields fields;
	const char *what;
} bad_fields[] = {
    {{0, 1, 1, 0, 0, 0, 0}, "year 0"},
    {{-1, 1, 1, 0, 0, 0, 0}, "year -1"},
    {{10000, 1, 1, 0, 0, 0, 0}, "year 10000"},
    {{2026, 0, 1, 0, 0, 0, 0}, "month 0"},
    {{2026, -1, 1, 0, 0, 0, 0}, "month -1"},
    {{2026, 1, 0, 0, 0, 0, 0}, "day 0"},
    {{2026, 4, 31, 0, 0, 0, 0}, "April 31st"},
    {{2026, 1, 1, -1, 0, 0, 0}, "hour -1"},
    {{2026, 1, 1, 0, -1, 0, 0}, "minute -1"},
    {{2026, 1, 1, 0, 0, -1, 0}, "second -1"},
    {{2026, 1, 1, 0, 0, 0, -1}, "microsecond -1"},
    {{2026, 1, 1, 0, 0, 0, 1000000}, "a million microseconds"},
};

static void
test_bad_fields(void)
{
	usec_t t;

	for (size_t i = 0; i < LENGTH(bad_fields); i++)
		tap_ok(!clock_join(&bad_fields[i].fields, &t), "no %s",
		    bad_fields[i].what);
}

static void
test_clocks(void)
{
	time_t before = time(NULL);
	usec_t now = clock_now(), first = clock_monotonic();

	tap_ok(now / USEC_PER_SEC >= before - 1 &&
		now / USEC_PER_SEC <= time(NULL) + 1,
	    "the wall clock");
	tap_ok(clock_monotonic() >= first, "a clock that never goes back");
}

int
main(void)
{
	test_table();
	test_prefixes();
	test_limits();
	test_every_day();
	test_bad_fields();
	test_clocks();
	return tap_done();
}
