/* SPDX-License-Identifier: MIT */
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

/* How old the newest chunk is that a recorder has stored, in seconds. */
struct metric_chunk {
	struct uuid recorder_id;
	double age;
};

/* Read that of the recorders that were seen first last, METRIC_CHUNKS_MAX of
 * them, as far as a chunk of their newest recording is known and less than a
 * day old. It reads a few rows a recorder. */
#define METRIC_CHUNKS_MAX 50
bool metrics_read_chunks(struct db *db, struct arena *arena, usec_t now,
    struct metric_chunk out[METRIC_CHUNKS_MAX], size_t *count,
    struct error *err) MUST_CHECK;

#endif
