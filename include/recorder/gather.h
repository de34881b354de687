/* SPDX-License-Identifier: MIT */
/* Gathering the keys of a listing into recordings. */
#ifndef SETLINK_RECORDER_GATHER_H
#define SETLINK_RECORDER_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "recorder/index.h"
#include "s3/listing.h"

/* Longer ETags are cut; S3's have 32 characters, or a few more when the
 * object came in parts. */
#define GATHER_ETAG_MAX 100

/* A recording as the listing shows it: its files, and no more of its metadata
 * than the ETag. */
struct listed {
	struct recording recording;
	int64_t metadata_size; /* -1 while it is not there */
	struct listed *next;
};

/* A recorder, as its own metadata in the listing shows it. */
struct listed_recorder {
	struct uuid id;
	const char *etag;
	struct listed_recorder *next;
};

/* Begin with a zeroed one. */
struct gather {
	int64_t keys;    /* seen */
	int64_t foreign; /* of them, not the recorder's */
	/* Those whose metadata has passed by, in the arena of the calls; the
	 * caller takes them from here. */
	struct listed_recorder *recorders;
	bool any; /* `current` has begun */
	struct listed current;
	char file_etags[RECORDING_FILES][GATHER_ETAG_MAX + 1];
	char metadata_etag[GATHER_ETAG_MAX + 1];
};

/* The object's ETag as the tables hold it, in `out`. One that is not printable
 * ASCII, or missing, gives way to what else tells of a new content. */
const char *gather_etag(
    char out[GATHER_ETAG_MAX + 1], const struct s3_object *object);

/* Take in the next object of the listing. When it is the first of another
 * recording, the one before is complete: *done is a copy of it in the arena,
 * else NULL. The keys of a recording stand together, also across pages, and
 * recordings come by ascending ids; a listing that breaks this order is
 * ERROR_INVALID. */
bool gather_add(struct gather *gather, const struct s3_object *object,
    struct arena *arena, struct listed **done, struct error *err) MUST_CHECK;

/* After the last object: the last recording, if there was any. */
bool gather_end(struct gather *gather, struct arena *arena,
    struct listed **done, struct error *err) MUST_CHECK;

#endif
