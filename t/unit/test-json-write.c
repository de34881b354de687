/* SPDX-License-Identifier: MIT */
/* The JSON writer, and what it writes read again. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <yajl/yajl_gen.h>

#include "base/array.h"
#include "base/json.h"
#include "tap.h"

static struct arena arena = ARENA_INIT;

static const struct {
	const char *text, *json;
} strings[] = {
    {NULL, "null"},
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"\"\\/", "\"\\\"\\\\/\""},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
    {"\x01\x1f", "\"\\u0001\\u001F\""},
    {"\x7f", "\"\x7f\""},
    {"J\xc3\xbcrgen \xf0\x9f\x8e\xa7", "\"J\xc3\xbcrgen \xf0\x9f\x8e\xa7\""},
    {"\xff", "\"\xef\xbf\xbd\""},
    {"a\xc3", "\"a\xef\xbf\xbd\""},
    {"\xc3z", "\"\xef\xbf\xbdz\""},
    {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xfc\xc3\xbc\"", "\"\xef\xbf\xbd\xc3\xbc\\\"\""},
};

static void
open_writer(struct json_writer *w, struct buf *out)
{
	buf_reset(out, 0);
	json_writer_begin(w, out);
}

static void
test_strings(void)
{
	struct buf out = BUF_INIT;
	struct json_writer w;

	for (size_t i = 0; i < LENGTH(strings); i++) {
		open_writer(&w, &out);
		json_string(&w, strings[i].text);
		tap_is_str(
		    buf_text(&out), strings[i].json, "string, row %zu", i);
	}
	buf_free(&out);
}

static void
test_scalars(void)
{
	struct buf out = BUF_INIT;
	struct json_writer w;

	open_writer(&w, &out);
	json_array_begin(&w);
	json_number(&w, 0);
	json_number(&w, INT64_MIN);
	json_number(&w, INT64_MAX);
	json_decimal(&w, 12.5);
	json_bool(&w, true);
	json_bool(&w, false);
	json_null(&w);
	json_array_end(&w);
	tap_is_str(buf_text(&out),
	    "[0,-9223372036854775808,9223372036854775807,12.5,true,false,null]",
	    "numbers, truth, null");
	buf_free(&out);
}

static const struct {
	double number;
	const char *json;
} decimals[] = {
    {0, "0.0"},
    {-12, "-12.0"},
    {0.1, "0.1"},
    {12.1, "12.1"},
    {3723.318274, "3723.318274"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1e-6, "1e-06"},
    {1e21, "1e+21"},
    {DBL_MAX, "1.7976931348623157e+308"},
};

/* Short, and the same number when it is read. */
static void
test_decimals(void)
{
	struct buf out = BUF_INIT;
	struct json_writer w;
	struct json *value;
	struct error err;

	for (size_t i = 0; i < LENGTH(decimals); i++) {
		open_writer(&w, &out);
		json_decimal(&w, decimals[i].number);
		tap_is_str(buf_text(&out), decimals[i].json, "decimal %s",
		    decimals[i].json);
		tap_ok(json_parse(
			   &arena, "text", out.data, out.len, &value, &err) &&
			value->type == JSON_NUMBER &&
			strtod(value->text, NULL) == decimals[i].number,
		    "and back");
	}
	buf_free(&out);
}

static void
test_nesting(void)
{
	struct buf out = BUF_INIT;
	struct json_writer w;

	open_writer(&w, &out);
	json_object_begin(&w);
	json_key(&w, "a \"key\"");
	json_array_begin(&w);
	json_object_begin(&w);
	json_object_end(&w);
	json_array_begin(&w);
	json_array_end(&w);
	json_array_end(&w);
	json_key(&w, "b");
	json_string(&w, "x");
	json_object_end(&w);
	tap_is_str(buf_text(&out), "{\"a \\\"key\\\"\":[{},[]],\"b\":\"x\"}",
	    "objects and arrays");
	buf_free(&out);
}

static void
value_for_key(struct json_writer *w)
{
	json_object_begin(w);
	json_number(w, 1);
}

static void
key_for_value(struct json_writer *w)
{
	json_array_begin(w);
	json_key(w, "a");
}

static void
second_key(struct json_writer *w)
{
	json_object_begin(w);
	json_key(w, "a");
	json_key(w, "b");
}

static void
key_without_value(struct json_writer *w)
{
	json_object_begin(w);
	json_key(w, "a");
	json_object_end(w);
}

static void
wrong_end(struct json_writer *w)
{
	json_object_begin(w);
	json_array_end(w);
}

static void
end_of_nothing(struct json_writer *w)
{
	json_array_end(w);
}

static void
too_deep(struct json_writer *w)
{
	for (int i = 0; i <= JSON_MAX_DEPTH; i++)
		json_array_begin(w);
}

static void
second_value(struct json_writer *w)
{
	json_null(w);
	json_null(w);
}

static void
not_a_number(struct json_writer *w)
{
	json_decimal(w, NAN);
}

static void
infinity_number(struct json_writer *w)
{
	json_decimal(w, INFINITY);
}

static void
failed_before(struct json_writer *w)
{
	w->out->failed = true;
	json_string(w, "\xff");
}

static const struct {
	void (*write)(struct json_writer *w);
	const char *what;
} mistakes[] = {
    {value_for_key, "a value in the place of a key"},
    {key_for_value, "a key in an array"},
    {second_key, "a key in the place of a value"},
    {key_without_value, "a key without a value"},
    {wrong_end, "the end of something else"},
    {end_of_nothing, "the end of nothing"},
    {too_deep, "too many levels"},
    {second_value, "a second value"},
    {not_a_number, "no number"},
    {infinity_number, "an infinite number"},
    {failed_before, "a buffer that has failed"},
};

