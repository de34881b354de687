/* SPDX-License-Identifier: MIT */
/* What has to hold for each answer of the service. */
#include <yajl/yajl_parse.h>

#include "api/exposition.h"
#include "base/array.h"
#include "base/percent.h"
#include "csv-read.h"
#include "dispatch.h"
#include "fake-mysql.h"
#include "fake-system.h"
#include "http/response.h"
#include "recorder/layout.h"

struct answer {
	int status;
	char *headers; /* each line ends with "\r\n"; from malloc */
	const char *body;
	size_t body_len;
};

static const char head[] = "Status: ";

static void
split(struct answer *answer, const char *text, size_t len)
{
	const char *end = memmem(text, len, "\r\n\r\n", 4);
	char line[80];

	FUZZ_CHECK(end != NULL && strncmp(text, head, sizeof(head) - 1) == 0);
	fuzz_check_headers(text, end + 2);
	answer->status = atoi(text + sizeof(head) - 1);
	(void)snprintf(line, sizeof(line), "Status: %d %s\r\n", answer->status,
	    response_phrase(answer->status));
	FUZZ_CHECK(strncmp(text, line, strlen(line)) == 0);
	answer->headers = strndup(text, (size_t)(end + 2 - text));
	if (answer->headers == NULL)
		abort();
	answer->body = end + 4;
	answer->body_len = len - (size_t)(end + 4 - text);
}

/* The value of a header, which is there at most once; NULL without it. */
static const char *
header(const struct answer *answer, const char *name)
{
	char begin[80];
	const char *found;

	(void)snprintf(begin, sizeof(begin), "\r\n%s: ", name);
	found = strstr(answer->headers, begin);
	if (found == NULL)
		return NULL;
	found += strlen(begin);
	FUZZ_CHECK(strstr(found, begin) == NULL);
	return found;
}

