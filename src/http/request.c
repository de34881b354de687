/* SPDX-License-Identifier: MIT */
/* Reading a request. */
#include "http/request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/percent.h"
#include "base/uuid.h"

/* Of a body that is too large as much as this is read and thrown away, so
 * that the client gets to read the answer. */
#define MAX_DRAIN (1024 * 1024)

static const char *
variable(const struct request *request, const char *name)
{
	const char *value = request->gateway->variable(
	    request->gateway->context, name);

	return value == NULL ? "" : value;
}

const char *
request_header(const struct request *request, const char *name)
{
	const char *value = variable(request, name);

	return value[0] == '\0' ? NULL : value;
}

/* The client's id if it is sane, else a new one. */
static void
set_id(struct request *request)
{
	static const char sane[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-_.";
	const char *given = variable(request, "HTTP_X_REQUEST_ID");
	size_t len = strlen(given);
	struct error ignored;
	struct uuid id;

	if (len > 0 && len < sizeof(request->id) && strspn(given, sane) == len)
		memcpy(request->id, given, len + 1);
	else if (uuid_make(clock_now(), &id, &ignored))
		uuid_format(&id, request->id);
	else
		request->id[0] = '-';
}

/* The start of the last item of the list's first `len` bytes, and its length;
 * NULL when there is none. */
static const char *
last_item(const char *list, size_t len, size_t *item_len)
{
	size_t start;

	while (len > 0 && strchr(", \t", list[len - 1]) != NULL)
		len--;
	start = len;
	while (start > 0 && strchr(", \t", list[start - 1]) == NULL)
		start--;
	*item_len = len - start;
	return len == start ? NULL : list + start;
}

/* X-Forwarded-For from its end, where our own proxies wrote, up to the first
 * address that is none of theirs. What is before that, or before an item that
 * is no address, anybody may have written. */
static void
set_forwarded_client(
    struct request *request, const char *list, const char *proxies)
{
	struct network_address address;
	const char *item;
	size_t left = strlen(list), len;

	while (network_in_list(&request->client, proxies)) {
		item = last_item(list, left, &len);
		if (item == NULL || !network_parse_address(item, len, &address))
			return;
		request->client = address;
		memcpy(request->client_text, item, len);
		request->client_text[len] = '\0';
		left = (size_t)(item - list);
	}
}

/* Whether a proxy says, by any of the headers in use for it, that it speaks for
 * somebody else. An empty one counts. */
static bool
is_forwarded(const struct request *request)
{
	static const char *const names[] = {
	    "HTTP_FORWARDED",
	    "HTTP_X_FORWARDED_FOR",
	    "HTTP_X_FORWARDED_HOST",
	    "HTTP_X_FORWARDED_PORT",
	    "HTTP_X_FORWARDED_PROTO",
	    "HTTP_X_FORWARDED_SERVER",
	    "HTTP_X_REAL_IP",
	    "HTTP_X_CLIENT_IP",
	    "HTTP_CF_CONNECTING_IP",
	    "HTTP_TRUE_CLIENT_IP",
	    "HTTP_VIA",
	};
	const struct gateway *gateway = request->gateway;
	size_t i;

	for (i = 0; i < LENGTH(names); i++)
		if (gateway->variable(gateway->context, names[i]) != NULL)
			return true;
	return false;
}

static void
set_client(struct request *request, const struct config *config)
{
	const char *peer = variable(request, "REMOTE_ADDR");
	const char *list = request_header(request, "HTTP_X_FORWARDED_FOR");
	size_t len = strlen(peer);

	request->forwarded = is_forwarded(request);
	request->client_known = network_parse_address(
	    peer, len, &request->client);
	if (!request->client_known)
		return;
	memcpy(request->client_text, peer, len + 1);
	if (list != NULL)
		set_forwarded_client(request, list, config->trusted_proxies);
}

void
request_begin(struct request *request, struct arena *arena,
    const struct gateway *gateway, const struct config *config)
{
	*request = (struct request){.arena = arena, .gateway = gateway};
	request->path = "";
	request->method = HTTP_OTHER;
	request->method_name = variable(request, "REQUEST_METHOD");
	set_id(request);
	set_client(request, config);
}

static enum http_method
parse_method(const char *name)
{
	static const char *const names[] = {
	    [HTTP_GET] = "GET",
	    [HTTP_HEAD] = "HEAD",
	    [HTTP_POST] = "POST",
	    [HTTP_PUT] = "PUT",
	    [HTTP_DELETE] = "DELETE",
	    [HTTP_OPTIONS] = "OPTIONS",
	};
	size_t i;

	for (i = 0; i < LENGTH(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum http_method)i;
	return HTTP_OTHER;
}

/* The path below the program, not decoded. PATH_INFO comes decoded (RFC 3875,
 * 4.1.5), so REQUEST_URI, which is no part of CGI but which every web server
 * sends, is read where there is one. */
static const char *
raw_path(struct request *request)
{
	const char *uri = variable(request, "REQUEST_URI");
	const char *script = variable(request, "SCRIPT_NAME");
	size_t script_len = strlen(script);
	size_t len = strcspn(uri, "?#");

	if (uri[0] != '/')
		return variable(request, "PATH_INFO");
	/* Called by the program's own address, as in /cgi-bin/setlink.fcgi/… */
	if (script_len > 0 && script_len < len &&
	    strncmp(uri, script, script_len) == 0 && uri[script_len] == '/') {
		uri += script_len;
		len -= script_len;
	}
	return arena_copy(request->arena, uri, len);
}

/* Decode a piece of the path or the query (`plus`) into the arena. */
static bool
decode(const struct request *request, const char *text, size_t len, bool plus,
    const char **out, size_t *out_len, struct error *err)
{
	char *copy = arena_copy(request->arena, text, len);

	if (copy == NULL)
		return error_memory(err);
	if (!percent_decode(copy, &len, plus))
		return error_set(err, ERROR_INVALID,
		    "%s: a %% is not followed by two hex digits",
		    plus ? "query" : "path");
	*out = copy;
	*out_len = len;
	return true;
}

static bool
split_path(struct request *request, struct error *err)
{
	const char *p = request->path;

	while (*p == '/') {
		size_t len = strcspn(++p, "/"), decoded_len;
		const char *segment;

		if (request->n_segments == REQUEST_MAX_SEGMENTS)
			return error_set(
			    err, ERROR_NOT_FOUND, "there is no such resource");
		if (!decode(
			request, p, len, false, &segment, &decoded_len, err))
			return false;
		if (strlen(segment) != decoded_len)
			return error_set(
			    err, ERROR_INVALID, "path: a NUL byte in it");
		request->segments[request->n_segments++] = segment;
		p += len;
	}
	return true;
}

static bool
add_pair(
    struct request *request, const char *text, size_t len, struct error *err)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - text);
	struct query_pair *pair;

	if (len == 0)
		return true;
	if (request->n_query == REQUEST_MAX_QUERY)
		return error_set(err, ERROR_INVALID,
		    "query: more than %d parameters", REQUEST_MAX_QUERY);
	pair = &request->query[request->n_query++];
	if (!decode(request, text, name_len, true, &pair->name, &pair->name_len,
		err))
		return false;
	return decode(request, equals == NULL ? text + len : equals + 1,
	    equals == NULL ? 0 : len - name_len - 1, true, &pair->value,
	    &pair->value_len, err);
}

