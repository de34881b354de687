/* Percent-encoding as SigV4 wants it: all but A-Z a-z 0-9 - . _ ~. */
#ifndef SETLINK_S3_ENCODE_H
#define SETLINK_S3_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/* For a query name or value: "/" is encoded too. */
void s3_encode_query(struct buf *out, const char *text);

/* For an object key as a path: "/" stays. */
void s3_encode_path(struct buf *out, const char *key);

/* Decode a key of a listing with encoding-type=url, in place: %XX and "+" for
 * a space. `text` has `*len` bytes and a NUL behind them, before and after.
 * False for a broken escape or an encoded NUL; the text is spoilt then. */
bool s3_decode_key(char *text, size_t *len) MUST_CHECK;

#endif
