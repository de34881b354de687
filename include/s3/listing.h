/* One page of ListObjectsV2. */
#ifndef SETLINK_S3_LISTING_H
#define SETLINK_S3_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "s3/client.h"

struct s3_object {
	const char *key; /* decoded; any bytes but NUL */
	size_t key_len;
	const char *etag; /* without its quotes; "" when there was none */
	int64_t size;     /* bytes; -1 when there was none */
	usec_t modified;  /* 0 when unknown */
	struct s3_object *next;
};

struct s3_page {
	struct s3_object *objects; /* in the order of their keys */
	size_t count;
	const char *next_token; /* NULL on the last page */
};

/* Read a page from its XML. Keys are decoded when the page says that they are
 * encoded (encoding-type=url); one that does not decode is left out. The token
 * is as it stands in the page and goes back to the server unchanged.
 * ERROR_INVALID for what is no such page, for one with a DTD, and for one that
 * is cut off; `out` is empty then. */
bool s3_listing_parse(struct arena *arena, const char *xml, size_t len,
    struct s3_page *out, struct error *err) MUST_CHECK;

/* Fetch a page of the keys that begin with `prefix`; `token` is NULL for the
 * first one. ERROR_INVALID, too, for an empty page before the last one, and for
 * a token that comes again: the listing would have no end, or a gap. Everything
 * in `out` lives in the arena. */
bool s3_listing_fetch(struct s3_client *client, struct arena *arena,
    const char *prefix, const char *token, struct s3_page *out,
    struct error *err) MUST_CHECK;

#endif
