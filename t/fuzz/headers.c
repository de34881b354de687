/* SPDX-License-Identifier: MIT */
/* Variables of a request: SETLINK_TRUSTED_PROXIES, SETLINK_CORS_ORIGINS, then
 * "NAME=value" each, all with a NUL behind them. */
#include <arpa/inet.h>

#include "gateway.h"
#include "http/access.h"
#include "http/cors.h"

static struct arena arena = ARENA_INIT;

static void
check_id(const char *id)
{
	size_t len = strlen(id);

	FUZZ_CHECK(len > 0 && len <= 64);
	FUZZ_CHECK(strspn(id,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		       "0123456789-_.") == len);
}

static void
check_client(const struct request *request)
{
	struct network_address address;

	if (!request->client_known)
		return;
	FUZZ_CHECK(network_parse_address(
	    request->client_text, strlen(request->client_text), &address));
	FUZZ_CHECK(memcmp(&address, &request->client, sizeof(address)) == 0);
}

/* Who may act as an admin without a token: only this machine itself. */
static void
check_access(const struct request *request)
{
	const char *peer = request_header(request, "REMOTE_ADDR");
	enum access_verdict verdict = access_judge(request);
	const char *token = access_token(request);
	struct network_address address;
	struct error err;
	bool same;

	if (verdict == ACCESS_GRANTED) {
		FUZZ_CHECK(peer != NULL && !request->forwarded);
		FUZZ_CHECK(network_parse_address(peer, strlen(peer), &address));
		FUZZ_CHECK(network_is_loopback(&address));
		FUZZ_CHECK(request_header(request, "HTTP_HOST") != NULL);
	} else {
		FUZZ_CHECK(!access_refuse(verdict, &err));
		FUZZ_CHECK(err.code == ERROR_UNAUTHORIZED ||
		    err.code == ERROR_FORBIDDEN);
	}
	if (token != NULL) {
		FUZZ_CHECK(access_is_same(token, token, &same, &err) && same);
		FUZZ_CHECK(access_is_same(token, "nobody's", &same, &err));
		FUZZ_CHECK(same == (strcmp(token, "nobody's") == 0));
	}
}

static size_t
count_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* An origin is let in only if it is in the list, to the letter. */
static void
check_cors(const struct request *request, const char *origins)
{
	const char *origin = request_header(request, "HTTP_ORIGIN");
	struct response response = {0};
	const char *text, *granted;

	response_reset(&response);
	response_header(&response, "X-Request-Id", request->id);
	response_header(&response, "X-Echo", origin == NULL ? "" : origin);
	text = buf_text(&response.headers);
	if (text == NULL)
		abort();
	/* Whatever is in it, a header is one line. */
	FUZZ_CHECK(count_lines(text) == 2);
	cors_write(&response, request, origins, "GET, OPTIONS");
	text = buf_text(&response.headers);
	if (text == NULL)
		abort();
	fuzz_check_headers(text, text + response.headers.len);
	granted = strstr(text, "\r\nAccess-Control-Allow-Origin: ");
	if (granted != NULL && strcmp(origins, "*") != 0)
		FUZZ_CHECK(origin != NULL && strstr(origins, origin) != NULL);
	response_free(&response);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *proxies = fuzz_text(&in), *origins = fuzz_text(&in);
	const struct config config = {
	    .trusted_proxies = network_list_valid(proxies) ? proxies : ""};
	struct fuzz_server server = {.body = {NULL}};
	const struct gateway gateway = fuzz_server_gateway(&server);
	struct request request;
	struct error err = {.code = ERROR_OK};

	while (in.left > 0)
		fuzz_server_add(&server, fuzz_text(&in));
	request_begin(&request, &arena, &gateway, &config);
	check_id(request.id);
	check_client(&request);
	check_access(&request);
	check_cors(&request, origins);
	if (!request_read(&request, &err))
		FUZZ_CHECK(err.code == ERROR_INVALID ||
		    err.code == ERROR_NOT_FOUND || err.code == ERROR_TOO_LARGE);
	fuzz_server_free(&server);
	arena_reset(&arena);
	free(origins);
	free(proxies);
	return 0;
}
