/* SPDX-License-Identifier: MIT */
/* Requests: what is read of CGI's variables. */
#include "base/array.h"
#include "http/request.h"

#include <stdlib.h>

#include "base/uuid.h"
#include "gateway.h"
#include "tap.h"

static struct arena arena = ARENA_INIT;

/* "GET a|b ?name=value&…", or the error. */
static const char *
read_request(struct server *server)
{
	struct gateway gateway = server_gateway(server);
	struct config config = {.trusted_proxies = ""};
	struct buf out = BUF_INIT;
	struct request r;
	struct error err;
	const char *text;

	request_begin(&r, &arena, &gateway, &config);
	if (!request_read(&r, &err))
		return arena_printf(
		    &arena, "%s: %s", error_name(err.code), err.detail);
	if (r.server_error != 0)
		return arena_printf(&arena, "server %d", r.server_error);
	buf_printf(&out, "%d", (int)r.method);
	for (size_t i = 0; i < r.n_segments; i++)
		buf_printf(&out, "%s%s", i == 0 ? " " : "|", r.segments[i]);
	for (size_t i = 0; i < r.n_query; i++)
		buf_printf(&out, "%s%s=%s/%zu", i == 0 ? " ?" : "&",
		    r.query[i].name, r.query[i].value, r.query[i].value_len);
	if (r.body_len > 0)
		buf_printf(&out, " %s", r.body);
	text = arena_copy(&arena, out.data, out.len);
	buf_free(&out);
	return text;
}

#define GET  "REQUEST_METHOD=GET"
#define POST "REQUEST_METHOD=POST"