static bool
begins(const char *text, const char *with)
{
	return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

/* What a file's URL names lies in the bucket, and is one of the recorder's. */
static void
check_url(const struct config *config, const char *url, size_t len)
{
	const struct endpoint *shown = &config->public_endpoint;
	char want[120];
	struct layout_object object;
	size_t begin, key_len;
	char *key;

	if (config->url_style == URL_STYLE_VIRTUAL)
		(void)snprintf(want, sizeof(want), "http://%s.%s%s/",
		    config->bucket, shown->authority, shown->prefix);
	else
		(void)snprintf(want, sizeof(want), "http://%s%s/%s/",
		    shown->authority, shown->prefix, config->bucket);
	begin = strlen(want);
	FUZZ_CHECK(len > begin && strncmp(url, want, begin) == 0);
	key = strndup(url + begin, len - begin);
	if (key == NULL)
		abort();
	key_len = strcspn(key, "?#");
	key[key_len] = '\0';
	FUZZ_CHECK(percent_decode(key, &key_len, false));
	layout_parse(key, key_len, &object);
	FUZZ_CHECK(layout_file(object.kind) != NULL);
	free(key);
}

/* A walk through JSON: names of URLs are known by their end. */
struct walk {
	const struct config *config;
	bool is_url;
	bool is_status;
	long long status;
};

static int
on_key(void *context, const unsigned char *name, size_t len)
{
	struct walk *walk = context;

	walk->is_url = len >= 3 && memcmp(name + len - 3, "url", 3) == 0;
	walk->is_status = len == 6 && memcmp(name, "status", 6) == 0;
	return 1;
}

static int
on_string(void *context, const unsigned char *text, size_t len)
{
	const struct walk *walk = context;

	if (walk->is_url)
		check_url(walk->config, (const char *)text, len);
	return 1;
}

static int
on_integer(void *context, long long number)
{
	struct walk *walk = context;

	if (walk->is_status)
		walk->status = number;
	return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_map_key = on_key,
    .yajl_string = on_string,
    .yajl_integer = on_integer,
};

/* Strict: valid UTF-8, one value, nothing after it. */
static void
check_json(const struct answer *answer, struct walk *walk)
{
	yajl_handle handle = yajl_alloc(&callbacks, NULL, walk);

	if (handle == NULL)
		abort();
	FUZZ_CHECK(yajl_parse(handle, (const unsigned char *)answer->body,
		       answer->body_len) == yajl_status_ok);
	FUZZ_CHECK(yajl_complete_parse(handle) == yajl_status_ok);
	yajl_free(handle);
}

/* A table: all rows have as many cells as the names of the columns. */
static void
check_csv(const struct answer *answer)
{
	const char *at = answer->body, *end = at + answer->body_len;
	struct buf cell = BUF_INIT;
	size_t columns = 0, count = 0;

	FUZZ_CHECK(answer->body_len > 0);
	while (at < end) {
		bool more = fuzz_csv_cell(&at, &cell);

		/* A number may begin with its sign. */
		if (cell.len > strspn(buf_text(&cell), "+-.0123456789e"))
			fuzz_csv_check(cell.data, cell.len);
		count++;
		if (more)
			continue;
		FUZZ_CHECK(columns == 0 || count == columns);
		columns = count;
		count = 0;
	}
	FUZZ_CHECK(at == end && count == 0);
	buf_free(&cell);
}

/* A CUE sheet: no name ends its quotes, or its line. */
static void
check_cue(const struct answer *answer)
{
	const char *at = answer->body;
	size_t left = answer->body_len, quotes = 0;

	FUZZ_CHECK(utf8_valid(at, left));
	FUZZ_CHECK(memmem(at, left, "\n    INDEX 01 -", 15) == NULL);
	for (; left > 0; at++, left--) {
		FUZZ_CHECK(
		    (unsigned char)*at >= 0x20 || *at == '\r' || *at == '\n');
		quotes += *at == '"';
		if (*at != '\n')
			continue;
		FUZZ_CHECK(quotes == 0 || quotes == 2);
		quotes = 0;
	}
}

/* Lines, each of a sample or a comment. */
static void
check_metrics(const struct answer *answer)
{
	const char *at = answer->body;

	FUZZ_CHECK(answer->body_len > 0 && utf8_valid(at, answer->body_len));
	FUZZ_CHECK(at[answer->body_len - 1] == '\n');
	for (size_t i = 0; i < answer->body_len; i++)
		FUZZ_CHECK((unsigned char)at[i] >= 0x20 || at[i] == '\n');
}

static void
check_body(
    const struct answer *answer, const struct config *config, bool head_only)
{
	const char *type = header(answer, "Content-Type");
	const char *length = header(answer, "Content-Length");
	struct walk walk = {.config = config};

	/* The answer without memory ends with its connection. */
	FUZZ_CHECK(
	    (type == NULL) == (length == NULL) || fake_system.memory_was_short);
	if (type == NULL || head_only) {
		FUZZ_CHECK(answer->body_len == 0);
		return;
	}
	FUZZ_CHECK(
	    length == NULL || strtoull(length, NULL, 10) == answer->body_len);
	if (begins(type, "application/problem+json\r\n")) {
		check_json(answer, &walk);
		FUZZ_CHECK(walk.status == answer->status);
	} else if (begins(type, "application/json\r\n")) {
		check_json(answer, &walk);
	} else if (begins(type, EXPOSITION_TYPE "\r\n")) {
		check_metrics(answer);
	} else if (begins(type, "text/csv")) {
		check_csv(answer);
	} else {
		FUZZ_CHECK(begins(type, "application/x-cue"));
		check_cue(answer);
	}
	FUZZ_CHECK(answer->status < 400 || answer->status == 503 ||
	    begins(type, "application/problem+json"));
}

/* No text from anywhere makes a header of its own. */
static void
check_names(const char *line)
{
	static const char *const known[] = {"Access-Control-Allow-Headers",
	    "Access-Control-Allow-Methods", "Access-Control-Allow-Origin",
	    "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Allow",
	    "Cache-Control", "Content-Disposition", "Content-Length",
	    "Content-Type", "Link", "Location", "Retry-After", "Status", "Vary",
	    "WWW-Authenticate", "X-Content-Type-Options", "X-Request-Id"};
	unsigned seen = 0;

	for (; *line != '\0'; line = strchr(line, '\n') + 1) {
		size_t len = strcspn(line, ":"), i = 0;

		while (i < LENGTH(known) &&
		    (strlen(known[i]) != len ||
			memcmp(known[i], line, len) != 0))
			i++;
		FUZZ_CHECK(i < LENGTH(known));
		FUZZ_CHECK((seen >> i & 1) == 0);
		seen |= 1U << i;
	}
}

static void
check_headers(const struct answer *answer, const struct config *config)
{
	const char *location = header(answer, "Location");
	const char *link = header(answer, "Link");

	check_names(answer->headers);
	FUZZ_CHECK(header(answer, "X-Request-Id") != NULL);
	FUZZ_CHECK(begins(header(answer, "Cache-Control"), "no-store"));
	if (answer->status == 405)
		FUZZ_CHECK(header(answer, "Allow") != NULL);
	if (answer->status == 401)
		FUZZ_CHECK(
		    begins(header(answer, "WWW-Authenticate"), "Bearer"));
	if (answer->status == 503 || answer->status == 429)
		FUZZ_CHECK(header(answer, "Retry-After") != NULL);
	if (answer->status == 302) {
		FUZZ_CHECK(location != NULL);
		check_url(config, location, strcspn(location, "\r"));
	}
	if (link != NULL)
		FUZZ_CHECK(begins(link + 1, config->public_url) &&
		    strstr(link, ">; rel=\"next\"\r\n") != NULL);
}

/* 500 is for what cannot be: nonsense in the database, and these. */
static void
check_failure(const struct answer *answer)
{
	static const char *const known[] = {
	    "no pool is open", "the prepared draw is malformed"};

	if (answer->status != 500 || fake_mysql.nonsense)
		return;
	for (size_t i = 0; i < LENGTH(known); i++)
		if (memmem(answer->body, answer->body_len, known[i],
			strlen(known[i])) != NULL)
			return;
	FUZZ_CHECK(answer->body_len == 0);
}

bool
dispatch_shows(const char *text, size_t len, const char *secret)
{
	size_t secret_len = strlen(secret);

	return memmem(text, len, secret, secret_len) != NULL &&
	    memmem(dispatch_input.at, dispatch_input.left, secret,
		secret_len) == NULL;
}

static void
check_secrets(const char *text, size_t len, bool stranger)
{
	FUZZ_CHECK(!dispatch_shows(text, len, DISPATCH_TOKEN));
	FUZZ_CHECK(!dispatch_shows(text, len, DISPATCH_EVENTS));
	FUZZ_CHECK(!dispatch_shows(text, len, DISPATCH_SECRET));
	FUZZ_CHECK(!stranger || !dispatch_shows(text, len, FAKE_EMAIL));
}

void
dispatch_check_answer(const struct dispatch_request *request,
    const struct config *config, const char *text, size_t len)
{
	struct answer answer;

	split(&answer, text, len);
	check_headers(&answer, config);
	check_body(&answer, config, request->head);
	check_failure(&answer);
	check_secrets(text, len, request->stranger);
	if (request->stranger && request->own &&
	    request->route->access != ROUTE_PUBLIC)
		FUZZ_CHECK(answer.status >= 400);
	free(answer.headers);
}
