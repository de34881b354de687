/* SPDX-License-Identifier: MIT */
/* What a metadata.json says of a recorder session, or of a recorder. */
#ifndef SETLINK_RECORDER_METADATA_H
#define SETLINK_RECORDER_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"

/* Longer names are cut; counted in code points. */
#define METADATA_NAME_MAX 200

/* The ids are not here: what the key says of them counts. */
struct metadata {
	const char *name; /* "" when there is none; control characters are
			   * spaces */
	bool has_start;
	usec_t start;
	bool has_end;     /* false while the session is open */
	usec_t end;       /* not before a known start */
	int64_t duration; /* nanoseconds; 0 when it is not known */
	bool closed;
	bool keep;
};

/* Read a session's metadata. A member that is missing, there twice, of a
 * wrong type or out of range counts as absent, and unknown members are passed
 * over: recorders of other versions write into the same bucket. ERROR_INVALID
 * only when the text is no JSON object, ERROR_MEMORY when memory is short.
 * The name lives in `arena`. A recorder's metadata is read the same way: it
 * has only the name. */
bool metadata_parse(struct arena *arena, const char *text, size_t len,
    struct metadata *out, struct error *err) MUST_CHECK;

#endif
