/* SPDX-License-Identifier: MIT */
/* Leases: what only one process at a time may do, over all machines. */
#ifndef SETLINK_DB_LEASE_H
#define SETLINK_DB_LEASE_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* Take the lease `name` for `seconds` by the database's clock, or prolong it
 * if `owner` has it. *taken is false while another owner has it. */
bool lease_take(struct db *db, const char *name, const struct uuid *owner,
    unsigned seconds, bool *taken, struct error *err) MUST_CHECK;

/* lease_take, tried again for up to `wait` seconds, or until a signal sets
 * *stop (which may be NULL). */
bool lease_wait(struct db *db, const char *name, const struct uuid *owner,
    unsigned seconds, unsigned wait, const volatile sig_atomic_t *stop,
    bool *taken, struct error *err) MUST_CHECK;

/* Give it back; nothing happens when `owner` no longer has it. */
bool lease_release(struct db *db, const char *name, const struct uuid *owner,
    struct error *err) MUST_CHECK;

#endif
