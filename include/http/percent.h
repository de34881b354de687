/* Percent-decoding and -encoding (RFC 3986) of what clients send and get. */
#ifndef SETLINK_HTTP_PERCENT_H
#define SETLINK_HTTP_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* Decode %XX, and "+" as a space if `plus`, into the arena. False, with
 * ERROR_INVALID that begins with `what`, for a broken escape. */
bool percent_decode(struct arena *arena, const char *text, size_t len,
    bool plus, const char *what, const char **out, size_t *out_len,
    struct error *err) MUST_CHECK;

/* Append all but unreserved characters as %XX. */
void percent_encode(struct buf *out, const char *text);

#endif
