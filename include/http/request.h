/* SPDX-License-Identifier: MIT */
/* A request as CGI hands it over, read and checked. */
#ifndef SETLINK_HTTP_REQUEST_H
#define SETLINK_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/network.h"
#include "http/gateway.h"

#define REQUEST_MAX_BODY     (64 * 1024)
#define REQUEST_MAX_SEGMENTS 16
#define REQUEST_MAX_QUERY    32

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER
};

/* A query parameter, decoded. */
struct query_pair {
	const char *name;
	size_t name_len; /* both may hold NUL bytes */
	const char *value;
	size_t value_len;
};

/* All of it lives in the arena, or is the gateway's. */
struct request {
	struct arena *arena;
	const struct gateway *gateway;
	enum http_method method;
	const char *method_name;
	const char *path; /* as the client sent it, without the query */
	const char *segments[REQUEST_MAX_SEGMENTS]; /* decoded */
	size_t n_segments;
	struct query_pair query[REQUEST_MAX_QUERY];
	size_t n_query;
	const char *body;
	size_t body_len;
	char id[65];
	struct network_address client;
	bool client_known;
	char client_text[46];
	bool forwarded;   /* a proxy says that it forwards for somebody else */
	int server_error; /* the status that the web server itself wants to
			   * answer with; 0: none */
};

/* Set the request's id and the client's address: what is known of the worst
 * request. Never fails. */
void request_begin(struct request *request, struct arena *arena,
    const struct gateway *gateway, const struct config *config);

/* Read method, path, query and body; nothing of them when the web server hands
 * over an error of its own, as lighttpd does by server.error-handler. Its 411
 * is none: a POST without a body need not say so (RFC 9112, 6.3). Errors:
 * INVALID, NOT_FOUND (a path with more segments than any route has), TOO_LARGE.
 */
bool request_read(struct request *request, struct error *err) MUST_CHECK;

/* A header by its CGI name, such as "HTTP_ORIGIN"; NULL when it is absent or
 * empty. */
const char *request_header(const struct request *request, const char *name);

#endif
