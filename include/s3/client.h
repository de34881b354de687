/* SPDX-License-Identifier: MIT */
/* Requests to an object store: many at a time over kept connections. */
#ifndef SETLINK_S3_CLIENT_H
#define SETLINK_S3_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "s3/sigv4.h"

/* As many transfers run at a time; the same number of connections is kept. */
#define S3_PARALLEL 16

#define S3_ETAG_SIZE 128

struct s3_client;

/* `config` is borrowed. Nothing is loaded or connected yet. */
struct s3_client *s3_client_new(const struct config *config, struct error *err)
    MUST_CHECK;
void s3_client_free(struct s3_client *client);

/* One request and its answer. Begin with a zeroed one. */
struct s3_request {
	const char *method; /* "GET" or "HEAD"; "PUT" of the notifications */
	const char *key;    /* "": the bucket */
	const struct sigv4_param *params;
	size_t n_params;
	const struct buf *content; /* of a PUT */
	size_t max_body;           /* a longer body is ERROR_TOO_LARGE */
	const char *range; /* bytes, such as "0-23"; NULL: all of it. A server
			    * may still send all of it, with status 200 */

	struct buf body;    /* the caller frees it */
	long status;        /* 0 when there was no answer */
	usec_t server_time; /* from Date; 0 when unknown */
	usec_t modified;    /* from Last-Modified, whole seconds; likewise */
	char etag[S3_ETAG_SIZE]; /* without its quotes; "" when there is none,
				  * or a longer one */
	struct error error;      /* ERROR_OK after a 2xx answer */
};

/* Run all requests, S3_PARALLEL at a time, always in path style; how each went
 * is in its `error`: UNAVAILABLE (no connection, too slow, 429, 5xx),
 * FORBIDDEN and UNAUTHORIZED (with S3's own code in the detail), NOT_FOUND,
 * TOO_LARGE, MEMORY, INVALID, INTERNAL. What may be better a moment later is
 * tried up to three times, within a minute for each request. Once the server
 * cannot be reached, the requests that were not yet begun fail with the same
 * error. Redirects are not followed. After an HTTP error `body` holds the
 * first 4 KiB of its explanation. False, with the same error in all requests,
 * only when nothing could be run at all. */
bool s3_client_run(struct s3_client *client, struct s3_request **requests,
    size_t n_requests, struct error *err) MUST_CHECK;

/* Fetch `url` as it is (a presigned one), to see whether it works; the key
 * and the parameters of the request are not used. */
bool s3_client_fetch_url(struct s3_client *client, const char *url,
    struct s3_request *request, struct error *err) MUST_CHECK;

/* Whether `name` is the bucket that its requests go to. */
bool s3_client_is_bucket(const struct s3_client *client, const char *name);

#endif
