/* SPDX-License-Identifier: MIT */
/* Leases: conditional updates of one row each. */
#include "db/lease.h"

#include <time.h>

#include "base/clock.h"

bool
lease_take(struct db *db, const char *name, const struct uuid *owner,
    unsigned seconds, bool *taken, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(owner),
	    db_int(seconds),
	    db_text(name),
	    db_uuid(owner),
	};
	uint64_t rows;

	if (!db_exec(db,
		"UPDATE leases SET owner = ?, "
		"until_at = UTC_TIMESTAMP(6) + INTERVAL ? SECOND "
		"WHERE name = ? AND (owner IS NULL OR owner = ? "
		"OR until_at < UTC_TIMESTAMP(6))",
		args, 4, &rows, err))
		return false;
	*taken = rows == 1;
	return true;
}

bool
lease_wait(struct db *db, const char *name, const struct uuid *owner,
    unsigned seconds, unsigned wait, const volatile sig_atomic_t *stop,
    bool *taken, struct error *err)
{
	const struct timespec pause = {0, 100 * 1000 * 1000};
	usec_t end = clock_monotonic() + wait * USEC_PER_SEC;

	for (;;) {
		if (!lease_take(db, name, owner, seconds, taken, err))
			return false;
		if (*taken || clock_monotonic() >= end ||
		    (stop != NULL && *stop != 0))
			return true;
		(void)nanosleep(&pause, NULL);
	}
}

bool
lease_release(struct db *db, const char *name, const struct uuid *owner,
    struct error *err)
{
	const struct db_value args[] = {db_text(name), db_uuid(owner)};

	return db_exec(db,
	    "UPDATE leases SET owner = NULL WHERE name = ? AND owner = ?", args,
	    2, NULL, err);
}
