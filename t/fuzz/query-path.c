/* SPDX-License-Identifier: MIT */
/* The address of a request: its method, path and script name, one NUL after
 * each, as they come from a web server. */
#include "api/routes.h"
#include "base/array.h"
#include "base/percent.h"
#include "gateway.h"

static struct arena arena = ARENA_INIT;

static bool
read_request(
    struct request *request, const struct gateway *gateway, struct error *err)
{
	static const struct config config = {.trusted_proxies = ""};

	request_begin(request, &arena, gateway, &config);
	return request_read(request, err);
}

/* The address again, in its canonical spelling. */
static char *
encode(const struct request *request)
{
	struct buf uri = BUF_INIT;

	for (size_t i = 0; i < request->n_segments; i++) {
		buf_putc(&uri, '/');
		percent_encode(&uri, request->segments[i]);
	}
	for (size_t i = 0; i < request->n_query; i++) {
		buf_putc(&uri, i == 0 ? '?' : '&');
		percent_encode(&uri, request->query[i].name);
		buf_putc(&uri, '=');
		percent_encode(&uri, request->query[i].value);
	}
	if (buf_text(&uri) == NULL)
		abort();
	if (uri.len == 0)
		buf_putc(&uri, '/');
	return uri.data;
}

static void
check_same(const struct request *a, const struct request *b)
{
	FUZZ_CHECK(a->n_segments == b->n_segments);
	for (size_t i = 0; i < a->n_segments; i++)
		FUZZ_CHECK(strcmp(a->segments[i], b->segments[i]) == 0);
	FUZZ_CHECK(a->n_query == b->n_query);
	for (size_t i = 0; i < a->n_query; i++) {
		FUZZ_CHECK(strcmp(a->query[i].name, b->query[i].name) == 0);
		FUZZ_CHECK(strcmp(a->query[i].value, b->query[i].value) == 0);
	}
}

/* A path that has no segments at all cannot be written otherwise. */
static void
check_round_trip(const struct request *request)
{
	struct fuzz_server server = {.body = {NULL}};
	const struct gateway gateway = fuzz_server_gateway(&server);
	struct request again;
	struct error err;
	char *uri = encode(request);

	fuzz_server_set(&server, "REQUEST_METHOD", "GET");
	fuzz_server_set(&server, "REQUEST_URI", uri);
	if (request->n_segments > 0) {
		FUZZ_CHECK(read_request(&again, &gateway, &err));
		check_same(request, &again);
	}
	fuzz_server_free(&server);
	free(uri);
}

static void
check_found(const struct request *request, const struct route *route)
{
	const char *p = route->pattern;

	for (size_t i = 0; i < request->n_segments; i++) {
		size_t len = strcspn(p + 1, "/");

		FUZZ_CHECK(p[0] == '/');
		if (p[1] != '{') {
			FUZZ_CHECK(strlen(request->segments[i]) == len);
			FUZZ_CHECK(
			    memcmp(p + 1, request->segments[i], len) == 0);
		}
		p += 1 + len;
	}
	FUZZ_CHECK(p[0] == '\0');
	FUZZ_CHECK(route->method == request->method ||
	    (route->method == HTTP_GET && request->method == HTTP_HEAD));
}

static void
check_route(const struct request *request)
{
	const struct route *route;
	struct error err = {.code = ERROR_OK};
	char allow[64] = "";

	if (route_find(route_tables, request, &route, allow, &err)) {
		if (route != NULL)
			check_found(request, route);
		else
			FUZZ_CHECK(request->method == HTTP_OPTIONS);
	} else {
		FUZZ_CHECK(err.code == ERROR_NOT_FOUND ||
		    (err.code == ERROR_METHOD &&
			strstr(allow, "OPTIONS") != NULL));
	}
}

static void
check_request(const struct request *request)
{
	FUZZ_CHECK(request->n_segments <= REQUEST_MAX_SEGMENTS);
	FUZZ_CHECK(request->n_query <= REQUEST_MAX_QUERY);
	/* What does not begin with a slash is no path. */
	FUZZ_CHECK(
	    request->path[0] != '/' || strstr(request->path, "%00") == NULL);
	for (size_t i = 0; i < request->n_query; i++) {
		const struct query_pair *pair = &request->query[i];

		FUZZ_CHECK(pair->name[pair->name_len] == '\0');
		FUZZ_CHECK(pair->value[pair->value_len] == '\0');
	}
	check_route(request);
	check_round_trip(request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
	    "REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO"};
	struct fuzz_input in = {data, size};
	struct fuzz_server server = {.body = {NULL}};
	const struct gateway gateway = fuzz_server_gateway(&server);
	struct request request;
	struct error err = {.code = ERROR_OK};

	for (size_t i = 0; i < LENGTH(names); i++) {
		char *text = fuzz_text(&in);

		fuzz_server_set(&server, names[i], text);
		free(text);
	}
	if (read_request(&request, &gateway, &err))
		check_request(&request);
	else
		FUZZ_CHECK(
		    err.code == ERROR_INVALID || err.code == ERROR_NOT_FOUND);
	fuzz_server_free(&server);
	arena_reset(&arena);
	return 0;
}
