/* SPDX-License-Identifier: MIT */
/* Answers: headers, problems, CORS, and who may call an admin route. */
#include "base/array.h"
#include "gateway.h"
#include "http/access.h"
#include "http/cors.h"
#include "http/problem.h"
#include "tap.h"

static struct arena arena = ARENA_INIT;

static void
test_send(void)
{
	struct response r = {0};
	struct server server = {.variables = {NULL}};
	struct gateway gateway = server_gateway(&server);

	response_reset(&r);
	tap_is_int(r.status, 200, "200 at first");
	r.content_type = "text/plain";
	response_header(&r, "X-A", "1");
	response_header(&r, "X-B", "a\r\nX-Evil: b\t\x7f\x01 \xc3\xbc");
	buf_add(&r.body, "a\0b", 3);
	tap_ok(response_send(&r, &gateway, false), "sent");
	tap_is_str(buf_text(&server.written),
	    "Status: 200 OK\r\nX-A: 1\r\nX-B: a  X-Evil: b    \xc3\xbc\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\na",
	    "headers, one line each");
	tap_ok(memcmp(server.written.data + server.written.len - 3, "a\0b",
		   3) == 0,
	    "and the body");
	buf_reset(&server.written, 0);
	tap_ok(response_send(&r, &gateway, true) &&
		strstr(buf_text(&server.written),
		    "Content-Length: 3\r\n\r\n") != NULL &&
		server.written.data[server.written.len - 1] == '\n',
	    "HEAD: no body, but its length");
	response_reset(&r);
	r.status = 204;
	buf_reset(&server.written, 0);
	tap_ok(response_send(&r, &gateway, false), "sent");
	tap_is_str(buf_text(&server.written), "Status: 204 No Content\r\n\r\n",
	    "a reset leaves nothing");
	buf_free(&server.written);
	response_free(&r);
}

/* Memory that was short, and a client that has gone. */
static void
test_send_failures(void)
{
	struct response r = {0};
	struct server server = {.variables = {NULL}};
	struct gateway gateway = server_gateway(&server);

	response_reset(&r);
	r.content_type = "text/plain";
	buf_puts(&r.body, "body");
	r.body.failed = true;
	tap_ok(!response_send(&r, &gateway, false) && server.writes == 0,
	    "no half of a body");
	r.body.failed = false;
	r.headers.failed = true;
	tap_ok(!response_send(&r, &gateway, false) && server.writes == 0,
	    "nor half of the headers");
	r.headers.failed = false;
	server.writes_left = 1;
	tap_ok(response_send(&r, &gateway, false) && server.writes == 1,
	    "nobody is there: no second try");
	r.body.failed = true;
	response_reset(&r);
	tap_ok(!r.body.failed && r.body.len == 0 && r.content_type == NULL,
	    "a reset ends the failure");
	buf_free(&server.written);
	response_free(&r);
}

static void
test_phrases(void)
{
	tap_is_str(response_phrase(200), "OK", "the first phrase");
	tap_is_str(response_phrase(414), "URI Too Long", "a web server's");
	tap_is_str(response_phrase(505), "HTTP Version Not Supported", "last");
	tap_is_str(response_phrase(299), "Error", "any other");
	tap_is_str(response_phrase(0), "Error", "none");
}

static const struct {
	int status; /* of the error with the index as its code */
	const char *header;
} problems[ERROR__MAX] = {
    [ERROR_OK] = {500, ""},
    [ERROR_INVALID] = {400, ""},
    [ERROR_UNAUTHORIZED] = {401,
	"WWW-Authenticate: Bearer realm=\"setlink\"\r\n"},
    [ERROR_FORBIDDEN] = {403, ""},
    [ERROR_NOT_FOUND] = {404, ""},
    [ERROR_METHOD] = {405, ""},
    [ERROR_CONFLICT] = {409, ""},
    [ERROR_TOO_LARGE] = {413, ""},
    [ERROR_MEDIA_TYPE] = {415, ""},
    [ERROR_TOO_MANY] = {429, "Retry-After: 60\r\n"},
    [ERROR_RETRY] = {503, "Retry-After: 5\r\n"},
    [ERROR_DUPLICATE] = {409, ""},
    [ERROR_UNAVAILABLE] = {503, "Retry-After: 5\r\n"},
    [ERROR_MEMORY] = {503, "Retry-After: 5\r\n"},
    [ERROR_INTERNAL] = {500, ""},
};

