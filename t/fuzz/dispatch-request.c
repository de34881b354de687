/* SPDX-License-Identifier: MIT */
/* Requests for the target `dispatcher`: the grammar of its input. A zero byte
 * always chooses what is most ordinary, so that the shortest input is a request
 * that gets far. */
#include <ctype.h>

#include "api/routes.h"
#include "base/array.h"
#include "base/percent.h"
#include "dispatch.h"
#include "fake-mysql.h"

#define MAX_ROUTES 256
static const struct route *all[MAX_ROUTES];
static size_t n_routes;

static void
add_table(const struct route_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		FUZZ_CHECK(n_routes < MAX_ROUTES);
		all[n_routes++] = &table->routes[i];
	}
}

/* The corpus tells routes by their places, so tables that are new stand behind
 * those that it knows. */
size_t
dispatch_routes(const struct route *const **routes)
{
	*routes = all;
	if (n_routes > 0)
		return n_routes;
	for (size_t t = 0; route_tables[t] != NULL; t++)
		if (route_tables[t] != &metrics_routes)
			add_table(route_tables[t]);
	add_table(&metrics_routes);
	return n_routes;
}

static void
put_id(struct buf *out, unsigned choice)
{
	const struct uuid id = fake_mysql_id(choice);
	char text[UUID_TEXT_SIZE];

	uuid_format(&id, text);
	for (char *p = text; (choice & 0x40) != 0 && *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	buf_puts(out, text);
}

static void
put_time(struct buf *out, unsigned choice)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_format(
	    DISPATCH_NOW + ((usec_t)choice - 128) * 30 * USEC_PER_MIN, text);
	buf_puts(out, text);
}

static void
put_number(struct buf *out, const struct param *param, unsigned choice)
{
	const int64_t numbers[] = {param->min, param->max, param->min - 1,
	    param->max + 1, 0, -1, (int64_t)choice, param->min + choice};

	buf_printf(out, "%lld", (long long)numbers[choice & 7]);
}

static void
put_word(struct buf *out, const char *words, unsigned choice)
{
	const char *p = words;
	size_t n = 1;

	for (; *p != '\0'; p++)
		n += *p == ' ';
	for (n = choice % n, p = words; n > 0; n--)
		p = strchr(p, ' ') + 1;
	buf_add(out, p, strcspn(p, " "));
}

/* A cursor with one id, or with two. */
static void
put_cursor(struct buf *out, unsigned choice)
{
	char id[UUID_TEXT_SIZE];
	const struct uuid from = fake_mysql_id(choice);

	uuid_format(&from, id);
	buf_printf(out, "%016llx", (long long)DISPATCH_NOW);
	for (unsigned i = 0; i <= (choice & 1); i++)
		for (const char *p = id; *p != '\0'; p++)
			if (*p != '-')
				buf_putc(out, *p);
}

static void
put_ids(struct buf *out, unsigned choice)
{
	buf_putc(out, '[');
	for (unsigned i = 0; i < 2 + choice % FAKE_IDS; i++) {
		buf_puts(out, i == 0 ? "\"" : ",\"");
		put_id(out, choice + i);
		buf_putc(out, '"');
	}
	buf_putc(out, ']');
}

/* A value that may do for the parameter, as it stands in a path or query, or
 * between the quotes of a JSON string. */
static void
put_value(struct buf *out, const struct param *param, struct fuzz_input *in)
{
	unsigned choice = fuzz_byte(in);
	char *text;

	switch (param->type) {
	case PARAM_UUID:
		put_id(out, choice);
		return;
	case PARAM_UUIDS:
		put_ids(out, choice);
		return;
	case PARAM_INTEGER:
	case PARAM_DECIMAL:
		put_number(out, param, choice);
		return;
	case PARAM_BOOL:
		buf_puts(out, (choice & 1) == 0 ? "true" : "false");
		return;
	case PARAM_TIME:
		put_time(out, choice);
		return;
	case PARAM_CHOICE:
		put_word(out, param->choices, choice);
		return;
	case PARAM_TOKEN:
		put_cursor(out, choice);
		return;
	case PARAM_EMAIL:
		buf_puts(out, choice == 0 ? "" : "guest@club.example");
		return;
	case PARAM_NAME:
	case PARAM_TEXT:
		break;
	}
	if (choice < 0x80) {
		buf_puts(out, fake_mysql_words[choice % 12]);
		return;
	}
	text = fuzz_text(in);
	percent_encode(out, text);
	free(text);
}

/* A text of the input as it is. */
static void
put_raw(struct buf *out, struct fuzz_input *in)
{
	char *text = fuzz_text(in);

	buf_puts(out, text);
	free(text);
}

