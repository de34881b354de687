/* SPDX-License-Identifier: MIT */
/* Points in time: microseconds since 1970-01-01T00:00:00Z, always UTC. */
#ifndef SETLINK_BASE_CLOCK_H
#define SETLINK_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef int64_t usec_t;

#define USEC_PER_SEC  INT64_C(1000000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MIN)

static inline usec_t
usec_min(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

static inline usec_t
usec_max(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

/* The begin of the year 1 and the end of the year 9999. */
#define CLOCK_MIN (INT64_C(-62135596800) * USEC_PER_SEC)
#define CLOCK_MAX (INT64_C(253402300800) * USEC_PER_SEC - 1)

/* "2026-11-21T21:00:04.318274Z" and its NUL. */
#define CLOCK_RFC3339_SIZE 28

struct clock_fields {
	int year, month, day; /* proleptic Gregorian, month and day from 1 */
	int hour, minute, second, usec;
};

/* The wall clock. */
usec_t clock_now(void);

/* A clock that never goes back, for durations. */
usec_t clock_monotonic(void);

/* `t` is from CLOCK_MIN to CLOCK_MAX. */
void clock_split(usec_t t, struct clock_fields *out);

/* False for a date that does not exist. A second of 60 is taken as the
 * first of the next minute. */
bool clock_join(const struct clock_fields *in, usec_t *out) MUST_CHECK;

/* RFC 3339, any offset, fraction of any length (cut to microseconds). The
 * whole of `text` must be the time stamp. False for anything else, and for a
 * time outside the years 1 to 9999 in UTC. */
bool clock_parse(const char *text, size_t len, usec_t *out) MUST_CHECK;

/* RFC 3339 in UTC with Z; a fraction (six digits) only if there is one. */
void clock_format(usec_t t, char out[CLOCK_RFC3339_SIZE]);

#endif
