/* Numbers that tell a host how the night goes, for all workers together. */
#ifndef SETLINK_ADMIN_METRICS_H
#define SETLINK_ADMIN_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "db/db.h"

struct metric {
	const char *name;
	const char *type; /* "gauge" or "counter" */
	const char *help;
	bool known;
	double value;
};

/* Read them, in one statement; `out` has room for METRICS_MAX. */
#define METRICS_MAX 16
bool metrics_read(struct db *db, struct arena *arena, usec_t now,
    struct metric *out, size_t *count, struct error *err) MUST_CHECK;

#endif
