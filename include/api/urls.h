/* SPDX-License-Identifier: MIT */
/* The URLs that clients are given. */
#ifndef SETLINK_API_URLS_H
#define SETLINK_API_URLS_H

#include <stdbool.h>

#include "api/call.h"
#include "base/error.h"
#include "base/json.h"
#include "dj/sessions.h"
#include "recorder/index.h"
#include "recorder/layout.h"
#include "recorder/tracks.h"

/* The life of a presigned URL when nothing else is asked for, in seconds. */
#define URLS_EXPIRES 3600

/* A file in the bucket and how a client is to save it. */
struct urls_file {
	enum layout_kind kind;
	const struct uuid *recorder_id;
	const struct uuid *recording_id;
	const char *save_as; /* without extension; NULL: the key's name */
	unsigned expires;
};

/* A presigned URL, in the arena; NULL, with `err` set, when it cannot be
 * made. */
const char *urls_presigned(struct call *call, const struct urls_file *file,
    struct error *err) MUST_CHECK;

/* The plain URLs of a recording's files, {public endpoint}/{bucket}/{key}: they
 * differ in their last part only. In the arena. */
struct urls_folder {
	char *url;
	size_t len; /* of what they share */
};

bool urls_folder_open(struct urls_folder *folder, struct call *call,
    const struct uuid *recorder_id, const struct uuid *recording_id,
    struct error *err) MUST_CHECK;

/* That of a file that layout_file knows; until the next call. */
const char *urls_folder_file(struct urls_folder *folder, enum layout_kind kind);

/* The lasting address of a set's OGG file, in the arena; NULL when memory is
 * short. */
const char *urls_lasting(struct call *call, const struct uuid *session_id)
    MUST_CHECK;

/* What to save a set's recording as, in the arena: DJ and date. */
const char *urls_save_as(struct call *call, const struct session *session)
    MUST_CHECK;

/* The same for one part of it; further ones are numbered. */
const char *urls_save_part_as(
    struct call *call, const struct session *session, int part) MUST_CHECK;

/* What a Content-Disposition says of an answer that is to be saved so, with
 * this extension; in the arena. */
const char *urls_attachment(
    struct call *call, const char *save_as, const char *extension) MUST_CHECK;

/* The fragment that has a player begin and end at a part of a file, without
 * "#" (W3C Media Fragments URI 1.0, 4.2.1), to the millisecond; in the
 * arena. */
const char *urls_fragment(struct call *call, const struct tracks_span *span)
    MUST_CHECK;

/* The default life, or the longest that the public may have. */
unsigned urls_default_expires(const struct call *call);

#endif
