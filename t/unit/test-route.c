/* SPDX-License-Identifier: MIT */
/* Routes, and their declared parameters. */
#include "base/array.h"
#include "http/route.h"

#include "gateway.h"
#include "tap.h"

static struct arena arena = ARENA_INIT;

static const struct route sets[] = {
    {HTTP_GET, "/api/sets", ROUTE_PUBLIC, false, NULL, NULL},
    {HTTP_POST, "/api/sets", ROUTE_ADMIN, false, NULL, NULL},
    {HTTP_GET, "/api/sets/{id}", ROUTE_PUBLIC, false, NULL, NULL},
    {HTTP_PUT, "/api/sets/{id}", ROUTE_ADMIN, false, NULL, NULL},
    {HTTP_DELETE, "/api/sets/{id}", ROUTE_ADMIN, false, NULL, NULL},
    {HTTP_GET, "/api/sets/{id}/files", ROUTE_PUBLIC, false, NULL, NULL},
    {HTTP_GET, "/", ROUTE_PUBLIC, false, NULL, NULL},
};

/* In another table, so that its order is no matter. */
static const struct route others[] = {
    {HTTP_GET, "/api/sets/now", ROUTE_PUBLIC, false, NULL, NULL},
    {HTTP_POST, "/api/sync", ROUTE_ADMIN, true, NULL, NULL},
    {HTTP_GET, "/api/{kind}/{id}", ROUTE_PUBLIC, false, NULL, NULL},
};

static const struct route_table first = {sets, LENGTH(sets)};
static const struct route_table second = {others, LENGTH(others)};
static const struct route_table *const tables[] = {&first, &second, NULL};

static const struct {
	const char *method, *uri;
	const char *want; /* pattern, "404", or methods for Allow */
} searches[] = {
    {"GET", "/", "/"},
    {"GET", "/api/sets", "/api/sets"},
    {"HEAD", "/api/sets", "/api/sets"},
    {"POST", "/api/sets", "/api/sets"},
    {"GET", "/api/sets/12", "/api/sets/{id}"},
    {"DELETE", "/api/sets/12", "/api/sets/{id}"},
    {"GET", "/api/sets/now", "/api/sets/now"},
    {"GET", "/api/sets/nowhere", "/api/sets/{id}"},
    {"GET", "/api/sets/NOW", "/api/sets/{id}"},
    {"GET", "/api/sets/n%6fw", "/api/sets/now"},
    {"GET", "/api/sets/a%2Ffiles", "/api/sets/{id}"},
    {"GET", "/api/djs/12", "/api/{kind}/{id}"},
    {"GET", "/api/sets/12/files", "/api/sets/{id}/files"},
    {"GET", "/api/sets/{id}", "/api/sets/{id}"},
    {"POST", "/api/sync", "/api/sync"},

    {"GET", "/api/sets/now%2F", "/api/sets/{id}"},

    {"GET", "", "404"},
    {"GET", "/api", "404"},
    {"GET", "/api%2Fsets", "404"},
    {"GET", "/api/sets%2Fnow", "404"},
    {"GET", "/api/", "404"},
    {"GET", "/api/sets/", "404"},
    {"GET", "/api/sets/12/", "404"},
    {"GET", "//api/sets", "404"},
    {"GET", "/api//sets", "404"},
    {"GET", "/API/sets", "404"},
    {"GET", "/api/sets/12/files/1", "404"},
    {"OPTIONS", "/nowhere", "404"},
    {"TRACE", "/nowhere", "404"},

    {"PUT", "/api/sets", "!GET, HEAD, POST, OPTIONS"},
    {"POST", "/api/sets/12", "!GET, HEAD, PUT, DELETE, OPTIONS"},
    {"PATCH", "/api/sets/12", "!GET, HEAD, PUT, DELETE, OPTIONS"},
    {"DELETE", "/api/sets/now", "!GET, HEAD, OPTIONS"},
    {"GET", "/api/sync", "!POST, OPTIONS"},
    {"HEAD", "/api/sync", "!POST, OPTIONS"},
    {"OPTIONS", "/api/sets", "?GET, HEAD, POST, OPTIONS"},
    {"OPTIONS", "/api/sync", "?POST, OPTIONS"},
};

