/* SPDX-License-Identifier: MIT */
/* The JSON reader and writer. */
#include "base/array.h"
#include "base/json.h"

#include <stdlib.h>

#include "tap.h"

static struct arena arena = ARENA_INIT;

/* A value in one line of its own: types, names and lengths. */
static void
describe(const struct json *value, struct buf *out)
{
	static const char *const names[] = {
	    "null", "bool", "number", "string", "array", "object"};
	const struct json *child;

	if (value->name != NULL)
		buf_printf(out, "%s/%zu:", value->name, value->name_len);
	if (value->type == JSON_NUMBER || value->type == JSON_STRING)
		buf_printf(out, "%s %s/%zu", names[value->type], value->text,
		    value->len);
	else if (value->type == JSON_BOOL)
		buf_puts(out, value->truth ? "true" : "false");
	else
		buf_puts(out, names[value->type]);
	if (value->type != JSON_ARRAY && value->type != JSON_OBJECT)
		return;
	buf_putc(out, '(');
	for (child = value->first; child != NULL; child = child->next) {
		describe(child, out);
		if (child->next != NULL)
			buf_puts(out, ", ");
	}
	buf_putc(out, ')');
}

/* On the heap, so that the address sanitizer sees a read too far. */
static bool
parse(const char *text, size_t len, struct json **out, struct error *err)
{
	char *copy = malloc(len == 0 ? 1 : len);
	bool ok;

	if (copy == NULL)
		abort();
	memcpy(copy, text, len);
	ok = json_parse(&arena, "body", copy, len, out, err);
	free(copy);
	return ok;
}

static const struct {
	const char *text, *want;
} readings[] = {
    {"null", "null"},
    {"true", "true"},
    {"false", "false"},
    {" \t\r\n0 \t\r\n", "number 0/1"},
    {"-0", "number -0/2"},
    {"-12.50E+3", "number -12.50E+3/9"},
    {"123456789012345678901234567890",
	"number 123456789012345678901234567890"
	"/30"},
    {"1e999", "number 1e999/5"},
    {"\"\"", "string /0"},
    {"\"a b\"", "string a b/3"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "string \"\\/\b\f\n\r\t/8"},
    {"\"\\u0041\\u00fC\\u20ac\"", "string A\xc3\xbc\xe2\x82\xac/6"},
    {"\"\xc3\xbc\x7f\"", "string \xc3\xbc\x7f/3"},
    {"\"\\ud83c\\udfa7\"", "string \xf0\x9f\x8e\xa7/4"},
    {"\"\\uDBFF\\uDFFF\"", "string \xf4\x8f\xbf\xbf/4"},
    {"\"\\ud7ff\\ue000\"", "string \xed\x9f\xbf\xee\x80\x80/6"},
    {"\"\\\\ud800\"", "string \\ud800/6"},
    {"\"\\\\\\\\ud800\"", "string \\\\ud800/7"},
    {"\"a\\u0000b\"", "string a/3"},
    {"\"// no /* comment */\"", "string // no /* comment *//19"},
    {"[]", "array()"},
    {"{}", "object()"},
    {"[1,[2,[]],{}]",
	"array(number 1/1, array(number 2/1, array()), "
	"object())"},
    {"{\"a\":null,\"b\":[true],\"c\":{\"a\":\"x\"}}",
	"object(a/1:null, b/1:array(true), c/1:object(a/1:string x/1))"},
    {"{\"a\":1,\"a\":2}", "object(a/1:number 1/1, a/1:number 2/1)"},
    {"{\"\":1}", "object(/0:number 1/1)"},
    {"{\"a\\u0000\":1}", "object(a/2:number 1/1)"},
    {"{\"\\u00fc\":1}", "object(\xc3\xbc/2:number 1/1)"},
};

static void
test_readings(void)
{
	struct buf got = BUF_INIT;
	struct json *value;
	struct error err;

	for (size_t i = 0; i < LENGTH(readings); i++) {
		const char *text = readings[i].text;

		buf_reset(&got, 0);
		if (parse(text, strlen(text), &value, &err))
			describe(value, &got);
		else
			buf_puts(&got, err.detail);
		tap_is_str(
		    buf_text(&got), readings[i].want, "reading, row %zu", i);
	}
	buf_free(&got);
}

#define SYNTAX    "not valid JSON"
#define NOT_UTF8  "not UTF-8"
#define SURROGATE "surrogate"

