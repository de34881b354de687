/* SPDX-License-Identifier: MIT */
/* Asking for the files of recordings that a listing does not show. */
#ifndef SETLINK_RECORDER_PRESENCE_H
#define SETLINK_RECORDER_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "recorder/index.h"
#include "s3/client.h"

/* So many go into one call. */
#define PRESENCE_MAX S3_PARALLEL

enum presence_outcome {
	PRESENCE_GONE,
	PRESENCE_THERE,
	PRESENCE_UNKNOWN /* `error` says why it could not be asked for */
};

struct presence {
	struct uuid recorder_id, id; /* of which recording */
	enum layout_kind kind;       /* the file to ask for */
	enum presence_outcome outcome;
	struct error error;
};

/* A file that the row says the recording has; LAYOUT_FOREIGN when it has none
 * whose key can be told. */
enum layout_kind presence_kind(const struct recording *row);

/* Ask for up to PRESENCE_MAX files, a byte of each. A recording is gone only
 * when S3 itself says that there is no such key. */
bool presence_ask(struct s3_client *client, struct presence *list, size_t n,
    struct error *err) MUST_CHECK;

#endif