/* "!" before a refused method, "?" before the answer to OPTIONS. */
static const char *
search(const struct request *request)
{
	const struct route *route = NULL;
	struct error err = {0};
	char allow[64] = "";

	if (!route_find(tables, request, &route, allow, &err))
		return err.code == ERROR_METHOD
		    ? arena_printf(&arena, "!%s", allow)
		    : (err.code == ERROR_NOT_FOUND ? "404" : "another error");
	if (route == NULL)
		return arena_printf(&arena, "?%s", allow);
	if (route->method != request->method &&
	    (route->method != HTTP_GET || request->method != HTTP_HEAD))
		return "a route of another method";
	return route->pattern;
}

static void
test_searches(void)
{
	static const struct config config = {.trusted_proxies = ""};
	char method[40], uri[80];
	struct request r;
	struct error err;

	for (size_t i = 0; i < LENGTH(searches); i++) {
		struct server server = {.variables = {method, uri}};
		struct gateway gateway = server_gateway(&server);

		(void)snprintf(method, sizeof(method), "REQUEST_METHOD=%s",
		    searches[i].method);
		(void)snprintf(
		    uri, sizeof(uri), "REQUEST_URI=%s", searches[i].uri);
		request_begin(&r, &arena, &gateway, &config);
		tap_is_str(request_read(&r, &err) ? search(&r) : err.detail,
		    searches[i].want, "%s %s", searches[i].method,
		    searches[i].uri);
	}
}

#define ANYWHERE PARAM_QUERY | PARAM_BODY
#define NAUGHT   false, 0, 0, NULL

static const struct param params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"n", ANYWHERE, PARAM_INTEGER, false, -5, 100, NULL},
    {"flag", ANYWHERE, PARAM_BOOL, NAUGHT},
    {"at", ANYWHERE, PARAM_TIME, NAUGHT},
    {"kind", ANYWHERE, PARAM_CHOICE, false, 0, 0, "ogg flac mp3"},
    {"name", ANYWHERE, PARAM_NAME, false, 1, 5, NULL},
    {"text", ANYWHERE, PARAM_TEXT, false, 0, 5, NULL},
    {"email", ANYWHERE, PARAM_EMAIL, NAUGHT},
    {"token", ANYWHERE, PARAM_TOKEN, NAUGHT},
    {"q", PARAM_QUERY, PARAM_TOKEN, NAUGHT},
    {"b", PARAM_BODY, PARAM_TOKEN, NAUGHT},
    {"ids", PARAM_BODY, PARAM_UUIDS, false, 2, 3, NULL},
    {NULL, 0, PARAM_TOKEN, NAUGHT},
};

#define N_PARAMS (LENGTH(params) - 1)

/* The ends of the ids. */
static void
describe_ids(struct buf *out, const struct param_value *value)
{
	char text[UUID_TEXT_SIZE];
	size_t i;

	for (i = 0; i < value->n_ids; i++) {
		uuid_format(&value->ids[i], text);
		buf_printf(out, "%s%s", i == 0 ? "" : ",", text + 35);
	}
}

static const char *
describe(const struct param_value values[PARAM_MAX])
{
	struct buf out = BUF_INIT;
	const char *text;

	for (size_t i = 1; i < N_PARAMS; i++) {
		const struct param_value *v = &values[i];

		if (!v->given)
			continue;
		buf_printf(
		    &out, "%s%s=", out.len == 0 ? "" : " ", params[i].name);
		if (params[i].type == PARAM_INTEGER)
			buf_printf(&out, "%lld", (long long)v->number);
		else if (params[i].type == PARAM_BOOL)
			buf_puts(&out, v->truth ? "yes" : "no");
		else if (params[i].type == PARAM_TIME)
			buf_printf(&out, "%lld", (long long)v->time);
		else if (params[i].type == PARAM_UUIDS)
			describe_ids(&out, v);
		else
			buf_printf(
			    &out, "<%s>", v->text == NULL ? "none" : v->text);
	}
	text = arena_copy(&arena, out.data == NULL ? "" : out.data, out.len);
	buf_free(&out);
	return text;
}

