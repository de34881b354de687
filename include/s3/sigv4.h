/* SPDX-License-Identifier: MIT */
/* AWS Signature Version 4 in a query string ("presigned URL"). */
#ifndef SETLINK_S3_SIGV4_H
#define SETLINK_S3_SIGV4_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"

/* As many parameters a URL can have beside those of the signature. */
#define SIGV4_MAX_PARAMS 16

/* Seven days, the longest life that S3 allows a URL, in seconds. */
#define SIGV4_MAX_EXPIRES 604800

struct sigv4_param {
	const char *name;  /* as it is, not yet encoded; UTF-8 or any bytes */
	const char *value; /* may be "" */
};

/* Who signs, and the signing key of the day, kept between calls. */
struct sigv4_signer;

/* The strings are borrowed. NULL when memory is short. */
struct sigv4_signer *sigv4_signer_new(const char *access_key,
    const char *secret_key, const char *region) MUST_CHECK;
void sigv4_signer_free(struct sigv4_signer *signer);

/* What a URL is made of. The signature is made for `sign`, the URL begins with
 * `shown`; they differ when a proxy between the client and S3 rewrites Host or
 * strips a prefix. */
struct sigv4_url {
	const char *method; /* such as "GET" */
	const struct endpoint *shown;
	const struct endpoint *sign;
	enum url_style style;
	const char *bucket;
	const char *key;                  /* "": the bucket itself */
	const struct sigv4_param *params; /* in any order */
	size_t n_params;
	usec_t now;       /* from 1970 on */
	unsigned expires; /* seconds, 1..SIGV4_MAX_EXPIRES */
};

/* Append the URL to `out`. A key may hold any bytes but NUL; the prefixes of
 * the endpoints are taken as they are, so already percent-encoded.
 * ERROR_INVALID for `now`, `expires` or `n_params` out of range. */
bool sigv4_presign(struct sigv4_signer *signer, const struct sigv4_url *url,
    struct buf *out, struct error *err) MUST_CHECK;

/* Append the URL without query and signature. */
void sigv4_plain_url(const struct sigv4_url *url, struct buf *out);

#endif