/* The segment for {name}; formats of files are the only words in a path. */
static void
put_segment(struct buf *out, const struct route *route, const char *name,
    size_t len, struct fuzz_input *in)
{
	const struct param *param = route->params;
	unsigned choice = fuzz_byte(in);

	while (param != NULL && param->name != NULL &&
	    (strlen(param->name) != len || memcmp(param->name, name, len) != 0))
		param++;
	if (choice >= 0xe0)
		put_raw(out, in);
	else if (param == NULL || param->name == NULL ||
	    param->type == PARAM_UUID)
		put_id(out, choice);
	else
		put_value(out, param, in);
}

static void
put_path(struct buf *out, const struct route *route, struct fuzz_input *in)
{
	const char *p = route->pattern;

	while (*p == '/') {
		size_t len = strcspn(++p, "/");

		buf_putc(out, '/');
		if (p[0] == '{')
			put_segment(out, route, p + 1, len - 2, in);
		else
			buf_add(out, p, len);
		p += len;
	}
}

static void
put_query(
    struct buf *out, const struct param *param, struct fuzz_input *in, bool raw)
{
	buf_putc(out, memchr(out->data, '?', out->len) == NULL ? '?' : '&');
	buf_printf(out, "%s=", param->name);
	if (raw)
		put_raw(out, in);
	else
		put_value(out, param, in);
}

static void
put_member(
    struct buf *out, const struct param *param, struct fuzz_input *in, bool raw)
{
	bool bare = param->type == PARAM_UUIDS || param->type == PARAM_BOOL ||
	    param->type == PARAM_INTEGER || param->type == PARAM_DECIMAL;

	buf_printf(out, "%s\"%s\":", out->len == 0 ? "{" : ",", param->name);
	if (raw) {
		put_raw(out, in);
		return;
	}
	if (!bare)
		buf_putc(out, '"');
	put_value(out, param, in);
	if (!bare)
		buf_putc(out, '"');
}

/* One parameter that is not in the path: left out, once, twice, or raw. */
static void
put_param(struct dispatch_request *request, const struct param *param,
    struct fuzz_input *in)
{
	unsigned choice = fuzz_byte(in);
	bool in_body = (param->sources & PARAM_BODY) != 0 &&
	    ((param->sources & PARAM_QUERY) == 0 || (choice & 0x80) == 0);
	unsigned times = (choice & 7) == 7 ? 2 : 1;

	if (param->sources == PARAM_PATH ||
	    (choice % 8 == 0 && !param->required) || choice % 8 == 6)
		return;
	for (unsigned i = 0; i < times; i++) {
		if (in_body)
			put_member(&request->body, param, in, choice % 8 == 5);
		else
			put_query(&request->uri, param, in, choice % 8 == 5);
	}
}

/* What has happened to an object of one of the ids. */
static void
put_event(struct buf *out, struct fuzz_input *in)
{
	static const char *const names[] = {"s3:ObjectCreated:Put",
	    "s3:ObjectRemoved:Delete", "ObjectCreated:Copy",
	    "s3:ObjectTagging:Put"};
	static const char *const files[] = {"data.ogg", "data.flac",
	    "waveform.dat", "overview.png", "metadata.json", "data.raw",
	    "chunks%2F0000000000000001", "x"};
	unsigned choice = fuzz_byte(in), ids = fuzz_byte(in);

	buf_printf(out,
	    "{\"eventName\":\"%s\",\"s3\":{\"bucket\":"
	    "{\"name\":\"%s\"},\"object\":{\"key\":\"",
	    names[choice & 3],
	    (choice & 0x80) == 0 ? "session-recorder" : "another");
	put_id(out, ids & 7);
	if ((choice & 0x40) == 0) {
		buf_puts(out, "%2Fsessions%2F");
		put_id(out, ids >> 3 & 7);
	}
	buf_printf(out, "%%2F%s\",\"size\":%u,\"eTag\":\"%02x%s\"",
	    files[choice >> 2 & 7], fuzz_byte(in) * 1000, ids,
	    (choice & 0x20) == 0 ? "" : "-2");
	if ((ids & 0x40) != 0)
		buf_printf(out, ",\"sequencer\":\"18EA8852687CF8%02X\"",
		    fuzz_byte(in));
	if ((ids & 0x80) != 0)
		buf_puts(out, ",\"versionId\":\"v\"");
	buf_puts(out, "}},\"eventTime\":\"");
	put_time(out, 128 + choice % 4);
	buf_puts(out, "\"}");
}

/* The route of events reads its body by itself. */
static void
put_events(struct dispatch_request *request, struct fuzz_input *in)
{
	unsigned count = 1 + fuzz_byte(in) % 4;

	if (request->route->access != ROUTE_EVENTS)
		return;
	buf_puts(&request->body, "{\"Records\":[");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			buf_putc(&request->body, ',');
		put_event(&request->body, in);
	}
	buf_putc(&request->body, ']');
}