/* The values that were read, or the parameter of the error. */
static const char *
read_params(
    const char *path, const char *query, const char *type, const char *body)
{
	static const struct config config = {.trusted_proxies = ""};
	struct server server = {.body = {body}};
	struct gateway gateway = server_gateway(&server);
	struct param_value values[PARAM_MAX];
	struct request r;
	struct error err;

	server.body.len = body == NULL ? 0 : strlen(body);
	server.variables[0] = "REQUEST_METHOD=POST";
	server.variables[1] = arena_printf(
	    &arena, "REQUEST_URI=/x/%s/y?%s", path, query);
	server.variables[2] = type;
	server.variables[3] = arena_printf(
	    &arena, "CONTENT_LENGTH=%zu", server.body.len);
	request_begin(&r, &arena, &gateway, &config);
	if (request_read(&r, &err) &&
	    param_read(&r, "/x/{id}/y", params, values, &err))
		return describe(values);
	if (err.code == ERROR_MEDIA_TYPE)
		return "415";
	if (err.code != ERROR_INVALID || strchr(err.detail, ':') == NULL)
		return "another error";
	return arena_printf(
	    &arena, "!%.*s", (int)strcspn(err.detail, ":"), err.detail);
}

#define ID   "0192f8a1-7b3c-7def-89ab-cdef01234567"
#define IDX  "0192f8a1-7b3c-7def-89ab-cdef0123456"
#define JSON "CONTENT_TYPE=application/json"
#define L50  "01234567890123456789012345678901234567890123456789"

static const struct {
	const char *query, *want; /* "!": refused, with the name */
} in_query[] = {
    {"", ""},
    {"n=0", "n=0"},
    {"n=-5", "n=-5"},
    {"n=100", "n=100"},
    {"n=007", "n=7"},
    {"n=101", "!n"},
    {"n=-6", "!n"},
    {"n=", "!n"},
    {"n=-", "!n"},
    {"n=%2B1", "!n"},
    {"n=+1", "!n"},
    {"n=1.0", "!n"},
    {"n=1e1", "!n"},
    {"n=0x1", "!n"},
    {"n=1%00", "!n"},
    {"n=99999999999999999999", "!n"},
    {"n=1&n=1", "!n"},
    {"n%00=5", ""},
    {"n%00x=5&n=6", "n=6"},
    {"flag=true", "flag=yes"},
    {"flag=false", "flag=no"},
    {"flag=", "!flag"},
    {"flag=1", "!flag"},
    {"flag=TRUE", "!flag"},
    {"at=1970-01-01T00:00:01Z", "at=1000000"},
    {"at=1970-01-01T01:00:00.5%2B01:00", "at=500000"},
    {"at=1970-01-01T01:00:00+01:00", "!at"},
    {"at=1969-12-31T23:59:59Z", "!at"},
    {"at=now", "!at"},
    {"at=1", "!at"},
    {"kind=ogg", "kind=<ogg>"},
    {"kind=mp3", "kind=<mp3>"},
    {"kind=OGG", "!kind"},
    {"kind=og", "!kind"},
    {"kind=ogg+flac", "!kind"},
    {"kind=", "!kind"},
    {"name=a", "name=<a>"},
    {"name=++a+b++", "name=<a b>"},
    {"name=J%C3%BCrgn", "name=<J\xc3\xbcrgn>"},
    {"name=%F0%9F%8E%A7%F0%9F%8E%A7%F0%9F%8E%A7%F0%9F%8E%A7%F0%9F%8E%A7",
	"name=<\xf0\x9f\x8e\xa7\xf0\x9f\x8e\xa7\xf0\x9f\x8e\xa7"
	"\xf0\x9f\x8e\xa7\xf0\x9f\x8e\xa7>"},
    {"name=abcdef", "!name"},
    {"name=", "!name"},
    {"name=+%C2%A0+", "!name"},
    {"name=a%0Ab", "!name"},
    {"name=a%E2%80%AEb", "!name"},
    {"name=%FF", "!name"},
    {"name=a%00", "!name"},
    {"text=a", "text=<a>"},
    {"text=+a%0D%0Ab%0A", "text=<a\r\nb>"},
    {"text=a%0D%0D%0Ab", "text=<a\r\r\nb>"},
    {"text=abcdef", "!text"},
    {"text=", ""},
    {"text=+%0A+", ""},
    {"text=a%09b", "!text"},
    {"text=a%00b", "!text"},
    {"text=a%C2%85b", "!text"},
    {"text=a%E2%80%A8b", "!text"},
    {"text=a%E2%80%AEb", "!text"},
    {"text=%FF", "!text"},
    {"email=a@b", "email=<a@b>"},
    {"email=+J%C3%BC@b.example+", "email=<J\xc3\xbc@b.example>"},
    {"email=", "email=<none>"},
    {"email=+", "email=<none>"},
    {"email=a", "!email"},
    {"email=@b", "!email"},
    {"email=a@", "!email"},
    {"email=a@b@c", "!email"},
    {"email=a+b@c", "!email"},
    {"email=a@b%0D%0AX:y", "!email"},
    {"email=" L50 L50 L50 L50 L50 "@xyz",
	"email=<" L50 L50 L50 L50 L50 "@xyz>"},
    {"email=" L50 L50 L50 L50 L50 "@xyzz", "!email"},
    {"token=", "token=<>"},
    {"token=a+b%2Fc", "token=<a b/c>"},
    {"token=a%00", "!token"},
    {"q=1", "q=<1>"},
    {"b=1", ""},
    {"id=" ID, ""},
    {"ids=" ID, ""},
    {"unknown=1&N=5", ""},
};

