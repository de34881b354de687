/* SPDX-License-Identifier: MIT */
/* Reading declared parameters. */
#include "http/param.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

/* RFC 5321, 4.5.3.1.3, less the angle brackets. */
#define MAX_EMAIL 254

/* A value as it was given, before it is checked. */
struct raw {
	bool given;
	const char *text;
	size_t len;
	const struct json *json; /* when it stood in the body */
};

static bool
refuse(const struct param *param, const char *what, struct error *err)
{
	return error_set(
	    err, ERROR_INVALID, "%s: must be %s", param->name, what);
}

bool
param_is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);
	const char *p = choices;

	while (*p != '\0') {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

static bool
read_integer(const struct param *param, const struct raw *raw,
    struct param_value *out, struct error *err)
{
	char *end;

	errno = 0;
	out->number = strtoll(raw->text, &end, 10);
	if ((isdigit((unsigned char)raw->text[0]) || raw->text[0] == '-') &&
	    end == raw->text + raw->len && end != raw->text && errno == 0 &&
	    out->number >= param->min && out->number <= param->max)
		return true;
	return error_set(err, ERROR_INVALID,
	    "%s: must be a whole number from %lld to %lld", param->name,
	    (long long)param->min, (long long)param->max);
}

static bool
read_decimal(const struct param *param, const struct raw *raw,
    struct param_value *out, struct error *err)
{
	char *end;

	out->decimal = strtod(raw->text, &end);
	if ((isdigit((unsigned char)raw->text[0]) || raw->text[0] == '-') &&
	    end == raw->text + raw->len && out->decimal >= (double)param->min &&
	    out->decimal <= (double)param->max)
		return true;
	return error_set(err, ERROR_INVALID,
	    "%s: must be a number from %lld to %lld", param->name,
	    (long long)param->min, (long long)param->max);
}

static bool
read_bool(const struct param *param, const struct raw *raw,
    struct param_value *out, struct error *err)
{
	if (raw->json != NULL) {
		out->truth = raw->json->truth;
		return raw->json->type == JSON_BOOL ||
		    refuse(param, "true or false", err);
	}
	out->truth = strcmp(raw->text, "true") == 0;
	return out->truth || strcmp(raw->text, "false") == 0 ||
	    refuse(param, "true or false", err);
}

/* Of the control characters those that break a line may be allowed. */
static bool
read_text(const struct request *request, const struct param *param,
    const struct raw *raw, struct param_value *out, struct error *err)
{
	bool lines = param->type == PARAM_TEXT;
	const char *text = raw->text;
	size_t len = raw->len, count;

	if (!utf8_valid(text, len))
		return refuse(param, "UTF-8", err);
	utf8_trim(&text, &len);
	if (len == 0 && lines) {
		out->given = false;
		return true;
	}
	count = utf8_count(text, len);
	if ((int64_t)count < param->min || (int64_t)count > param->max)
		return error_set(err, ERROR_INVALID,
		    "%s: must have %lld to %lld characters", param->name,
		    (long long)param->min, (long long)param->max);
	if (utf8_has_control(text, len, lines))
		return refuse(param, "without control characters", err);
	out->text = arena_copy(request->arena, text, len);
	return out->text != NULL || error_memory(err);
}

static bool
read_email(const struct request *request, const struct param *param,
    const struct raw *raw, struct param_value *out, struct error *err)
{
	const char *text = raw->text, *at;
	size_t len = raw->len;

	if (!utf8_valid(text, len))
		return refuse(param, "UTF-8", err);
	utf8_trim(&text, &len);
	if (len == 0) {
		out->given = !param->required;
		return true;
	}
	at = memchr(text, '@', len);
	if (len > MAX_EMAIL || utf8_has_control(text, len, false) ||
	    memchr(text, ' ', len) != NULL || at == NULL || at == text ||
	    at == text + len - 1 ||
	    memchr(at + 1, '@', (size_t)(text + len - at - 1)) != NULL)
		return refuse(param, "an e-mail address", err);
	out->text = arena_copy(request->arena, text, len);
	return out->text != NULL || error_memory(err);
}

static bool
is_among(const struct uuid *id, const struct uuid *ids, size_t n_ids)
{
	size_t i;

	for (i = 0; i < n_ids; i++)
		if (uuid_compare(id, &ids[i]) == 0)
			return true;
	return false;
}

static bool
read_uuids(const struct request *request, const struct param *param,
    const struct raw *raw, struct param_value *out, struct error *err)
{
	const struct json *item = raw->json->first;
	struct uuid *ids = arena_alloc(
	    request->arena, (size_t)param->max * sizeof(*ids));

	if (ids == NULL)
		return error_memory(err);
	out->ids = ids;
	for (out->n_ids = 0; item != NULL; item = item->next) {
		struct uuid id;

		if (item->type != JSON_STRING ||
		    !uuid_parse(item->text, item->len, &id))
			return refuse(param, "a list of UUIDs", err);
		if (is_among(&id, out->ids, out->n_ids))
			return refuse(param, "a list of different UUIDs", err);
		if ((int64_t)out->n_ids == param->max)
			break;
		ids[out->n_ids++] = id;
	}
	return (item == NULL && (int64_t)out->n_ids >= param->min) ||
	    error_set(err, ERROR_INVALID, "%s: must have %lld to %lld items",
		param->name, (long long)param->min, (long long)param->max);
}

/* JSON has types: a number is no string and a string is no number. */
static bool
check_type(const struct param *param, const struct raw *raw, struct error *err)
{
	if (raw->json == NULL)
		return strlen(raw->text) == raw->len ||
		    refuse(param, "without NUL bytes", err);
	switch (param->type) {
	case PARAM_BOOL:
		return true;
	case PARAM_INTEGER:
	case PARAM_DECIMAL:
		return raw->json->type == JSON_NUMBER ||
		    refuse(param, "a number", err);
	case PARAM_UUIDS:
		return raw->json->type == JSON_ARRAY ||
		    refuse(param, "a list", err);
	default:
		if (raw->json->type != JSON_STRING)
			return refuse(param, "a string", err);
		return memchr(raw->text, '\0', raw->len) == NULL ||
		    refuse(param, "without NUL characters", err);
	}
}

static bool
read_value(const struct request *request, const struct param *param,
    const struct raw *raw, struct param_value *out, struct error *err)
{
	if (!check_type(param, raw, err))
		return false;
	switch (param->type) {
	case PARAM_UUID:
		return uuid_parse(raw->text, raw->len, &out->id) ||
		    refuse(param, "a UUID", err);
	case PARAM_UUIDS:
		return read_uuids(request, param, raw, out, err);
	case PARAM_INTEGER:
		return read_integer(param, raw, out, err);
	case PARAM_DECIMAL:
		return read_decimal(param, raw, out, err);
	case PARAM_BOOL:
		return read_bool(param, raw, out, err);
	case PARAM_TIME:
		return (clock_parse(raw->text, raw->len, &out->time) &&
			   out->time >= 0) ||
		    refuse(param,
			"an RFC 3339 time since 1970, such as "
			"2026-11-21T21:00:00Z",
			err);
	case PARAM_CHOICE:
		out->text = raw->text;
		return param_is_choice(param->choices, raw->text) ||
		    error_set(err, ERROR_INVALID, "%s: must be one of %s",
			param->name, param->choices);
	case PARAM_NAME:
	case PARAM_TEXT:
		return read_text(request, param, raw, out, err);
	case PARAM_EMAIL:
		return read_email(request, param, raw, out, err);
	case PARAM_TOKEN:
		out->text = raw->text;
		return true;
	}
	return error_set(err, ERROR_INTERNAL, "%s: no type", param->name);
}

static bool
twice(const struct param *param, struct raw *raw, struct error *err)
{
	if (raw->given)
		return error_set(
		    err, ERROR_INVALID, "%s: given twice", param->name);
	raw->given = true;
	return true;
}

/* The segment of the path at the place of {name} in the pattern. */
static bool
find_in_path(const struct request *request, const char *pattern,
    const struct param *param, struct raw *raw, struct error *err)
{
	size_t name_len = strlen(param->name), index = 0;
	const char *p = pattern;

	for (; *p == '/'; index++) {
		size_t len = strcspn(++p, "/");

		if (len == name_len + 2 && p[0] == '{' &&
		    memcmp(p + 1, param->name, name_len) == 0) {
			raw->text = request->segments[index];
			raw->len = strlen(raw->text);
			return twice(param, raw, err);
		}
		p += len;
	}
	return true;
}

static bool
find_in_query(const struct request *request, const struct param *param,
    struct raw *raw, struct error *err)
{
	size_t name_len = strlen(param->name), i;

	for (i = 0; i < request->n_query; i++) {
		if (request->query[i].name_len != name_len ||
		    memcmp(request->query[i].name, param->name, name_len) != 0)
			continue;
		if (!twice(param, raw, err))
			return false;
		raw->text = request->query[i].value;
		raw->len = request->query[i].value_len;
	}
	return true;
}

/* JSON's null is "not given". */
static bool
find_in_body(const struct json *body, const struct param *param,
    struct raw *raw, struct error *err)
{
	const struct json *member = NULL;

	if (body != NULL && !json_member(body, param->name, &member, err))
		return false;
	if (member == NULL || member->type == JSON_NULL)
		return true;
	if (!twice(param, raw, err))
		return false;
	raw->json = member;
	raw->text = member->text;
	raw->len = member->len;
	return true;
}

static bool
read_param(const struct request *request, const char *pattern,
    const struct json *body, const struct param *param, struct param_value *out,
    struct error *err)
{
	struct raw raw = {0};

	*out = (struct param_value){0};
	if ((param->sources & PARAM_PATH) != 0 &&
	    !find_in_path(request, pattern, param, &raw, err))
		return false;
	if ((param->sources & PARAM_QUERY) != 0 &&
	    !find_in_query(request, param, &raw, err))
		return false;
	if ((param->sources & PARAM_BODY) != 0 &&
	    !find_in_body(body, param, &raw, err))
		return false;
	out->given = raw.given;
	if (raw.given && !read_value(request, param, &raw, out, err))
		return false;
	return out->given || !param->required ||
	    error_set(err, ERROR_INVALID, "%s: is required", param->name);
}

bool
param_is_json(const struct request *request)
{
	static const char json[] = "application/json";
	const char *type = request_header(request, "CONTENT_TYPE");
	size_t len = sizeof(json) - 1;

	return type != NULL && strncasecmp(type, json, len) == 0 &&
	    (type[len] == '\0' || strchr("; \t", type[len]) != NULL);
}

/* The body as an object; NULL when there is none. */
static bool
read_body(const struct request *request, struct json **out, struct error *err)
{
	*out = NULL;
	if (request->body_len == 0)
		return true;
	if (!param_is_json(request))
		return error_set(
		    err, ERROR_MEDIA_TYPE, "the body must be application/json");
	if (!json_parse(request->arena, "body", request->body,
		request->body_len, out, err))
		return false;
	return (*out)->type == JSON_OBJECT ||
	    error_set(err, ERROR_INVALID, "body: must be a JSON object");
}

static bool
takes_body(const struct param *params)
{
	for (; params->name != NULL; params++)
		if ((params->sources & PARAM_BODY) != 0)
			return true;
	return false;
}

bool
param_read(const struct request *request, const char *pattern,
    const struct param *params, struct param_value values[PARAM_MAX],
    struct error *err)
{
	struct json *body = NULL;
	size_t i;

	if (params == NULL)
		return true;
	if (takes_body(params) && !read_body(request, &body, err))
		return false;
	for (i = 0; i < PARAM_MAX && params[i].name != NULL; i++)
		if (!read_param(
			request, pattern, body, &params[i], &values[i], err))
			return false;
	return true;
}