static const struct {
	const char *text, *why;
} refusals[] = {
    {"", SYNTAX},
    {" ", SYNTAX},
    {"nul", SYNTAX},
    {"nulll", SYNTAX},
    {"True", SYNTAX},
    {"NaN", SYNTAX},
    {"Infinity", SYNTAX},
    {"-", SYNTAX},
    {"+1", SYNTAX},
    {"01", SYNTAX},
    {"-01", SYNTAX},
    {"1.", SYNTAX},
    {".5", SYNTAX},
    {"1e", SYNTAX},
    {"1e+", SYNTAX},
    {"0x10", SYNTAX},
    {"1 2", SYNTAX},
    {"[01]", SYNTAX},
    {"{} {}", SYNTAX},
    {"[] x", SYNTAX},
    {"null,", SYNTAX},
    {"[1,]", SYNTAX},
    {"[,1]", SYNTAX},
    {"[1 2]", SYNTAX},
    {"[1", SYNTAX},
    {"[", SYNTAX},
    {"]", SYNTAX},
    {"[}", SYNTAX},
    {"{", SYNTAX},
    {"{\"a\"", SYNTAX},
    {"{\"a\":", SYNTAX},
    {"{\"a\":1", SYNTAX},
    {"{\"a\":1,}", SYNTAX},
    {"{\"a\" 1}", SYNTAX},
    {"{a:1}", SYNTAX},
    {"{1:1}", SYNTAX},
    {"{null:1}", SYNTAX},
    {"'a'", SYNTAX},
    {"\"", SYNTAX},
    {"\"a", SYNTAX},
    {"\"a\\", SYNTAX},
    {"\"a\\\"", SYNTAX},
    {"\"\\x\"", SYNTAX},
    {"\"\\U0041\"", SYNTAX},
    {"\"\\u004\"", SYNTAX},
    {"\"\\u004g\"", SYNTAX},
    {"\"\\u+041\"", SYNTAX},
    {"\"\\u\"", SYNTAX},
    {"\"a\nb\"", SYNTAX},
    {"\"a\tb\"", SYNTAX},
    {"\"a\x1f\"", SYNTAX},
    {"\\", SYNTAX},
    {"// comment\n1", SYNTAX},
    {"/* comment */ 1", SYNTAX},
    {"1 // comment", SYNTAX},
    {"\xc2\xa0"
     "1",
	SYNTAX},
    {"\xef\xbb\xbf"
     "1",
	"byte order mark"},
    {"\xff\xfe", NOT_UTF8},
    {"\"\xff\"", NOT_UTF8},
    {"\"\xc0\x80\"", NOT_UTF8},
    {"\"\xed\xa0\x80\"", NOT_UTF8},
    {"\"\xf4\x90\x80\x80\"", NOT_UTF8},
    {"\"\xc3\"", NOT_UTF8},
    {"\xc3", NOT_UTF8},
    {"{\"\x80\":1}", NOT_UTF8},
    {"\"\\ud800\"", SURROGATE},
    {"\"\\udfff\"", SURROGATE},
    {"\"\\uDC00\\uD800\"", SURROGATE},
    {"\"\\ud800\\ud800\\udc00\"", SURROGATE},
    {"\"\\ud800\\n\"", SURROGATE},
    {"\"\\ud800x\\udc00\"", SURROGATE},
    {"\"\\ud800\\u0041\"", SURROGATE},
    {"\"\\ud800\\\\udc00\"", SURROGATE},
    {"\"\\\\\\ud800\"", SURROGATE},
    {"{\"\\ud800\":1}", SURROGATE},
    {"\"\\ud800", SURROGATE},
    {"\"\\ud83c\\udfa7\\ud83c\"", SURROGATE},
};

static void
test_refusals(void)
{
	struct json *value;
	struct error err;

	for (size_t i = 0; i < LENGTH(refusals); i++) {
		const char *text = refusals[i].text;
		bool refused;

		err = (struct error){0};
		refused = !parse(text, strlen(text), &value, &err);
		tap_ok(refused && err.code == ERROR_INVALID &&
			strncmp(err.detail, "body: ", 6) == 0 &&
			strstr(err.detail, refusals[i].why) != NULL,
		    "refusal, row %zu: %s", i, err.detail);
	}
	tap_ok(!parse("1\0", 2, &value, &err), "a NUL after it");
	tap_ok(!parse("\"a\0b\"", 5, &value, &err), "a NUL in it");
}

/* `n` times `open`, then `n` times `close`. */
static bool
parse_nested(size_t n, const char *open, const char *close, struct error *err)
{
	struct buf text = BUF_INIT;
	struct json *value;
	bool ok;

	for (size_t i = 0; i < n; i++)
		buf_puts(&text, open);
	buf_puts(&text, "1");
	for (size_t i = 0; i < n; i++)
		buf_puts(&text, close);
	ok = parse(text.data, text.len, &value, err);
	buf_free(&text);
	return ok;
}

