/* SPDX-License-Identifier: MIT */
/* How recordings look in JSON. */
#ifndef SETLINK_API_RECORDING_VIEW_H
#define SETLINK_API_RECORDING_VIEW_H

#include <stdbool.h>

#include "api/call.h"
#include "base/error.h"
#include "base/json.h"
#include "recorder/index.h"
#include "recorder/tracks.h"

/* What the URLs of files are to be. */
struct recording_urls {
	bool presigned;
	const char *save_as; /* of presigned ones; NULL: the key's name */
};

/* The members with the URLs of the data files, without the braces; NULL where a
 * file is not there. */
void view_urls(
    struct json_writer *w, const char *const urls[RECORDING_FORMATS]);

/* The members of a recording, without the braces. */
bool view_recording_members(struct call *call, struct json_writer *w,
    const struct recording *recording, const struct recording_urls *urls,
    struct error *err) MUST_CHECK;

/* A time in seconds; null when `known` is false. */
void view_seconds(
    struct json_writer *w, const char *name, bool known, usec_t time);

/* The members part, offset_seconds and duration_seconds. */
void view_span_members(
    struct json_writer *w, int part, const struct tracks_span *span);

#endif
