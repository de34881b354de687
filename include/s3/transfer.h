/* SPDX-License-Identifier: MIT */
/* One transfer by libcurl, for the files of the client. */
#ifndef SETLINK_S3_TRANSFER_H
#define SETLINK_S3_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "s3/client.h"

/* A request in work, and its handle that is kept for the next one. */
struct transfer {
	CURL *easy;
	struct s3_request *request; /* NULL: idle */
	const char *who;            /* before the host in details */
	const char *ca_file;        /* "": the CAs of the system */
	struct buf url;
	int tries;
	usec_t retry_after; /* what the server asks to wait; 0: nothing */
	usec_t deadline;    /* clock_monotonic */
	usec_t resume;      /* when to try again; 0 while it is with libcurl */
	bool too_large;
	bool setup_failed;         /* libcurl refused an option */
	char why[CURL_ERROR_SIZE]; /* libcurl's own words for an error */
};

/* Tell libcurl all options that differ from its defaults or that must not
 * depend on them; `now` is clock_monotonic. False when it refuses one. */
bool transfer_set_options(struct transfer *transfer, usec_t now) MUST_CHECK;

/* Take what the headers of the answer say into the request, and Retry-After
 * (RFC 9110, section 10.2.3). */
void transfer_read_headers(struct transfer *transfer);

/* What came of it: ERROR_OK, or what went wrong, without any secret. */
void transfer_describe(
    const struct transfer *transfer, CURLcode result, struct error *err);

#endif
