/* SPDX-License-Identifier: MIT */
/* Cross-origin requests from browsers (the Fetch standard's CORS protocol). */
#ifndef SETLINK_HTTP_CORS_H
#define SETLINK_HTTP_CORS_H

#include <stdbool.h>

#include "http/request.h"
#include "http/response.h"

/* Whether a page of one of the configured origins sent the request. "*" is not
 * the name of any. */
bool cors_is_configured(const struct request *request, const char *origins);

/* Add the headers that let a page of a configured origin read the answer.
 * `allow` is the Allow header for a preflight, else NULL. */
void cors_write(struct response *response, const struct request *request,
    const char *origins, const char *allow);

#endif
