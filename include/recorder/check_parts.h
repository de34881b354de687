/* SPDX-License-Identifier: MIT */
/* What the files of `setlink check` share. */
#ifndef SETLINK_RECORDER_CHECK_PARTS_H
#define SETLINK_RECORDER_CHECK_PARTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "db/db.h"
#include "recorder/check.h"
#include "s3/client.h"

struct check {
	struct db *db;
	const struct config *config;
	struct s3_client *client;
	struct arena arena;
	check_report *report;
	void *context;
	bool ok; /* all so far */
};

/* Report one finding. Returns `ok`. */
bool check_say(struct check *check, const char *subject, bool ok,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The endpoint as a URL; in the arena, "" when memory is short. */
const char *check_endpoint_url(
    struct check *check, const struct endpoint *endpoint);

/* Whether S3 is reachable, its clock, the credentials and the bucket. */
bool check_store(struct check *check);

/* The index, the recordings in it, and whether the newest set has one. */
void check_index(struct check *check);

/* Whether the sets that run are being recorded, and whether it is known which
 * recorder is in which room. */
void check_night(struct check *check);

/* Whether MinIO is set up to send its events, and whether one has arrived. */
void check_events(struct check *check, bool has_index);

/* Fetch `key` by a presigned URL through the public endpoint, and say which
 * setting is wrong if that fails. */
void check_url(struct check *check, const char *key);

#endif
