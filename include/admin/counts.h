/* SPDX-License-Identifier: MIT */
/* How often an address has done something, counted in the database for all
 * workers. */
#ifndef SETLINK_ADMIN_COUNTS_H
#define SETLINK_ADMIN_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/network.h"
#include "db/db.h"

/* The window of an address begins with the first time, and with the first one
 * after it has ended. One IPv6 client has a /64 at least, so the rest of an
 * address is not looked at. */
struct count_limit {
	const char *what; /* 1 to 16 ASCII characters */
	int64_t most;     /* in a window */
	usec_t window;
};

/* Whether `address` has had its `most` times. */
bool counts_is_full(struct db *db, struct arena *arena,
    const struct count_limit *limit, const struct network_address *address,
    usec_t now, bool *full, struct error *err) MUST_CHECK;

/* Count one time more. *taken is false when `address` has had its `most`
 * times, however many ask at once. Such a refusal is not counted: the window
 * ends when it ends, whatever comes, so all that would come of it is a write
 * for each request of a flood. */
bool counts_take(struct db *db, const struct count_limit *limit,
    const struct network_address *address, usec_t now, bool *taken,
    struct error *err) MUST_CHECK;

#endif