static const char *const methods[] = {
    [HTTP_GET] = "GET",
    [HTTP_HEAD] = "HEAD",
    [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",
    [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS",
    [HTTP_OTHER] = "PATCH",
};

static void
read_method(struct dispatch_request *request, struct fuzz_input *in)
{
	unsigned choice = fuzz_byte(in);
	enum http_method method = request->route->method;

	if (choice >= 0xc0)
		method = (enum http_method)(choice % LENGTH(methods));
	request->head = method == HTTP_HEAD;
	request->own = method == request->route->method;
	fuzz_server_set(&request->server, "REQUEST_METHOD", methods[method]);
}

/* Who calls, and from where. */
static void
read_caller(struct dispatch_request *request, struct fuzz_input *in)
{
	static const char *const tokens[] = {"Bearer " DISPATCH_TOKEN,
	    "Bearer " DISPATCH_EVENTS, NULL, "Bearer wrong", "Basic eDp5",
	    "Bearer "};
	static const char *const peers[] = {
	    "127.0.0.1", "192.0.2.7", "::1", "2001:db8::1", "unix:", ""};
	static const char *const hosts[] = {
	    "localhost", "127.0.0.1:8080", "club.example", NULL};
	size_t kind = request->route->access == ROUTE_EVENTS ? 1 : 0;
	const char *token = tokens[(fuzz_below(in, 6) + kind) % LENGTH(tokens)];
	const char *peer = peers[fuzz_below(in, LENGTH(peers))];
	const char *host = hosts[fuzz_below(in, LENGTH(hosts))];

	request->stranger = token == NULL && strcmp(peer, "127.0.0.1") != 0 &&
	    strcmp(peer, "::1") != 0;
	if (token != NULL)
		fuzz_server_set(&request->server, "HTTP_AUTHORIZATION", token);
	fuzz_server_set(&request->server, "REMOTE_ADDR", peer);
	if (host != NULL)
		fuzz_server_set(&request->server, "HTTP_HOST", host);
}

/* Headers that the input spells out. */
static void
read_headers(struct dispatch_request *request, struct fuzz_input *in)
{
	static const char *const names[] = {"HTTP_ORIGIN", "HTTP_X_REQUEST_ID",
	    "HTTP_X_FORWARDED_FOR", "HTTP_SEC_FETCH_SITE", "CONTENT_TYPE",
	    "CONTENT_LENGTH", "REDIRECT_STATUS", "SCRIPT_NAME"};
	unsigned choice = fuzz_byte(in);

	for (size_t i = 0; i < LENGTH(names); i++) {
		char *text;

		if ((choice >> i & 1) == 0)
			continue;
		text = fuzz_text(in);
		fuzz_server_set(&request->server, names[i], text);
		free(text);
	}
}

static void
finish(struct dispatch_request *request, size_t raw_len)
{
	char length[24];

	if (request->body.len > 0)
		buf_putc(&request->body, '}');
	if (buf_text(&request->body) == NULL || buf_text(&request->uri) == NULL)
		abort();
	request->server.body.bytes = request->raw_body != NULL
	    ? request->raw_body
	    : buf_text(&request->body);
	request->server.body.len = request->raw_body != NULL
	    ? raw_len
	    : request->body.len;
	(void)snprintf(length, sizeof(length), "%zu", request->server.body.len);
	fuzz_server_set(&request->server, "REQUEST_URI", request->uri.data);
	fuzz_server_set(&request->server, "CONTENT_TYPE", "application/json");
	fuzz_server_set(&request->server, "CONTENT_LENGTH", length);
}

void
dispatch_request_read(struct dispatch_request *request, struct fuzz_input *in)
{
	const struct route *const *routes;
	const struct param *param;
	unsigned extra;

	*request = (struct dispatch_request){.route = NULL};
	extra = (unsigned)dispatch_routes(&routes);
	request->route = routes[fuzz_below(in, extra)];
	read_method(request, in);
	read_caller(request, in);
	read_headers(request, in);
	put_path(&request->uri, request->route, in);
	param = request->route->params;
	for (; param != NULL && param->name != NULL; param++)
		put_param(request, param, in);
	put_events(request, in);
	extra = fuzz_byte(in);
	if ((extra & 1) != 0) {
		buf_putc(&request->uri, '?');
		put_raw(&request->uri, in);
	}
	if ((extra & 2) != 0)
		request->raw_body = fuzz_text(in);
	finish(
	    request, request->raw_body == NULL ? 0 : strlen(request->raw_body));
}

void
dispatch_request_free(struct dispatch_request *request)
{
	fuzz_server_free(&request->server);
	buf_free(&request->uri);
	buf_free(&request->body);
	free(request->raw_body);
}
