/* SPDX-License-Identifier: MIT */
/* Routes: constant tables, and the search in them. */
#ifndef SETLINK_HTTP_ROUTE_H
#define SETLINK_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "http/param.h"
#include "http/request.h"

/* ROUTE_EVENTS is for the object store, which has a token of its own,
 * ROUTE_MACHINE for the machine itself and for admins. */
enum route_access { ROUTE_PUBLIC, ROUTE_ADMIN, ROUTE_EVENTS, ROUTE_MACHINE };

/* What a handler is called with; the layer above says what it is. */
struct call;
typedef bool route_handler(struct call *call, struct error *err);

struct route {
	enum http_method method; /* GET also answers HEAD */
	const char *pattern;     /* segments; {name} takes any one */
	enum route_access access;
	bool recorder;              /* part of the recorder integration */
	const struct param *params; /* ends with a NULL name, or NULL */
	route_handler *handler;
};

struct route_table {
	const struct route *routes;
	size_t count;
};

/* Find the route for the request's path and method in a list of tables that
 * ends with NULL. Literal segments win over
 * {name}. Errors: NOT_FOUND; METHOD, and then `allow` (64 bytes) holds what
 * the Allow header is to say. For OPTIONS the result is NULL without an
 * error, and `allow` is filled too. */
bool route_find(const struct route_table *const *tables,
    const struct request *request, const struct route **out, char allow[64],
    struct error *err) MUST_CHECK;

#endif