static const struct {
	const char *body, *want;
} in_body[] = {
    {"{}", ""},
    {" {\"n\" : 5} ", "n=5"},
    {"{\"n\":-5}", "n=-5"},
    {"{\"n\":-6}", "!n"},
    {"{\"n\":1.0}", "!n"},
    {"{\"n\":1e1}", "!n"},
    {"{\"n\":99999999999999999999}", "!n"},
    {"{\"n\":\"5\"}", "!n"},
    {"{\"n\":true}", "!n"},
    {"{\"n\":[5]}", "!n"},
    {"{\"n\":null}", ""},
    {"{\"n\":1,\"n\":2}", "!n"},
    {"{\"n\":1,\"\\u006e\":2}", "!n"},
    {"{\"flag\":true}", "flag=yes"},
    {"{\"flag\":false}", "flag=no"},
    {"{\"flag\":null}", ""},
    {"{\"flag\":\"true\"}", "!flag"},
    {"{\"flag\":1}", "!flag"},
    {"{\"flag\":{}}", "!flag"},
    {"{\"at\":\"1970-01-01T00:00:01Z\"}", "at=1000000"},
    {"{\"at\":1}", "!at"},
    {"{\"kind\":\"flac\"}", "kind=<flac>"},
    {"{\"kind\":\"wav\"}", "!kind"},
    {"{\"kind\":[\"ogg\"]}", "!kind"},
    {"{\"name\":\" \\u00fc \"}", "name=<\xc3\xbc>"},
    {"{\"name\":\"a\\u0000b\"}", "!name"},
    {"{\"name\":\"a\\tb\"}", "!name"},
    {"{\"name\":\"\"}", "!name"},
    {"{\"name\":{}}", "!name"},
    {"{\"name\":5}", "!name"},
    {"{\"text\":\"a\\nb\"}", "text=<a\nb>"},
    {"{\"text\":\"a\\u0000b\"}", "!text"},
    {"{\"text\":5}", "!text"},
    {"{\"text\":null}", ""},
    {"{\"email\":\"a@b\"}", "email=<a@b>"},
    {"{\"email\":\"\"}", "email=<none>"},
    {"{\"email\":null}", ""},
    {"{\"email\":\"a\\u00a0b@\"}", "!email"},
    {"{\"token\":\"a/b\"}", "token=<a/b>"},
    {"{\"token\":\"a\\u0000\"}", "!token"},
    {"{\"token\":false}", "!token"},
    {"{\"b\":\"1\",\"q\":\"2\"}", "b=<1>"},
    {"{\"ids\":[\"" IDX "1\",\"" IDX "2\"]}", "ids=1,2"},
    {"{\"ids\":[\"" IDX "c\",\"" IDX "B\",\"" IDX "1\"]}", "ids=c,b,1"},
    {"{\"ids\":null}", ""},
    {"{\"ids\":[]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\"]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",\"" IDX "2\",\"" IDX "3\",\"" IDX "4\"]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",\"" IDX "2\",\"" IDX "1\"]}", "!ids"},
    {"{\"ids\":[\"" IDX "a\",\"" IDX "A\"]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",\"\"]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",\"" IDX "2x\"]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",\"" IDX "2\\u0000\"]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",null]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",5]}", "!ids"},
    {"{\"ids\":[\"" IDX "1\",[\"" IDX "2\"]]}", "!ids"},
    {"{\"ids\":\"" IDX "1\"}", "!ids"},
    {"{\"ids\":{}}", "!ids"},
    {"{\"ids\":true}", "!ids"},
    {"{\"ids\":2}", "!ids"},
    {"{\"unknown\":{\"n\":1},\"N\":5}", ""},
    {"[]", "!body"},
    {"null", "!body"},
    {"{\"n\":5", "!body"},
    {" ", "!body"},
    {"\xff", "!body"},
};

