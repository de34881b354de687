/* SPDX-License-Identifier: MIT */
/* Reading the system's clocks. */
#include "base/clock.h"

#include <time.h>

static usec_t
read_clock(clockid_t id)
{
	struct timespec ts;

	/* Fails only for a clock that does not exist. */
	if (clock_gettime(id, &ts) != 0)
		return 0;
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

usec_t
clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

usec_t
clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
