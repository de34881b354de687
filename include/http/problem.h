/* SPDX-License-Identifier: MIT */
/* Errors as HTTP tells them: application/problem+json (RFC 9457). */
#ifndef SETLINK_HTTP_PROBLEM_H
#define SETLINK_HTTP_PROBLEM_H

#include "base/error.h"
#include "http/gateway.h"
#include "http/response.h"

/* The status code for an error; every code has one. */
int problem_status(enum error_code code);

/* Make `response` the problem that `err` describes. Its headers are kept, so
 * that CORS works for errors too. */
void problem_write(struct response *response, const struct error *err);

/* The same for an error of the web server's own, which has only a status. */
void problem_write_status(struct response *response, int status);

/* Send the problem of a request whose answer found no memory; it needs none
 * itself. It has no headers of CORS, so that a page of another origin sees only
 * that the request failed. Returns its status. */
int problem_send_memory(
    const struct gateway *gateway, const char *request_id, bool head_only);

#endif