/* The query as the client sent it: QUERY_STRING is empty where a web server
 * hands over an error of its own. */
static const char *
raw_query(const struct request *request)
{
	const char *uri = variable(request, "REQUEST_URI");
	const char *mark = strchr(uri, '?');

	if (uri[0] == '\0')
		return variable(request, "QUERY_STRING");
	return mark == NULL ? "" : mark + 1;
}

/* application/x-www-form-urlencoded, as URLs carry it. */
static bool
split_query(struct request *request, struct error *err)
{
	const char *p = raw_query(request);

	for (;;) {
		size_t len = strcspn(p, "&");

		if (!add_pair(request, p, len, err))
			return false;
		p += len;
		if (*p == '\0')
			return true;
		p++;
	}
}

static bool
body_length(const struct request *request, size_t *out, struct error *err)
{
	const char *text = variable(request, "CONTENT_LENGTH");
	size_t digits = strspn(text, "0123456789");

	*out = 0;
	if (text[digits] != '\0' || digits > 18)
		return error_set(err, ERROR_INVALID,
		    "Content-Length: must be a number of bytes");
	if (digits > 0)
		*out = strtoull(text, NULL, 10);
	return true;
}

static void
drain(const struct request *request, size_t len)
{
	const struct gateway *gateway = request->gateway;
	char scratch[4096];

	if (len > MAX_DRAIN)
		len = MAX_DRAIN;
	while (len > 0) {
		size_t want = len < sizeof(scratch) ? len : sizeof(scratch);
		size_t got = gateway->read(gateway->context, scratch, want);

		if (got == 0)
			return;
		len -= got;
	}
}

static bool
read_body(struct request *request, struct error *err)
{
	const struct gateway *gateway = request->gateway;
	size_t len;
	char *body;

	if (!body_length(request, &len, err))
		return false;
	if (len > REQUEST_MAX_BODY) {
		drain(request, len);
		return error_set(err, ERROR_TOO_LARGE,
		    "the body has more than %d bytes", REQUEST_MAX_BODY);
	}
	body = arena_alloc(request->arena, len + 1);
	if (body == NULL)
		return error_memory(err);
	if (len > 0 && gateway->read(gateway->context, body, len) != len)
		return error_set(err, ERROR_INVALID,
		    "body: shorter than Content-Length says");
	request->body = body;
	request->body_len = len;
	return true;
}

/* REDIRECT_STATUS is no header, so no client can set it. An ordinary request
 * has none, or 200. */
static void
read_server_error(struct request *request)
{
	long status = strtol(variable(request, "REDIRECT_STATUS"), NULL, 10);

	if (status == 411)
		request->method_name = "POST";
	else if (status >= 400 && status <= 599)
		request->server_error = (int)status;
}

bool
request_read(struct request *request, struct error *err)
{
	read_server_error(request);
	if (request->server_error != 0)
		return true;
	request->method = parse_method(request->method_name);
	request->path = raw_path(request);
	if (request->path == NULL) {
		request->path = "";
		return error_memory(err);
	}
	/* The body first: what is not read of it may cost the answer. */
	return read_body(request, err) && split_path(request, err) &&
	    split_query(request, err);
}
