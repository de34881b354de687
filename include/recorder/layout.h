/* SPDX-License-Identifier: MIT */
/* What the keys of the recorder's bucket mean. */
#ifndef SETLINK_RECORDER_LAYOUT_H
#define SETLINK_RECORDER_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/uuid.h"

/* The longest key that layout_key makes (97 bytes with its NUL) fits. */
#define LAYOUT_KEY_SIZE 128

/* The longest name of a file, with its NUL, fits. */
#define LAYOUT_NAME_SIZE 16

enum layout_kind {
	LAYOUT_FOREIGN, /* not the recorder's: to be passed over */
	LAYOUT_SYSTEM_METADATA,
	LAYOUT_RECORDER_METADATA,
	LAYOUT_SESSION_METADATA,
	LAYOUT_CHUNK,
	LAYOUT_RAW,
	LAYOUT_OGG,
	LAYOUT_FLAC,
	LAYOUT_WAVEFORM,
	LAYOUT_OVERVIEW,
	LAYOUT__MAX
};

/* Ids that a kind does not have are zero. */
struct layout_object {
	enum layout_kind kind;
	struct uuid recorder_id;
	struct uuid session_id;
	int64_t chunk; /* the number of a LAYOUT_CHUNK */
};

/* A file that a session has one of. */
struct layout_file {
	enum layout_kind kind;
	const char *name;      /* in the bucket, such as "data.ogg" */
	const char *format;    /* in the API; NULL: not for download */
	const char *type;      /* the media type that clients need */
	const char *extension; /* of a saved copy, without the dot */
};

/* Read a key. Ids are lower-case UUIDs to the letter: another spelling is
 * another key in S3, so it is foreign, as is all else that does not fit. */
void layout_parse(const char *key, size_t len, struct layout_object *out);

/* What the keys of a session's files begin with, with a NUL. */
#define LAYOUT_FOLDER_SIZE (2 * UUID_TEXT_SIZE + sizeof("/sessions"))
void layout_folder(const struct uuid *recorder_id,
    const struct uuid *session_id, char out[LAYOUT_FOLDER_SIZE]);

/* The key of a session's file, with a NUL. False for a kind that
 * layout_file does not know, or when `size` is too small. */
bool layout_key(enum layout_kind kind, const struct uuid *recorder_id,
    const struct uuid *session_id, char *out, size_t size) MUST_CHECK;

/* The key of a recorder's own metadata, likewise. */
bool layout_recorder_key(const struct uuid *recorder_id, char *out, size_t size)
    MUST_CHECK;

/* The file of this kind; NULL when sessions have no such file (chunks, and
 * what is not below a session). */
const struct layout_file *layout_file(enum layout_kind kind);

/* The file that the API calls `format`; NULL when there is none. */
const struct layout_file *layout_file_by_format(const char *format);

#endif
