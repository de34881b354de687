/* SPDX-License-Identifier: MIT */
/* What the outcome of a request to an object store means. */
#ifndef SETLINK_S3_STATUS_H
#define SETLINK_S3_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* For a CURLcode: total, INTERNAL for what has no better meaning. */
enum error_code s3_status_from_curl(int curl_code);

/* For an HTTP status and S3's name of the error ("" if it gave none): total,
 * ERROR_OK for 2xx only. Wrong credentials are UNAUTHORIZED, what they do not
 * allow is FORBIDDEN. */
enum error_code s3_status_from_http(long status, const char *name);

/* Whether the same request may succeed a moment later. With a CURLcode that
 * is no error the status decides. A server that cannot be reached at all is
 * not worth another try. */
bool s3_status_is_retryable(int curl_code, long status);

/* Whether nothing more can be expected of the server for now. */
bool s3_status_is_down(int curl_code);

/* The <Code> of an S3 error body, such as "NoSuchBucket", into `out`; "" when
 * there is none. Only letters and digits are kept. The body may be cut off. */
void s3_status_name(const char *xml, size_t len, char *out, size_t size);

/* Whether an answer says that there is no such object. A 404 of anything else
 * (no bucket, a proxy's own page) says nothing of objects. */
bool s3_status_is_no_key(long status, const char *xml, size_t len);

#endif