static void
test_depth(void)
{
	struct error err;

	tap_ok(parse_nested(JSON_MAX_DEPTH, "[", "]", &err), "arrays");
	tap_ok(parse_nested(JSON_MAX_DEPTH, "{\"a\":", "}", &err), "objects");
	tap_ok(
	    parse_nested(JSON_MAX_DEPTH / 2, "[{\"a\":", "}]", &err), "both");
	tap_ok(!parse_nested(JSON_MAX_DEPTH + 1, "[", "]", &err) &&
		strstr(err.detail, "deeper than 32") != NULL,
	    "one array too many: %s", err.detail);
	tap_ok(!parse_nested(JSON_MAX_DEPTH + 1, "{\"a\":", "}", &err),
	    "one object too many");
	tap_ok(
	    !parse_nested(10000, "[", "]", &err) && err.code == ERROR_INVALID,
	    "10000 arrays");
	tap_ok(!parse_nested(10000, "{\"a\":", "}", &err), "10000 objects");
	tap_ok(!parse_nested(10000, "[", "", &err), "and not closed");
}

static void
test_big(void)
{
	struct buf text = BUF_INIT;
	struct json *value;
	const struct json *child;
	struct error err;
	size_t n = 0;

	buf_putc(&text, '[');
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "\"element %d\",", i);
	buf_puts(&text, "0]");
	tap_ok(parse(text.data, text.len, &value, &err), "a large array");
	for (child = value->first; child != NULL; child = child->next)
		n++;
	tap_is_int((long long)n, 100001, "all of its elements");
	buf_reset(&text, text.cap);
	buf_putc(&text, '"');
	for (int i = 0; i < 200000; i++)
		buf_puts(&text, "\xc3\xbc\\n");
	buf_putc(&text, '"');
	tap_ok(parse(text.data, text.len, &value, &err) && value->len == 600000,
	    "a large string");
	buf_free(&text);
	arena_reset(&arena);
}

static const struct {
	const char *object, *name;
	const char *want; /* NULL: absent; "twice" */
} members[] = {
    {"{}", "a", NULL},
    {"{\"a\":\"1\"}", "a", "1"},
    {"{\"a\":\"1\",\"b\":\"2\"}", "b", "2"},
    {"{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}", "a", "twice"},
    {"{\"a\":\"1\",\"\\u0061\":\"2\"}", "a", "twice"},
    {"{\"a\":null,\"a\":null}", "a", "twice"},
    {"{\"a\":\"1\",\"a\":\"3\",\"b\":\"2\"}", "b", "2"},
    {"{\"A\":\"1\"}", "a", NULL},
    {"{\"aa\":\"1\",\"\":\"2\"}", "a", NULL},
    {"{\"a\\u0000\":\"1\"}", "a", NULL},
    {"{\"a\\u0000\":\"1\",\"a\":\"2\"}", "a", "2"},
    {"{\"b\":{\"a\":\"1\"}}", "a", NULL},
    {"{\"\":\"1\"}", "", "1"},
};

static void
test_members(void)
{
	const struct json *member;
	struct json *object;
	struct error err;

	for (size_t i = 0; i < LENGTH(members); i++) {
		const char *text = members[i].object, *got = NULL;

		if (!parse(text, strlen(text), &object, &err))
			got = err.detail;
		else if (!json_member(object, members[i].name, &member, &err))
			got = "twice";
		else if (member != NULL)
			got = member->text;
		tap_is_str(got, members[i].want, "member of %s", text);
	}
}

static const struct {
	const char *text;
	bool ok;
	int64_t number;
} integers[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"604800", true, 604800},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"1e3", false, 0},
    {"1.0", false, 0},
    {"\"1\"", false, 0},
    {"true", false, 0},
    {"null", false, 0},
    {"[1]", false, 0},
};

static void
test_integers(void)
{
	struct json *value;
	struct error err;

	for (size_t i = 0; i < LENGTH(integers); i++) {
		const char *text = integers[i].text;
		int64_t number = 0;
		bool ok = parse(text, strlen(text), &value, &err) &&
		    json_integer(value, &number);

		tap_ok(ok == integers[i].ok && number == integers[i].number,
		    "integer %s", text);
	}
}

int
main(void)
{
	test_readings();
	test_refusals();
	test_depth();
	test_big();
	test_members();
	test_integers();
	arena_free(&arena);
	return tap_done();
}
