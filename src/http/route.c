/* SPDX-License-Identifier: MIT */
/* The search for a route. */
#include "http/route.h"

#include <stdio.h>
#include <string.h>

/* How well the path fits the pattern: 0 not at all, else one more than the
 * number of literal segments. */
static unsigned
fit(const char *pattern, const struct request *request)
{
	unsigned literals = 1;
	size_t i = 0;

	while (*pattern == '/') {
		const char *segment;

		if (i == request->n_segments)
			return 0;
		segment = request->segments[i++];
		if (pattern[1] == '{') {
			if (segment[0] == '\0')
				return 0;
			pattern += strcspn(pattern, "}") + 1;
			continue;
		}
		/* A decoded segment may hold a slash. */
		for (pattern++; *segment != '\0' && *segment != '/' &&
		     *segment == *pattern;
		     segment++)
			pattern++;
		if (*segment != '\0' || (*pattern != '/' && *pattern != '\0'))
			return 0;
		literals++;
	}
	return i == request->n_segments ? literals : 0;
}

static const char *
best_pattern(
    const struct route_table *const *tables, const struct request *request)
{
	const char *best = NULL;
	unsigned most = 0;
	size_t i;

	for (; *tables != NULL; tables++) {
		for (i = 0; i < (*tables)->count; i++) {
			unsigned n = fit((*tables)->routes[i].pattern, request);

			if (n > most) {
				most = n;
				best = (*tables)->routes[i].pattern;
			}
		}
	}
	return best;
}

/* The route of this pattern and method, and all methods of the pattern. */
static const struct route *
among(const struct route_table *const *tables, const char *pattern,
    enum http_method method, bool has[HTTP_OTHER])
{
	const struct route *found = NULL;
	size_t i;

	for (; *tables != NULL; tables++) {
		for (i = 0; i < (*tables)->count; i++) {
			const struct route *route = &(*tables)->routes[i];

			if (strcmp(route->pattern, pattern) != 0)
				continue;
			has[route->method] = true;
			if (route->method == method)
				found = route;
		}
	}
	return found;
}

static void
list_methods(const bool has[HTTP_OTHER], char allow[64])
{
	(void)snprintf(allow, 64, "%s%s%s%sOPTIONS",
	    has[HTTP_GET] ? "GET, HEAD, " : "", has[HTTP_POST] ? "POST, " : "",
	    has[HTTP_PUT] ? "PUT, " : "", has[HTTP_DELETE] ? "DELETE, " : "");
}

bool
route_find(const struct route_table *const *tables,
    const struct request *request, const struct route **out, char allow[64],
    struct error *err)
{
	const char *pattern = best_pattern(tables, request);
	enum http_method method = request->method == HTTP_HEAD
	    ? HTTP_GET
	    : request->method;
	bool has[HTTP_OTHER] = {false};

	*out = NULL;
	if (pattern == NULL)
		return error_set(
		    err, ERROR_NOT_FOUND, "there is no such resource");
	*out = among(tables, pattern, method, has);
	if (*out != NULL)
		return true;
	list_methods(has, allow);
	if (method != HTTP_OPTIONS)
		return error_set(
		    err, ERROR_METHOD, "the method must be one of %s", allow);
	return true;
}
