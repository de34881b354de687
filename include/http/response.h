/* SPDX-License-Identifier: MIT */
/* The answer to a request, kept until it is whole. */
#ifndef SETLINK_HTTP_RESPONSE_H
#define SETLINK_HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "http/gateway.h"

struct response {
	int status;
	const char *content_type; /* NULL: no body */
	struct buf headers;       /* "Name: value\r\n" lines */
	struct buf body;
};

/* Make it empty, with status 200. Memory of small answers is kept for the
 * next one. */
void response_reset(struct response *response);
void response_free(struct response *response);

/* Add a header. Control characters in the value become spaces (RFC 9110,
 * 5.5), so that no value can make a header of its own. */
void response_header(
    struct response *response, const char *name, const char *value);

/* The reason phrase of a status code (RFC 9110, 15); "Error" for one that is
 * never sent. */
const char *response_phrase(int status);

/* Send it all. False when memory was short before anything was sent; a client
 * that has gone is no failure. */
bool response_send(struct response *response, const struct gateway *gateway,
    bool head_only) MUST_CHECK;

#endif