/* Numbers are those of enum http_method. */
static const struct {
	const char *variables[4];
	const char *body, *want;
} requests[] = {
    {{GET, "REQUEST_URI=/"}, NULL, "0 "},
    {{"REQUEST_METHOD=HEAD", "REQUEST_URI=/a"}, NULL, "1 a"},
    {{POST, "REQUEST_URI=/a"}, NULL, "2 a"},
    {{"REQUEST_METHOD=PUT", "REQUEST_URI=/a"}, NULL, "3 a"},
    {{"REQUEST_METHOD=DELETE", "REQUEST_URI=/a"}, NULL, "4 a"},
    {{"REQUEST_METHOD=OPTIONS", "REQUEST_URI=/a"}, NULL, "5 a"},
    {{"REQUEST_METHOD=PATCH", "REQUEST_URI=/a"}, NULL, "6 a"},
    {{"REQUEST_METHOD=get", "REQUEST_URI=/a"}, NULL, "6 a"},
    {{"REQUEST_METHOD=", "REQUEST_URI=/a"}, NULL, "6 a"},
    {{NULL}, NULL, "6"},

    /* Paths. */
    {{GET, "REQUEST_URI=/api/sets/12"}, NULL, "0 api|sets|12"},
    {{GET, "REQUEST_URI=/api/sets/"}, NULL, "0 api|sets|"},
    {{GET, "REQUEST_URI=//a//b"}, NULL, "0 |a||b"},
    {{GET, "REQUEST_URI=/a/../b/."}, NULL, "0 a|..|b|."},
    {{GET, "REQUEST_URI=/a%2Fb/c+d%20e"}, NULL, "0 a/b|c+d e"},
    {{GET, "REQUEST_URI=/a?x=1"}, NULL, "0 a ?x=1/1"},
    {{GET, "REQUEST_URI=/a#b"}, NULL, "0 a"},
    {{GET, "REQUEST_URI=/a/b", "PATH_INFO=/other"}, NULL, "0 a|b"},
    {{GET, "PATH_INFO=/a/b", "QUERY_STRING=x=1"}, NULL, "0 a|b ?x=1/1"},
    {{GET, "REQUEST_URI=http://h/a", "PATH_INFO=/a"}, NULL, "0 a"},
    {{GET, "REQUEST_URI=/cgi/s.fcgi/a?x", "SCRIPT_NAME=/cgi/s.fcgi"}, NULL,
	"0 a ?x=/0"},
    {{GET, "REQUEST_URI=/cgi/s.fcgi", "SCRIPT_NAME=/cgi/s.fcgi"}, NULL,
	"0 cgi|s.fcgi"},
    {{GET, "REQUEST_URI=/a/b", "SCRIPT_NAME=/cgi/s.fcgi"}, NULL, "0 a|b"},
    {{GET, "REQUEST_URI=/?a/", "SCRIPT_NAME=/?a"}, NULL, "0  ?a/=/0"},
    {{GET, "REQUEST_URI=/apis/a", "SCRIPT_NAME=/api"}, NULL, "0 apis|a"},
    {{GET, "REQUEST_URI=/a/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15"}, NULL,
	"0 a|1|2|3|4|5|6|7|8|9|10|11|12|13|14|15"},
    {{GET, "REQUEST_URI=/a/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16"}, NULL,
	"not_found: there is no such resource"},
    {{GET, "REQUEST_URI=/a%00b"}, NULL, "invalid: path: a NUL byte in it"},
    {{GET, "REQUEST_URI=/a%zz"}, NULL,
	"invalid: path: a % is not followed by two hex digits"},

    /* Queries. */
    {{GET, "REQUEST_URI=/?a=1&b=2"}, NULL, "0  ?a=1/1&b=2/1"},
    {{GET, "REQUEST_URI=/?a=1&a=2"}, NULL, "0  ?a=1/1&a=2/1"},
    {{GET, "REQUEST_URI=/?"}, NULL, "0 "},
    {{GET, "REQUEST_URI=/?&&a&&"}, NULL, "0  ?a=/0"},
    {{GET, "REQUEST_URI=/?a="}, NULL, "0  ?a=/0"},
    {{GET, "REQUEST_URI=/?=1"}, NULL, "0  ?=1/1"},
    {{GET, "REQUEST_URI=/?a=b=c?d"}, NULL, "0  ?a=b=c?d/5"},
    {{GET, "REQUEST_URI=/?a=x+y%2Bz%26%3D"}, NULL, "0  ?a=x y+z&=/7"},
    {{GET, "REQUEST_URI=/?%61+=1"}, NULL, "0  ?a =1/1"},
    {{GET, "REQUEST_URI=/?a=1;b=2"}, NULL, "0  ?a=1;b=2/5"},
    {{GET, "REQUEST_URI=/?a=1%002"}, NULL, "0  ?a=1/3"},
    {{GET, "REQUEST_URI=/a", "QUERY_STRING=x=1"}, NULL, "0 a"},
    {{GET, "REQUEST_URI=/?a=%"}, NULL,
	"invalid: query: a % is not followed by two hex digits"},
    {{GET, "REQUEST_URI=/?a=%&b=41"}, NULL,
	"invalid: query: a % is not followed by two hex digits"},

    /* Bodies. */
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=4"}, "body", "2  body"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=2"}, "body", "2  bo"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=04"}, "body", "2  body"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=0"}, "body", "2 "},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH="}, "body", "2 "},
    {{POST, "REQUEST_URI=/"}, "body", "2 "},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=5"}, "body",
	"invalid: body: shorter than Content-Length says"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=1"}, "",
	"invalid: body: shorter than Content-Length says"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=-1"}, NULL,
	"invalid: Content-Length: must be a number of bytes"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=4, 4"}, NULL,
	"invalid: Content-Length: must be a number of bytes"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=0x4"}, NULL,
	"invalid: Content-Length: must be a number of bytes"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH= 4"}, NULL,
	"invalid: Content-Length: must be a number of bytes"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=18446744073709551620"}, NULL,
	"invalid: Content-Length: must be a number of bytes"},
    {{POST, "REQUEST_URI=/", "CONTENT_LENGTH=999999999999999999"}, NULL,
	"too_large: the body has more than 65536 bytes"},

    /* Errors of the web server's own. */
    {{GET, "REQUEST_URI=/%zz", "REDIRECT_STATUS=404"}, NULL, "server 404"},
    {{GET, "REQUEST_URI=/", "REDIRECT_STATUS=503"}, NULL, "server 503"},
    {{GET, "REQUEST_URI=/", "REDIRECT_STATUS=200"}, NULL, "0 "},
    {{GET, "REQUEST_URI=/", "REDIRECT_STATUS=600"}, NULL, "0 "},
    {{GET, "REQUEST_URI=/", "HTTP_REDIRECT_STATUS=404"}, NULL, "0 "},
    {{GET, "REQUEST_URI=/a?x=1", "REDIRECT_STATUS=411"}, NULL, "2 a ?x=1/1"},
};

static void
test_requests(void)
{
	for (size_t i = 0; i < LENGTH(requests); i++) {
		struct server server = {.body = {requests[i].body}};

		memcpy(server.variables, requests[i].variables,
		    sizeof(requests[i].variables));
		if (server.body.bytes != NULL)
			server.body.len = strlen(server.body.bytes);
		tap_is_str(read_request(&server), requests[i].want,
		    "request, row %zu: %s", i,
		    server.variables[1] == NULL ? "" : server.variables[1]);
	}
}

static void
test_many_parameters(void)
{
	struct buf uri = BUF_INIT;
	struct server server = {.variables = {GET}};
	const char *got;

	buf_puts(&uri, "REQUEST_URI=/?");
	for (int i = 0; i < REQUEST_MAX_QUERY; i++)
		buf_puts(&uri, "a&");
	server.variables[1] = buf_text(&uri);
	got = read_request(&server);
	tap_ok(strncmp(got, "0  ?a=/0&", 9) == 0, "32 parameters");
	buf_puts(&uri, "a");
	server.variables[1] = buf_text(&uri);
	tap_is_str(read_request(&server),
	    "invalid: query: more than 32 parameters", "33 parameters");
	buf_free(&uri);
}

