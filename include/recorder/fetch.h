/* SPDX-License-Identifier: MIT */
/* Fetching the metadata of recordings and recorders, many at a time. */
#ifndef SETLINK_RECORDER_FETCH_H
#define SETLINK_RECORDER_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/uuid.h"
#include "recorder/metadata.h"
#include "s3/client.h"

/* The recorder's metadata has 250 bytes and 150 for each segment that a person
 * has marked. What is larger is not fetched, and counts as unreadable. */
#define FETCH_MAX_BYTES ((size_t)256 * 1024)

/* So many go into one call. */
#define FETCH_MAX S3_PARALLEL

enum fetch_outcome {
	FETCH_READ,
	FETCH_ABSENT,     /* it is not there (any more) */
	FETCH_UNREADABLE, /* no JSON object, or too large */
	FETCH_FAILED      /* `error` says why; another time it may be read */
};

struct fetch {
	struct uuid recorder_id, id; /* of which recording */
	bool of_recorder;            /* its recorder's own, without `id` */
	enum fetch_outcome outcome;
	struct metadata metadata; /* of FETCH_READ; the name is in the arena */
	const char *etag;         /* what came with it; in the arena */
	usec_t modified;          /* likewise, to the second; 0: not known */
	struct error error;
};

/* Fetch and read up to FETCH_MAX of them. False when memory is short or
 * nothing could be sent at all. */
bool fetch_metadata(struct s3_client *client, struct arena *arena,
    struct fetch *fetches, size_t n_fetches, struct error *err) MUST_CHECK;

#endif
