/* SPDX-License-Identifier: MIT */
/* Where the events of a bucket go: its notification configuration. */
#ifndef SETLINK_S3_SUBSCRIPTION_H
#define SETLINK_S3_SUBSCRIPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "s3/client.h"

#define S3_ARN_SIZE 256

/* The webhook that gets the events of all objects that are stored or removed:
 * its ARN, "" when there is none. */
struct s3_subscription {
	char arn[S3_ARN_SIZE];
};

/* Whether it can be the name of a webhook in MinIO: letters, digits, - and _.
 */
bool s3_webhook_valid(const char *name);

/* Look for it in a configuration; for the webhook `name`, or, with NULL, for
 * any. ERROR_INVALID for what is no such configuration. */
bool s3_subscription_find(const char *xml, size_t len, const char *name,
    struct s3_subscription *out, struct error *err) MUST_CHECK;

/* Ask the server. */
bool s3_subscription_read(struct s3_client *client, const char *name,
    struct s3_subscription *out, struct error *err) MUST_CHECK;

/* Have it sent to the webhook `name`; all else that is configured stays. *made
 * is false when that was so already. ERROR_INVALID when the server knows no
 * such webhook. */
bool s3_subscription_make(struct s3_client *client, const char *name,
    bool *made, struct error *err) MUST_CHECK;

#endif
