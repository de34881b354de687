/* SPDX-License-Identifier: MIT */
/* The canonical query string of a presigned URL, for s3/sigv4.c. */
#ifndef SETLINK_S3_SIGV4_QUERY_H
#define SETLINK_S3_SIGV4_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "s3/sigv4.h"

#define USEC_PER_DAY (24 * USEC_PER_HOUR)

#define SIGV4_DATE_SIZE  sizeof("20130524")
#define SIGV4_STAMP_SIZE sizeof("20130524T000000Z")

/* What the scratch buffers keep between calls: a key of 1,024 bytes that are
 * all escaped, and as much again of parameters. */
#define SIGV4_SCRATCH 8192

enum sigv4_own {
	SIGV4_ALGORITHM,
	SIGV4_CREDENTIAL,
	SIGV4_DATE,
	SIGV4_EXPIRES,
	SIGV4_SIGNED_HEADERS,
	SIGV4_N_OWN
};

/* An encoded "name=value" somewhere. */
struct sigv4_pair {
	const char *text;
	size_t name_len, len;
};

/* All zero to begin with. */
struct sigv4_query {
	struct buf text; /* the query string that was built last */
	/* The parameters of the signature, sorted and encoded, in one text of
	 * which only time and life differ from URL to URL. */
	struct buf own;
	struct sigv4_pair pairs[SIGV4_N_OWN];
	char *stamp, *expires;
	struct buf others; /* the caller's, encoded */
};

void sigv4_query_free(struct sigv4_query *query);

/* The date of `now`, from 1970 to 9999, as "20130524". */
void sigv4_date(usec_t now, char out[SIGV4_DATE_SIZE]);

/* The time as "20130524T000000Z", of that date. */
void sigv4_stamp(usec_t now, const char *date, char out[SIGV4_STAMP_SIZE]);

/* The queries from now on are of this scope. */
bool sigv4_query_day(struct sigv4_query *query, const char *access_key,
    const char *scope, struct error *err) MUST_CHECK;

/* The query string of a URL into query->text: its parameters and those of the
 * signature, sorted and encoded. */
bool sigv4_query_build(struct sigv4_query *query, const struct sigv4_url *url,
    const char *stamp, struct error *err) MUST_CHECK;

#endif
