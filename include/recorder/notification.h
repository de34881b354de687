/* SPDX-License-Identifier: MIT */
/* Reading MinIO's bucket notifications. */
#ifndef SETLINK_RECORDER_NOTIFICATION_H
#define SETLINK_RECORDER_NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "recorder/layout.h"

enum event_kind {
	EVENT_CREATED,
	EVENT_REMOVED,
	EVENT_OTHER /* the content is as before */
};

/* What has happened to one object. All of it lives in the arena. */
struct event {
	enum event_kind kind;
	const char *bucket;
	struct layout_object object; /* foreign: no key of the recorder's */
	int64_t size;                /* bytes */
	const char *etag;            /* as the index holds it */
	int64_t order;   /* nanoseconds since 1970; grows with each change of
			  * an object */
	usec_t modified; /* in whole milliseconds, as a listing tells it */
	bool versioned;  /* a version was removed: another may be seen now */
	struct event *next;
};

/* Read the body of a request. ERROR_INVALID for what is no notification, with
 * the member that is wrong; a key that cannot be decoded is foreign. A time
 * that is hours ahead of `now` counts as now, so that it does not shut out what
 * follows. */
bool notification_parse(struct arena *arena, const char *body, size_t len,
    usec_t now, struct event **out, struct error *err) MUST_CHECK;

#endif
