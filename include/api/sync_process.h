/* SPDX-License-Identifier: MIT */
/* Starting the command `setlink` from a request. What talks to MinIO runs in a
 * process of its own: a worker never waits for MinIO, and never loads the
 * libraries for it. */
#ifndef SETLINK_API_SYNC_PROCESS_H
#define SETLINK_API_SYNC_PROCESS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* The length of a path, with its NUL. */
#define SYNC_PROCESS_PATH 4096

/* Find the program: beside this one, else where it gets installed. */
void sync_process_find(char path[SYNC_PROCESS_PATH]);

/* Start `setlink` with `argv` (argv[0] is "setlink"; ends with NULL) in a
 * session of its own, with no descriptor of ours but stderr, and leave it. */
bool sync_process_start(const char *const *argv, struct error *err) MUST_CHECK;

/* The same, and wait up to `milliseconds` for its end, reading what it prints
 * into `out` (at most `max` bytes). *ended is false when it still runs; it goes
 * on by itself then. */
bool sync_process_run(const char *const *argv, int milliseconds, size_t max,
    struct buf *out, bool *ended, struct error *err) MUST_CHECK;

#endif
