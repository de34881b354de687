/* SPDX-License-Identifier: MIT */
/* `setlink check`: what can be wrong, looked at one by one. */
#ifndef SETLINK_RECORDER_CHECK_H
#define SETLINK_RECORDER_CHECK_H

#include <stdbool.h>

#include "base/config.h"
#include "base/error.h"
#include "db/db.h"

/* Called once a check: what was looked at, whether it is well, and a sentence
 * that says what was found or what to do. */
typedef void check_report(
    void *context, const char *subject, bool ok, const char *finding);

/* Look at the database, its schema, MinIO (reachable, clock, credentials,
 * bucket), the index, the recordings in it, the newest set, and a presigned
 * URL fetched through the public endpoint. True when all is well. What depends
 * on something that failed is not tried. */
bool check_run(struct db *db, const struct config *config, check_report *report,
    void *context);

/* Whether MinIO answers a signed request for the bucket. The reason goes to
 * `err`. It can take as long as a request to a slow server does. */
bool check_minio(const struct config *config, struct error *err) MUST_CHECK;

#endif