static void
test_problems(void)
{
	struct response r = {0};
	struct error err;

	for (int i = 0; i < ERROR__MAX; i++) {
		enum error_code code = (enum error_code)i;

		response_reset(&r);
		(void)error_set(&err, code, "a \"detail\"");
		problem_write(&r, &err);
		tap_ok(r.status == problems[i].status &&
			problem_status(code) == r.status &&
			strcmp(response_phrase(r.status), "Error") != 0,
		    "%s is %d", error_name(code), r.status);
		tap_is_str(buf_text(&r.headers), problems[i].header, "headers");
		tap_is_str(r.content_type, "application/problem+json", "type");
		tap_is_str(buf_text(&r.body),
		    arena_printf(&arena,
			"{\"title\":\"%s\",\"status\":%d,"
			"\"detail\":\"a \\\"detail\\\"\",\"error\":\"%s\"}",
			response_phrase(r.status), r.status,
			response_phrase(r.status)),
		    "body");
	}
	tap_is_int(problem_status(ERROR__MAX), 500, "no code at all");
	response_free(&r);
}

/* What was begun gives way, headers stay. */
static void
test_problem_late(void)
{
	struct response r = {0};
	struct error err;

	response_reset(&r);
	response_header(&r, "Vary", "Origin");
	buf_puts(&r.body, "[1,2");
	r.body.failed = true;
	r.status = 201;
	(void)error_set(&err, ERROR_CONFLICT, "bad \xff byte");
	problem_write(&r, &err);
	tap_is_str(buf_text(&r.headers), "Vary: Origin\r\n", "headers stay");
	tap_is_str(buf_text(&r.body),
	    "{\"title\":\"Conflict\",\"status\":409,\"detail\":"
	    "\"bad \xef\xbf\xbd byte\",\"error\":\"Conflict\"}",
	    "the body does not");
	response_reset(&r);
	problem_write_status(&r, 404);
	tap_ok(r.status == 404 &&
		strncmp(buf_text(&r.body), "{\"title\":\"Not Found\"", 20) == 0,
	    "an error of the web server's");
	response_free(&r);
}

#define LOCAL  "REMOTE_ADDR=127.0.0.1"
#define HOST   "HTTP_HOST=localhost"
#define AUTH   "HTTP_AUTHORIZATION="
#define ORIGIN "HTTP_ORIGIN="

