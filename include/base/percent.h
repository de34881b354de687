/* SPDX-License-Identifier: MIT */
/* Percent-encoding (RFC 3986, 2.1), as URLs and SigV4 want it: all but
 * A-Z a-z 0-9 - . _ ~ becomes %XX with upper-case digits. */
#ifndef SETLINK_BASE_PERCENT_H
#define SETLINK_BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* For one path segment, or a name or value of a query. */
void percent_encode(struct buf *out, const char *text);

/* For a whole path: "/" stays. */
void percent_encode_path(struct buf *out, const char *path);

/* Decode in place: %XX, and "+" as a space if `plus`. False for a % that no
 * two hex digits follow. The result is NUL-terminated, and may hold NULs: in
 * the input text[*len] must be writable. */
bool percent_decode(char *text, size_t *len, bool plus) MUST_CHECK;

#endif
