/* SPDX-License-Identifier: MIT */
/* Bringing MinIO's events into the index. What is in an event is written at
 * once; what has to be read from the bucket is left to another process, which
 * finds it in a table. */
#ifndef SETLINK_RECORDER_EVENTS_H
#define SETLINK_RECORDER_EVENTS_H

#include <stdbool.h>

#include "base/error.h"
#include "db/db.h"
#include "recorder/notification.h"

/* The lease of the process that does what is left. */
#define EVENTS_LEASE "events"

/* How a recording is to be looked at; each includes the ones before it. */
enum events_look {
	EVENTS_SETS,     /* it may belong to a set now */
	EVENTS_METADATA, /* its metadata is to be fetched */
	EVENTS_FILES     /* what it has is to be listed */
};

struct events_result {
	unsigned taken;   /* of this bucket, and about a recording */
	unsigned ignored; /* the others */
	bool left;        /* a process has to look at a recording */
};

/* Write them all, or none. An event of a file that comes twice or too late
 * changes nothing. One of a chunk may bring the number of chunks back to what
 * it was; that, and what is wrong nevertheless, the next refresh makes good. */
bool events_apply(struct db *db, const char *bucket, const struct event *events,
    struct events_result *out, struct error *err) MUST_CHECK;

#endif
