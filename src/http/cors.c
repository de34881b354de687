/* SPDX-License-Identifier: MIT */
/* CORS. */
#include "http/cors.h"

#include <string.h>

#include "base/network.h"

static bool
is_listed(const char *origin, const char *list)
{
	size_t origin_len = strlen(origin), len;
	const char *item;

	while ((item = network_list_item(&list, &len)) != NULL)
		if (len == origin_len && memcmp(item, origin, len) == 0)
			return true;
	return false;
}

bool
cors_is_configured(const struct request *request, const char *origins)
{
	const char *origin = request_header(request, "HTTP_ORIGIN");

	return origin != NULL && is_listed(origin, origins);
}

void
cors_write(struct response *response, const struct request *request,
    const char *origins, const char *allow)
{
	const char *origin = request_header(request, "HTTP_ORIGIN");
	bool any = strcmp(origins, "*") == 0;

	if (origins[0] == '\0')
		return;
	if (!any)
		response_header(response, "Vary", "Origin");
	if (origin == NULL || (!any && !is_listed(origin, origins)))
		return;
	response_header(
	    response, "Access-Control-Allow-Origin", any ? "*" : origin);
	response_header(response, "Access-Control-Expose-Headers",
	    "Link, Location, Retry-After, X-Request-Id");
	if (allow == NULL)
		return;
	response_header(response, "Access-Control-Allow-Methods", allow);
	response_header(response, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, X-Request-Id");
	response_header(response, "Access-Control-Max-Age", "600");
}
