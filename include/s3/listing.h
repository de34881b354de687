/* SPDX-License-Identifier: MIT */
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
	const char *bucket;     /* whose page it is; "" when it does not say */
	const char *next_token; /* NULL on the last page */
};

/* Read a page from its XML. Keys are decoded when the page says that they are
 * encoded (encoding-type=url); one that does not decode is left out. The token
 * is as it stands in the page and goes back to the server unchanged.
 * ERROR_INVALID for what is no such page, for one with a DTD, for one that is
 * cut off, and for one that does not say whether it is the last; `out` is empty
 * then. */
bool s3_listing_parse(struct arena *arena, const char *xml, size_t len,
    struct s3_page *out, struct error *err) MUST_CHECK;

/* A listing under way. Begin with a zeroed one but for the first two. */
struct s3_listing {
	const char *prefix; /* of its keys; borrowed */
	usec_t deadline;    /* clock_monotonic: no page is asked for later */

	char *token;     /* of the next page; NULL before the first one */
	bool ended;      /* there is no next page */
	struct buf last; /* the last key that was seen */
};

/* Fetch the next page; everything in `out` lives in the arena. ERROR_INVALID,
 * too, for a page of another bucket, for keys without the prefix, and for what
 * does not bring the listing on: an empty page before the last one, a token
 * that comes again, a page that ends no further than the one before.
 * ERROR_UNAVAILABLE after the deadline. */
bool s3_listing_next(struct s3_client *client, struct s3_listing *listing,
    struct arena *arena, struct s3_page *out, struct error *err) MUST_CHECK;
void s3_listing_free(struct s3_listing *listing);

#endif
