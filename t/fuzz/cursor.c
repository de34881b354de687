/* SPDX-License-Identifier: MIT */
/* Cursors and limits of lists: a byte for the number of ids, then a query. One
 * that is taken is written again as it was, in a link to the same list. */
#include <ctype.h>

#include "api/list.h"
#include "api/routes.h"
#include "gateway.h"

static const struct param params[] = {
    LIST_PARAMS,
    {"since", PARAM_QUERY, PARAM_TIME, false, 0, 0, NULL},
    TABLE_PARAM,
    {NULL},
};
static const struct route route = {
    HTTP_GET, "/api/{kind}", ROUTE_PUBLIC, false, params, NULL};

static struct arena arena = ARENA_INIT;

/* A page that ends where it begins: the link says the cursor once more. */
static void
fill(struct list *list)
{
	for (unsigned i = 0; i < list->limit; i++)
		FUZZ_CHECK(list_take(list, &list->after));
	FUZZ_CHECK(!list_take(list, &list->after));
	list_end(list);
}

/* Read the address in the Link header as a request. */
static void
check_link(const struct call *call, const char *cursor)
{
	static const char begin[] = "Link: <http://club.example";
	char *link = buf_text(&call->response->headers) == NULL
	    ? NULL
	    : strstr(call->response->headers.data, begin);
	struct fuzz_server server = {.body = {NULL}};
	const struct gateway gateway = fuzz_server_gateway(&server);
	struct param_value again[PARAM_MAX];
	struct request request;
	struct error err;

	FUZZ_CHECK(link != NULL);
	link += sizeof(begin) - 1;
	link[strcspn(link, ">")] = '\0';
	fuzz_server_set(&server, "REQUEST_METHOD", "GET");
	fuzz_server_set(&server, "REQUEST_URI", link);
	request_begin(&request, &arena, &gateway, call->config);
	FUZZ_CHECK(request_read(&request, &err));
	FUZZ_CHECK(request.n_segments == call->request->n_segments);
	FUZZ_CHECK(param_read(&request, route.pattern, params, again, &err));
	FUZZ_CHECK(again[0].given == call->values[0].given);
	FUZZ_CHECK(again[0].number == call->values[0].number);
	FUZZ_CHECK(again[1].given && strcasecmp(again[1].text, cursor) == 0);
	FUZZ_CHECK(again[2].given == call->values[2].given);
	FUZZ_CHECK(again[2].time == call->values[2].time);
	fuzz_server_free(&server);
}

static void
check(struct call *call, size_t n_ids)
{
	struct list list;
	struct error err = {.code = ERROR_OK};

	if (!param_read(
		call->request, route.pattern, params, call->values, &err) ||
	    !list_begin(&list, call, n_ids, &err)) {
		FUZZ_CHECK(err.code == ERROR_INVALID);
		return;
	}
	FUZZ_CHECK(list_rows(&list) >= 2 && list_rows(&list) <= 1001);
	FUZZ_CHECK(list.after.time >= 0 && list.after.time <= CLOCK_MAX);
	fill(&list);
	if (list.has_after)
		check_link(call, call->values[1].text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config config = {
	    .trusted_proxies = "", .public_url = "http://club.example"};
	struct fuzz_input in = {data, size};
	size_t n_ids = 1 + fuzz_below(&in, LIST_MAX_IDS);
	char *query = fuzz_text(&in);
	struct fuzz_server server = {.body = {NULL}};
	const struct gateway gateway = fuzz_server_gateway(&server);
	struct response response = {0};
	struct request request;
	struct call call = {.config = &config,
	    .arena = &arena,
	    .request = &request,
	    .response = &response,
	    .route = &route};
	struct error err;

	response_reset(&response);
	fuzz_server_set(&server, "REQUEST_METHOD", "GET");
	fuzz_server_set(&server, "QUERY_STRING", query);
	fuzz_server_set(&server, "PATH_INFO", "/api/se<t>s,");
	request_begin(&request, &arena, &gateway, &config);
	if (request_read(&request, &err))
		check(&call, n_ids);
	response_free(&response);
	fuzz_server_free(&server);
	arena_reset(&arena);
	free(query);
	return 0;
}