static const struct {
	const char *variables[4];
	enum access_verdict want;
} verdicts[] = {
    {{LOCAL, HOST}, ACCESS_GRANTED},
    {{LOCAL, "HTTP_HOST=localhost:8080"}, ACCESS_GRANTED},
    {{LOCAL, "HTTP_HOST=LocalHost"}, ACCESS_GRANTED},
    {{LOCAL, "HTTP_HOST=127.0.0.1"}, ACCESS_GRANTED},
    {{LOCAL, "HTTP_HOST=127.0.0.1:8080"}, ACCESS_GRANTED},
    {{LOCAL, "HTTP_HOST=[::1]"}, ACCESS_GRANTED},
    {{"REMOTE_ADDR=::1", "HTTP_HOST=[::1]:8080"}, ACCESS_GRANTED},
    {{"REMOTE_ADDR=::ffff:127.0.0.1", HOST}, ACCESS_GRANTED},
    {{LOCAL, HOST, AUTH "Bearer x"}, ACCESS_GRANTED},
    {{LOCAL, HOST, "HTTP_SEC_FETCH_SITE=same-origin"}, ACCESS_GRANTED},
    {{LOCAL, HOST, "HTTP_SEC_FETCH_SITE=none"}, ACCESS_GRANTED},
    {{LOCAL, HOST, "HTTP_SEC_FETCH_SITE=cross-site"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, "HTTP_SEC_FETCH_SITE=same-site"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, "HTTP_SEC_FETCH_SITE=Same-Origin"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, "HTTP_SEC_FETCH_SITE=same-origin, none"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, ORIGIN "http://localhost"}, ACCESS_GRANTED},
    {{LOCAL, HOST, ORIGIN "https://LOCALHOST"}, ACCESS_GRANTED},
    {{LOCAL, HOST, ORIGIN "http://localhost:8080"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, ORIGIN "http://127.0.0.1"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, ORIGIN "http://club.example"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, ORIGIN "localhost"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, ORIGIN "null"}, ACCESS_CROSS_SITE},
    {{LOCAL, HOST, ORIGIN "http://localhost", "HTTP_SEC_FETCH_SITE=cross-site"},
	ACCESS_CROSS_SITE},
    {{LOCAL, HOST, ORIGIN "http://x.example",
	 "HTTP_SEC_FETCH_SITE=same-origin"},
	ACCESS_GRANTED},
    {{LOCAL, ORIGIN "http://localhost"}, ACCESS_NOT_LOOPBACK},

    {{LOCAL}, ACCESS_NOT_LOOPBACK},
    {{HOST}, ACCESS_NOT_LOOPBACK},
    {{"REMOTE_ADDR=", HOST}, ACCESS_NOT_LOOPBACK},
    {{"REMOTE_ADDR=192.0.2.7", HOST}, ACCESS_NOT_LOOPBACK},
    {{"REMOTE_ADDR=::", HOST}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST="}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST=club.example"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST=localhost.club.example"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST=127.0.0.1.club.example"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST=xlocalhost"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST=192.0.2.7"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST=[2001:db8::1]"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, "HTTP_HOST=["}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, HOST, "HTTP_X_FORWARDED_FOR=127.0.0.1"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, HOST, "HTTP_X_REAL_IP=127.0.0.1"}, ACCESS_NOT_LOOPBACK},
    {{LOCAL, HOST, "HTTP_FORWARDED=for=127.0.0.1"}, ACCESS_NOT_LOOPBACK},
    {{"REMOTE_ADDR=192.0.2.1", HOST, "HTTP_X_FORWARDED_FOR=127.0.0.1"},
	ACCESS_NOT_LOOPBACK},
};

static void
test_verdicts(void)
{
	for (size_t i = 0; i < LENGTH(verdicts); i++) {
		struct server server = {.body = {NULL}};
		struct gateway gateway = server_gateway(&server);
		struct config config = {.trusted_proxies = "192.0.2.1"};
		struct request r;

		memcpy(server.variables, verdicts[i].variables,
		    sizeof(verdicts[i].variables));
		request_begin(&r, &arena, &gateway, &config);
		tap_is_int((int)access_judge(&r), (int)verdicts[i].want,
		    "verdict, row %zu", i);
	}
}

static const struct {
	const char *header;
	const char *want; /* NULL: no token */
} tokens[] = {
    {AUTH "Bearer secret", "secret"},
    {AUTH "bearer secret", "secret"},
    {AUTH "BEARER   secret", "secret"},
    {AUTH "Bearer a b", "a b"},
    {AUTH "Bearer ", ""},
    {NULL, NULL},
    {AUTH "", NULL},
    {AUTH "Bearer", NULL},
    {AUTH "Basic c2VjcmV0", NULL},
    {AUTH "secret", NULL},
    {AUTH "Bearersecret", NULL},
};

static void
test_tokens(void)
{
	for (size_t i = 0; i < LENGTH(tokens); i++) {
		struct server server = {.variables = {tokens[i].header}};
		struct gateway gateway = server_gateway(&server);
		struct config config = {.trusted_proxies = ""};
		struct request r;
		const char *token;

		request_begin(&r, &arena, &gateway, &config);
		token = access_token(&r);
		tap_is_str(token == NULL ? "none" : token,
		    tokens[i].want == NULL ? "none" : tokens[i].want,
		    "token, row %zu", i);
	}
}

static void
test_same_token(void)
{
	static const char *const others[] = {
	    "", "secre", "secret1", "Secret", "xecret", "secret "};

	struct error err;
	bool same;

	tap_ok(access_is_same("secret", "secret", &same, &err) && same,
	    "the token");
	for (size_t i = 0; i < LENGTH(others); i++)
		tap_ok(
		    access_is_same(others[i], "secret", &same, &err) && !same,
		    "not '%s'", others[i]);
}

static void
test_refusals(void)
{
	static const enum error_code codes[] = {
	    [ACCESS_NO_TOKEN] = ERROR_UNAUTHORIZED,
	    [ACCESS_WRONG_TOKEN] = ERROR_UNAUTHORIZED,
	    [ACCESS_EXPIRED_TOKEN] = ERROR_UNAUTHORIZED,
	    [ACCESS_NOT_LOOPBACK] = ERROR_FORBIDDEN,
	    [ACCESS_CROSS_SITE] = ERROR_FORBIDDEN,
	};
	struct error err;

	for (int i = ACCESS_NO_TOKEN; i <= ACCESS_CROSS_SITE; i++)
		tap_ok(!access_refuse((enum access_verdict)i, &err) &&
			err.code == codes[i],
		    "%s", err.detail);
}

#define EXPOSE                            \
	"Access-Control-Expose-Headers: " \
	"Link, Location, Retry-After, X-Request-Id\r\n"
#define CLUB "https://club.example"

static const struct {
	const char *origins, *origin, *allow;
	const char *want;
} cors[] = {
    {"", NULL, NULL, ""},
    {"", CLUB, "GET, OPTIONS", ""},
    {CLUB, NULL, NULL, "Vary: Origin\r\n"},
    {CLUB, CLUB, NULL,
	"Vary: Origin\r\nAccess-Control-Allow-Origin: " CLUB "\r\n" EXPOSE},
    {"http://a.example, " CLUB, CLUB, NULL,
	"Vary: Origin\r\nAccess-Control-Allow-Origin: " CLUB "\r\n" EXPOSE},
    {CLUB, CLUB ":8443", NULL, "Vary: Origin\r\n"},
    {CLUB, "http://club.example", NULL, "Vary: Origin\r\n"},
    {CLUB, CLUB ".evil.example", NULL, "Vary: Origin\r\n"},
    {CLUB, "https://club.exampl", NULL, "Vary: Origin\r\n"},
    {CLUB, "null", NULL, "Vary: Origin\r\n"},
    {CLUB, "*", NULL, "Vary: Origin\r\n"},
    {CLUB ",http://a.example", CLUB ",http://a.example", NULL,
	"Vary: Origin\r\n"},
    {"*", NULL, NULL, ""},
    {"*", CLUB, NULL, "Access-Control-Allow-Origin: *\r\n" EXPOSE},
    {"*", CLUB, "GET, OPTIONS",
	"Access-Control-Allow-Origin: *\r\n" EXPOSE
	"Access-Control-Allow-Methods: GET, OPTIONS\r\n"
	"Access-Control-Allow-Headers: "
	"Authorization, Content-Type, X-Request-Id\r\n"
	"Access-Control-Max-Age: 600\r\n"},
    {CLUB, "https://evil.example", "GET, OPTIONS", "Vary: Origin\r\n"},
};

static void
test_cors(void)
{
	struct response r = {0};

	for (size_t i = 0; i < LENGTH(cors); i++) {
		struct server server = {.body = {NULL}};
		struct gateway gateway = server_gateway(&server);
		struct request request = {.gateway = &gateway};

		if (cors[i].origin != NULL)
			server.variables[0] = arena_printf(
			    &arena, "HTTP_ORIGIN=%s", cors[i].origin);
		response_reset(&r);
		cors_write(&r, &request, cors[i].origins, cors[i].allow);
		tap_is_str(
		    buf_text(&r.headers), cors[i].want, "CORS, row %zu", i);
	}
	response_free(&r);
}

int
main(void)
{
	test_send();
	test_send_failures();
	test_phrases();
	test_problems();
	test_problem_late();
	test_verdicts();
	test_tokens();
	test_same_token();
	test_refusals();
	test_cors();
	arena_free(&arena);
	return tap_done();
}
