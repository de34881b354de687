/* SPDX-License-Identifier: MIT */
/* Declared parameters: two bytes for the route, a query and a NUL, then the
 * body. What was taken keeps to what the route declares. */
#include <math.h>

#include "api/routes.h"
#include "base/utf8.h"
#include "gateway.h"

#define MAX_ROUTES 256

static struct arena arena = ARENA_INIT;

static const struct route *
choose_route(struct fuzz_input *in)
{
	static const struct route *routes[MAX_ROUTES];
	static size_t count;

	if (count == 0)
		for (size_t t = 0; route_tables[t] != NULL; t++)
			for (size_t i = 0; i < route_tables[t]->count; i++)
				routes[count++] = &route_tables[t]->routes[i];
	FUZZ_CHECK(count <= MAX_ROUTES);
	return routes[fuzz_below(in, count)];
}

/* The pattern, with an id in place of each {name}. */
static char *
make_uri(const char *pattern, const char *query)
{
	struct buf uri = BUF_INIT;

	while (*pattern != '\0') {
		size_t len = 1 + strcspn(pattern + 1, "/");

		if (pattern[1] == '{')
			buf_puts(&uri, "/8e2c1d34-91f7-4b8e-a1b5-6d5b7c9e3f02");
		else
			buf_add(&uri, pattern, len);
		pattern += len;
	}
	buf_putc(&uri, '?');
	buf_puts(&uri, query);
	if (buf_text(&uri) == NULL)
		abort();
	return uri.data;
}

static void
check_text(const struct param *param, const struct param_value *value)
{
	bool lines = param->type == PARAM_TEXT;
	size_t len = strlen(value->text);
	const char *trimmed = value->text;
	size_t left = len;

	FUZZ_CHECK(utf8_valid(value->text, len));
	FUZZ_CHECK(!utf8_has_control(value->text, len, lines));
	utf8_trim(&trimmed, &left);
	FUZZ_CHECK(left == len);
	if (param->type == PARAM_EMAIL)
		FUZZ_CHECK(len <= 254 && strchr(value->text, '@') != NULL);
	else
		FUZZ_CHECK((int64_t)utf8_count(value->text, len) <= param->max);
}

static void
check_ids(const struct param *param, const struct param_value *value)
{
	FUZZ_CHECK((int64_t)value->n_ids >= param->min);
	FUZZ_CHECK((int64_t)value->n_ids <= param->max);
	for (size_t i = 0; i < value->n_ids; i++)
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(
			    uuid_compare(&value->ids[i], &value->ids[j]) != 0);
}

static void
check_value(const struct param *param, const struct param_value *value)
{
	switch (param->type) {
	case PARAM_INTEGER:
		FUZZ_CHECK(
		    value->number >= param->min && value->number <= param->max);
		break;
	case PARAM_DECIMAL:
		FUZZ_CHECK(isfinite(value->decimal) &&
		    value->decimal >= (double)param->min &&
		    value->decimal <= (double)param->max);
		break;
	case PARAM_TIME:
		FUZZ_CHECK(value->time >= 0 && value->time <= CLOCK_MAX);
		break;
	case PARAM_CHOICE:
		FUZZ_CHECK(param_is_choice(param->choices, value->text));
		break;
	case PARAM_UUIDS:
		check_ids(param, value);
		break;
	case PARAM_EMAIL:
		if (value->text == NULL)
			break;
		/* fall through */
	case PARAM_NAME:
	case PARAM_TEXT:
		check_text(param, value);
		break;
	case PARAM_TOKEN:
		FUZZ_CHECK(value->text != NULL);
		break;
	case PARAM_UUID:
	case PARAM_BOOL:
		break;
	}
}

static void
check(const struct route *route, const struct request *request)
{
	struct param_value values[PARAM_MAX];
	struct error err = {.code = ERROR_OK};

	if (!param_read(request, route->pattern, route->params, values, &err)) {
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
		return;
	}
	for (size_t i = 0; route->params != NULL && i < PARAM_MAX &&
	     route->params[i].name != NULL;
	     i++) {
		FUZZ_CHECK(values[i].given || !route->params[i].required);
		if (values[i].given)
			check_value(&route->params[i], &values[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config config = {.trusted_proxies = ""};
	struct fuzz_input in = {data, size};
	struct fuzz_server server = {.body = {NULL}};
	const struct gateway gateway = fuzz_server_gateway(&server);
	const struct route *route = choose_route(&in);
	char *query = fuzz_text(&in), *body = fuzz_rest(&in);
	char *uri = make_uri(route->pattern, query);
	char length[24];
	struct request request;
	struct error err = {.code = ERROR_OK};

	(void)snprintf(length, sizeof(length), "%zu", in.left);
	fuzz_server_set(&server, "REQUEST_METHOD", "POST");
	fuzz_server_set(&server, "REQUEST_URI", uri);
	fuzz_server_set(&server, "CONTENT_TYPE", "application/json");
	fuzz_server_set(&server, "CONTENT_LENGTH", length);
	server.body.bytes = body;
	server.body.len = in.left;
	request_begin(&request, &arena, &gateway, &config);
	if (request_read(&request, &err))
		check(route, &request);
	else
		FUZZ_CHECK(
		    err.code == ERROR_INVALID || err.code == ERROR_TOO_LARGE);
	fuzz_server_free(&server);
	free(uri);
	free(body);
	free(query);
	arena_reset(&arena);
	return 0;
}
