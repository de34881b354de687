/* SPDX-License-Identifier: MIT */
/* Test Anything Protocol for unit tests in C. */
#ifndef SETLINK_UNIT_TAP_H
#define SETLINK_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_planned, tap_run, tap_failed;

static inline void
tap_plan(int n)
{
	tap_planned = n;
	printf("1..%d\n", n);
}

__attribute__((format(printf, 2, 0))) static inline bool
tap_report(bool ok, const char *fmt, va_list args)
{
	tap_run++;
	if (!ok)
		tap_failed++;
	printf("%sok %d - ", ok ? "" : "not ", tap_run);
	vprintf(fmt, args);
	printf("\n");
	fflush(stdout);
	return ok;
}

__attribute__((format(printf, 2, 3))) static inline bool
tap_ok(bool ok, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_report(ok, fmt, args);
	va_end(args);
	return ok;
}

__attribute__((format(printf, 3, 4))) static inline bool
tap_is_str(const char *got, const char *want, const char *fmt, ...)
{
	bool ok = got == NULL || want == NULL ? got == want
					      : strcmp(got, want) == 0;
	va_list args;

	va_start(args, fmt);
	tap_report(ok, fmt, args);
	va_end(args);
	if (!ok)
		printf("#  got: %s\n# want: %s\n", got ? got : "(null)",
		    want ? want : "(null)");
	return ok;
}

__attribute__((format(printf, 3, 4))) static inline bool
tap_is_int(long long got, long long want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_report(got == want, fmt, args);
	va_end(args);
	if (got != want)
		printf("#  got: %lld\n# want: %lld\n", got, want);
	return got == want;
}

/* The exit status of the test program. A plan of 0 is written now. */
static inline int
tap_done(void)
{
	if (tap_planned == 0)
		printf("1..%d\n", tap_run);
	else if (tap_planned != tap_run)
		tap_failed++;
	return tap_failed == 0 ? 0 : 1;
}

#endif