/* A failure is seen at the end, whatever came after it. */
static void
test_failures(void)
{
	struct buf out = BUF_INIT;
	struct json_writer w;

	for (size_t i = 0; i < LENGTH(mistakes); i++) {
		open_writer(&w, &out);
		mistakes[i].write(&w);
		json_string(&w, "more");
		tap_ok(buf_text(&out) == NULL, "%s sticks", mistakes[i].what);
	}
	open_writer(&w, &out);
	json_string(&w, "fine");
	tap_is_str(buf_text(&out), "\"fine\"", "a reset ends it");
	buf_free(&out);
}

static void
test_two_texts(void)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct json_writer a, b;

	open_writer(&a, &first);
	open_writer(&b, &second);
	json_array_begin(&a);
	json_array_begin(&b);
	json_number(&a, 1);
	json_number(&b, 2);
	json_array_end(&b);
	json_array_end(&a);
	tap_is_str(buf_text(&first), "[1]", "two writers at once");
	tap_is_str(buf_text(&second), "[2]", "do not mix");
	buf_free(&first);
	buf_free(&second);
}

/* Write what was read. */
static void
copy_value(const struct json *value, struct json_writer *w)
{
	const struct json *child;
	int64_t number = 0;

	switch (value->type) {
	case JSON_NULL:
		json_null(w);
		return;
	case JSON_BOOL:
		json_bool(w, value->truth);
		return;
	case JSON_NUMBER:
		if (json_integer(value, &number))
			json_number(w, number);
		return;
	case JSON_STRING:
		json_string(w, value->text);
		return;
	case JSON_ARRAY:
		json_array_begin(w);
		break;
	case JSON_OBJECT:
		json_object_begin(w);
		break;
	}
	for (child = value->first; child != NULL; child = child->next) {
		if (child->name != NULL)
			json_key(w, child->name);
		copy_value(child, w);
	}
	if (value->type == JSON_ARRAY)
		json_array_end(w);
	else
		json_object_end(w);
}

static void
round_trip(const char *text, const char *what)
{
	struct buf out = BUF_INIT;
	struct json_writer w;
	struct json *value;
	struct error err;

	open_writer(&w, &out);
	if (json_parse(&arena, "text", text, strlen(text), &value, &err))
		copy_value(value, &w);
	else
		buf_puts(&out, err.detail);
	tap_is_str(buf_text(&out), text, "%s: read and written", what);
	buf_free(&out);
}

/* Each character of the first plane but NUL and the surrogates. */
static void
test_every_character(void)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct json_writer w;
	struct json *value;
	struct error err;

	for (unsigned c = 1; c < 0x10000; c++) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (c >= 0x800)
			buf_putc(&text, (char)(0xe0 | c >> 12));
		if (c >= 0x80)
			buf_putc(&text,
			    (char)(c < 0x800 ? 0xc0 | c >> 6
					     : 0x80 | (c >> 6 & 0x3f)));
		buf_putc(&text, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
	}
	open_writer(&w, &out);
	json_string(&w, buf_text(&text));
	tap_ok(json_parse(&arena, "text", out.data, out.len, &value, &err) &&
		value->len == text.len &&
		memcmp(value->text, text.data, text.len) == 0,
	    "every character comes back");
	buf_free(&text);
	buf_free(&out);
}

/* What yajl's generator makes of a string. */
static bool
is_as_of_yajl(const char *text, size_t len, const struct buf *ours)
{
	yajl_gen gen = yajl_gen_alloc(NULL);
	const unsigned char *theirs = NULL;
	size_t n = 0;
	bool same;

	same = gen != NULL &&
	    yajl_gen_string(gen, (const unsigned char *)text, len) ==
		yajl_gen_status_ok &&
	    yajl_gen_get_buf(gen, &theirs, &n) == yajl_gen_status_ok &&
	    n == ours->len && memcmp(theirs, ours->data, n) == 0;
	if (gen != NULL)
		yajl_gen_free(gen);
	return same;
}

/* Each ASCII character at each place of eight, and at the end. */
static void
test_as_of_yajl(void)
{
	char text[20];
	struct buf out = BUF_INIT;
	struct json_writer w;
	unsigned different = 0;

	for (size_t place = 0; place < sizeof(text) - 1; place++)
		for (int c = 1; c < 0x80; c++) {
			memset(text, 'a', sizeof(text) - 1);
			text[sizeof(text) - 1] = '\0';
			text[place] = (char)c;
			open_writer(&w, &out);
			json_string(&w, text);
			if (!is_as_of_yajl(text, strlen(text), &out))
				different++;
		}
	tap_ok(different == 0, "strings are as yajl writes them");
	buf_free(&out);
}

int
main(void)
{
	test_strings();
	test_scalars();
	test_decimals();
	test_nesting();
	test_failures();
	test_two_texts();
	round_trip("{\"a\":[1,-2,{\"b\":null}],\"c\":{},\"d\":\"\\\"\\\\\\n\","
		   "\"e\":[[],true,false]}",
	    "all types");
	round_trip("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]"
		   "]]]]]]]]",
	    "32 levels");
	test_every_character();
	test_as_of_yajl();
	arena_free(&arena);
	return tap_done();
}
