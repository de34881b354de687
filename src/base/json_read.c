/* SPDX-License-Identifier: MIT */
/* The JSON reader: checks that yajl does not make, then yajl's events built
 * into a tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/json.h"
#include "base/json_memory.h"
#include "base/utf8.h"

struct builder {
	struct arena *arena;
	struct json *stack[JSON_MAX_DEPTH]; /* open objects and arrays */
	struct json *last[JSON_MAX_DEPTH];  /* the newest child of each */
	size_t depth;
	const char *name; /* of the member to come */
	size_t name_len;
	struct json *root;
	bool too_deep;
	bool short_of_memory;
};

static int
attach(struct builder *b, struct json *value)
{
	if (b->depth == 0) {
		b->root = value;
		return 1;
	}
	value->name = b->name;
	value->name_len = b->name_len;
	b->name = NULL;
	if (b->last[b->depth - 1] == NULL)
		b->stack[b->depth - 1]->first = value;
	else
		b->last[b->depth - 1]->next = value;
	b->last[b->depth - 1] = value;
	return 1;
}

static struct json *
make(struct builder *b, enum json_type type)
{
	struct json *value = arena_alloc(b->arena, sizeof(*value));

	if (value == NULL)
		b->short_of_memory = true;
	else
		value->type = type;
	return value;
}

static int
add_text(struct builder *b, enum json_type type, const char *text, size_t len)
{
	struct json *value = make(b, type);

	if (value == NULL)
		return 0;
	value->text = arena_copy(b->arena, text, len);
	value->len = len;
	if (value->text == NULL) {
		b->short_of_memory = true;
		return 0;
	}
	return attach(b, value);
}

static int
on_null(void *context)
{
	struct json *value = make(context, JSON_NULL);

	return value != NULL && attach(context, value);
}

static int
on_bool(void *context, int truth)
{
	struct json *value = make(context, JSON_BOOL);

	if (value == NULL)
		return 0;
	value->truth = truth != 0;
	return attach(context, value);
}

static int
on_number(void *context, const char *text, size_t len)
{
	return add_text(context, JSON_NUMBER, text, len);
}

static int
on_string(void *context, const unsigned char *text, size_t len)
{
	return add_text(context, JSON_STRING, (const char *)text, len);
}

static int
on_name(void *context, const unsigned char *text, size_t len)
{
	struct builder *b = context;

	b->name = arena_copy(b->arena, (const char *)text, len);
	b->name_len = len;
	if (b->name == NULL)
		b->short_of_memory = true;
	return b->name != NULL;
}

static int
begin(struct builder *b, enum json_type type)
{
	struct json *value;

	if (b->depth == JSON_MAX_DEPTH) {
		b->too_deep = true;
		return 0;
	}
	value = make(b, type);
	if (value == NULL || !attach(b, value))
		return 0;
	b->stack[b->depth] = value;
	b->last[b->depth] = NULL;
	b->depth++;
	return 1;
}

static int
on_object(void *context)
{
	return begin(context, JSON_OBJECT);
}

static int
on_array(void *context)
{
	return begin(context, JSON_ARRAY);
}

static int
on_end(void *context)
{
	struct builder *b = context;

	b->depth--;
	return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_bool,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_name,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

/* The code unit of \uXXXX at `p`, or -1. */
static long
unit_at(const char *p, const char *end)
{
	char hex[5] = "", *stop;
	long unit;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	memcpy(hex, p + 2, 4);
	if (strspn(hex, "0123456789abcdefABCDEF") != 4)
		return -1;
	unit = strtol(hex, &stop, 16);
	return *stop == '\0' ? unit : -1;
}

/* yajl takes a surrogate that stands alone and writes a "?" for it. A
 * backslash occurs in strings only, so there is no need to know where they
 * begin; where it does not, yajl refuses the text. */
static bool
surrogates_paired(const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		long unit = unit_at(p, end);

		if (unit >= 0xdc00 && unit <= 0xdfff)
			return false;
		if (unit >= 0xd800 && unit <= 0xdbff) {
			long low = unit_at(p + 6, end);

			if (low < 0xdc00 || low > 0xdfff)
				return false;
			p += 6;
		}
		p += unit >= 0 ? 6 : 2;
		if (p >= end)
			break;
	}
	return true;
}

static bool
run(struct builder *b, const char *text, size_t len, size_t *stopped)
{
	struct json_memory memory = {.arena = b->arena};
	yajl_alloc_funcs funcs = json_memory_funcs(&memory);
	yajl_handle handle;
	yajl_status status;

	*stopped = 0;
	if (setjmp(memory.failed) != 0) {
		b->short_of_memory = true;
		return false;
	}
	handle = yajl_alloc(&callbacks, &funcs, b);
	/* Strings are checked before; yajl's own check is not strict. */
	if (handle == NULL ||
	    yajl_config(handle, yajl_dont_validate_strings, 1) == 0) {
		b->short_of_memory = true;
		return false;
	}
	status = yajl_parse(handle, (const unsigned char *)text, len);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(handle);
	*stopped = yajl_get_bytes_consumed(handle);
	return status == yajl_status_ok;
}

bool
json_parse(struct arena *arena, const char *what, const char *text, size_t len,
    struct json **out, struct error *err)
{
	struct builder b = {.arena = arena};
	size_t stopped;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return error_set(err, ERROR_INVALID,
		    "%s: must not begin with a byte order mark", what);
	if (!utf8_valid(text, len))
		return error_set(err, ERROR_INVALID, "%s: not UTF-8", what);
	if (!surrogates_paired(text, len))
		return error_set(err, ERROR_INVALID,
		    "%s: a \\u surrogate stands alone", what);
	if (run(&b, text, len, &stopped) && b.root != NULL && b.depth == 0) {
		*out = b.root;
		return true;
	}
	if (b.short_of_memory)
		return error_memory(err);
	if (b.too_deep)
		return error_set(err, ERROR_INVALID,
		    "%s: nested deeper than %d levels", what, JSON_MAX_DEPTH);
	return error_set(err, ERROR_INVALID,
	    "%s: not valid JSON (near byte %zu)", what, stopped);
}

bool
json_member(const struct json *object, const char *name,
    const struct json **out, struct error *err)
{
	size_t len = strlen(name);
	const struct json *member;

	*out = NULL;
	for (member = object->first; member != NULL; member = member->next) {
		if (member->name_len != len ||
		    memcmp(member->name, name, len) != 0)
			continue;
		if (*out != NULL)
			return error_set(
			    err, ERROR_INVALID, "%s: given twice", name);
		*out = member;
	}
	return true;
}

bool
json_integer(const struct json *value, int64_t *out)
{
	char *end;
	long long number;

	if (value->type != JSON_NUMBER)
		return false;
	errno = 0;
	number = strtoll(value->text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*out = number;
	return true;
}