/* A body that is too large is read, so that the client reads the answer. */
static void
test_large_body(void)
{
	static char large[REQUEST_MAX_BODY + 1];
	struct server server = {
	    .variables = {POST, "REQUEST_URI=/", "CONTENT_LENGTH=65537"},
	    .body = {.bytes = large, .len = sizeof(large)},
	};

	memset(large, 'x', sizeof(large));
	tap_is_str(read_request(&server),
	    "too_large: the body has more than 65536 bytes", "a byte too many");
	tap_is_int(
	    (long long)server.body.read, REQUEST_MAX_BODY + 1, "but read");
	server.body.read = 0;
	server.variables[2] = "CONTENT_LENGTH=65536";
	tap_ok(strlen(read_request(&server)) == 3 + REQUEST_MAX_BODY,
	    "as large as may be");
}

static const struct {
	const char *peer, *header, *proxies;
	const char *want; /* NULL: not known */
	bool forwarded;
} clients[] = {
    {"192.0.2.7", NULL, "", "192.0.2.7", false},
    {"2001:db8::1", NULL, "", "2001:db8::1", false},
    {"", NULL, "", NULL, false},
    {"unix:", NULL, "", NULL, false},
    {"192.0.2.7", "HTTP_FORWARDED=for=a", "", "192.0.2.7", true},
    {"192.0.2.7", "HTTP_X_REAL_IP=10.0.0.1", "", "192.0.2.7", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=", "", "192.0.2.7", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=10.0.0.1", "", "192.0.2.7", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=10.0.0.1", "192.0.2.8", "192.0.2.7",
	true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=10.0.0.1", "192.0.2.7", "10.0.0.1",
	true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=1.2.3.4, 10.0.0.1", "192.0.2.7",
	"10.0.0.1", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=1.2.3.4,10.0.0.1, 192.0.2.9",
	"192.0.2.0/24", "10.0.0.1", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=192.0.2.8, 192.0.2.9", "192.0.2.0/24",
	"192.0.2.8", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=1.2.3.4, 10.0.0.1:5123", "192.0.2.7",
	"192.0.2.7", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=1.2.3.4, [2001:db8::1]", "192.0.2.7",
	"192.0.2.7", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=1.2.3.4, unknown, 192.0.2.9",
	"192.0.2.0/24", "192.0.2.9", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR= ,10.0.0.1\t, ,", "192.0.2.7",
	"10.0.0.1", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR= , ", "192.0.2.7", "192.0.2.7", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=2001:db8::1", "192.0.2.7",
	"2001:db8::1", true},
    {"192.0.2.7", "HTTP_X_FORWARDED_FOR=unknown", "192.0.2.7", "192.0.2.7",
	true},
    {"::ffff:192.0.2.7", "HTTP_X_FORWARDED_FOR=10.0.0.1", "192.0.2.7",
	"10.0.0.1", true},
};

static void
test_clients(void)
{
	char peer[80];

	for (size_t i = 0; i < LENGTH(clients); i++) {
		struct server server = {.variables = {peer, clients[i].header}};
		struct gateway gateway = server_gateway(&server);
		struct config config = {.trusted_proxies = clients[i].proxies};
		struct request r;

		(void)snprintf(
		    peer, sizeof(peer), "REMOTE_ADDR=%s", clients[i].peer);
		request_begin(&r, &arena, &gateway, &config);
		tap_is_str(r.client_known ? r.client_text : NULL,
		    clients[i].want, "client, row %zu", i);
		tap_ok(r.forwarded == clients[i].forwarded, "%s",
		    clients[i].forwarded ? "forwarded" : "not forwarded");
	}
}

#define S32 "0123456789abcdefghijklmnopqrstuv"

static const struct {
	const char *header;
	bool kept;
} ids[] = {
    {"HTTP_X_REQUEST_ID=abc-DEF_1.2", true},
    {"HTTP_X_REQUEST_ID=" S32 S32, true},
    {"HTTP_X_REQUEST_ID=" S32 S32 "x", false},
    {"HTTP_X_REQUEST_ID=", false},
    {"HTTP_X_REQUEST_ID=a b", false},
    {"HTTP_X_REQUEST_ID=a\r\nX: y", false},
    {"HTTP_X_REQUEST_ID=\xc3\xbc", false},
    {NULL, false},
};

static void
test_ids(void)
{
	struct config config = {.trusted_proxies = ""};
	struct request r;
	struct uuid id;

	for (size_t i = 0; i < LENGTH(ids); i++) {
		struct server server = {.variables = {ids[i].header}};
		struct gateway gateway = server_gateway(&server);

		request_begin(&r, &arena, &gateway, &config);
		tap_ok(ids[i].kept ? strcmp(r.id, ids[i].header + 18) == 0
				   : uuid_parse(r.id, strlen(r.id), &id),
		    "id, row %zu: %s", i, r.id);
		tap_ok(request_header(&r, "HTTP_X") == NULL, "no such header");
	}
}

int
main(void)
{
	test_requests();
	test_many_parameters();
	test_large_body();
	test_clients();
	test_ids();
	arena_free(&arena);
	return tap_done();
}