static const struct {
	const char *type, *want;
} types[] = {
    {"CONTENT_TYPE=application/json", "n=5"},
    {"CONTENT_TYPE=Application/JSON", "n=5"},
    {"CONTENT_TYPE=application/json;charset=utf-8", "n=5"},
    {"CONTENT_TYPE=application/json ; charset=utf-8", "n=5"},
    {"CONTENT_TYPE=application/json\t;charset=utf-8", "n=5"},
    {NULL, "415"},
    {"CONTENT_TYPE=", "415"},
    {"CONTENT_TYPE=text/plain", "415"},
    {"CONTENT_TYPE=application/json5", "415"},
    {"CONTENT_TYPE=application/problem+json", "415"},
    {"CONTENT_TYPE=application/x-www-form-urlencoded", "415"},
    {"CONTENT_TYPE=text/plain; application/json", "415"},
    {" CONTENT_TYPE= application/json", "415"},
};

static void
test_params(void)
{
	for (size_t i = 0; i < LENGTH(in_query); i++)
		tap_is_str(read_params(ID, in_query[i].query, NULL, NULL),
		    in_query[i].want, "?%s", in_query[i].query);
	for (size_t i = 0; i < LENGTH(in_body); i++)
		tap_is_str(read_params(ID, "", JSON, in_body[i].body),
		    in_body[i].want, "%s", in_body[i].body);
	for (size_t i = 0; i < LENGTH(types); i++)
		tap_is_str(read_params(ID, "", types[i].type, "{\"n\":5}"),
		    types[i].want, "type %s",
		    types[i].type ? types[i].type : "-");
}

static void
test_places(void)
{
	static const struct param none[] = {{NULL, 0, PARAM_TOKEN, NAUGHT}};
	static const struct param required[] = {
	    {"r", ANYWHERE, PARAM_EMAIL, true, 0, 0, NULL},
	    {NULL, 0, PARAM_TOKEN, NAUGHT}};
	struct server server = {.variables = {"CONTENT_TYPE=text/plain"}};
	struct gateway gateway = server_gateway(&server);
	struct request r = {.arena = &arena, .gateway = &gateway};
	struct param_value values[PARAM_MAX];
	struct error err;

	tap_is_str(read_params("12", "", NULL, NULL), "!id", "no UUID");
	tap_is_str(read_params(ID "0", "", NULL, NULL), "!id", "too long");
	tap_is_str(read_params(ID, "n=1", JSON, "{\"n\":1}"), "!n",
	    "in the query and in the body");
	tap_is_str(read_params(ID, "n=1", JSON, "{\"n\":null}"), "n=1",
	    "null does not count");
	tap_is_str(read_params(ID, "n=1", JSON, "{\"token\":\"t\"}"),
	    "n=1 token=<t>", "some here, some there");
	tap_is_str(read_params(ID, "n=1", "CONTENT_TYPE=text/plain", NULL),
	    "n=1", "the type of no body");
	tap_ok(!param_read(&r, "/", required, values, &err) &&
		err.code == ERROR_INVALID &&
		strcmp(err.detail, "r: is required") == 0,
	    "required: %s", err.detail);
	r.query[r.n_query++] = (struct query_pair){"r", 1, "", 0};
	tap_ok(!param_read(&r, "/", required, values, &err) &&
		strcmp(err.detail, "r: is required") == 0,
	    "also when it is empty: %s", err.detail);
	r.body = "x";
	r.body_len = 1;
	tap_ok(param_read(&r, "/", NULL, values, &err), "a route without any");
	tap_ok(param_read(&r, "/", none, values, &err),
	    "takes no offence at a body");
	tap_ok(param_is_choice("a bc", "bc") && !param_is_choice("a bc", "b") &&
		!param_is_choice("a bc", "") && !param_is_choice("", "") &&
		!param_is_choice("a bc", "a bc"),
	    "words of a choice");
}

int
main(void)
{
	test_searches();
	test_params();
	test_places();
	arena_free(&arena);
	return tap_done();
}
