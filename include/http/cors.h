/* Cross-origin requests from browsers (the Fetch standard's CORS protocol). */
#ifndef SETLINK_HTTP_CORS_H
#define SETLINK_HTTP_CORS_H

#include "http/request.h"
#include "http/response.h"

/* Add the headers that let a page of a configured origin read the answer.
 * `allow` is the Allow header for a preflight, else NULL. */
void cors_write(struct response *response, const struct request *request,
    const char *origins, const char *allow);

#endif
