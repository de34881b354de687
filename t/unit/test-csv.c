/* SPDX-License-Identifier: MIT */
/* The CSV writer. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/csv.h"
#include "tap.h"

static const struct {
	const char *text, *cell;
} texts[] = {
    {NULL, ""},
    {"", ""},
    {"plain", "plain"},
    {" with spaces ", " with spaces "},
    {"J\xc3\xbcrgen \xf0\x9f\x8e\xa7", "J\xc3\xbcrgen \xf0\x9f\x8e\xa7"},
    /* What RFC 4180 quotes, and what separates elsewhere. */
    {"a,b", "\"a,b\""},
    {"a;b", "\"a;b\""},
    {"a\tb", "\"a\tb\""},
    {"a\r\nb", "\"a\r\nb\""},
    {"a\nb", "\"a\nb\""},
    {"a\rb", "\"a\rb\""},
    {"say \"hi\"", "\"say \"\"hi\"\"\""},
    {"\"", "\"\"\"\""},
    {"it's", "it's"},
    /* Formulas, and what only looks a little like one. */
    {"=1+1", "'=1+1"},
    {"+1", "'+1"},
    {"-1", "'-1"},
    {"@SUM(A1)", "'@SUM(A1)"},
    {"=", "'="},
    {"\xef\xbc\x9d"
     "1",
	"'\xef\xbc\x9d"
	"1"},
    {"\xef\xbc\x8b", "'\xef\xbc\x8b"},
    {"\xef\xbc\x8d", "'\xef\xbc\x8d"},
    {"\xef\xbc\xa0", "'\xef\xbc\xa0"},
    {"=HYPERLINK(\"http://x\",\"y\")",
	"\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
    {"  =1", "'  =1"},
    {"\xc2\xa0=1", "'\xc2\xa0=1"},
    {"\xe2\x80\x8b=1", "'\xe2\x80\x8b=1"},
    {"\xef\xbb\xbf=1", "'\xef\xbb\xbf=1"},
    {"\x01=1", "'\xef\xbf\xbd=1"},
    {"\tx", "\"'\tx\""},
    {"\rx", "\"'\rx\""},
    {"\nx", "\"'\nx\""},
    {" \tx", "\"' \tx\""},
    {"\t=1", "\"'\t'=1\""},
    {"a=1", "a=1"},
    {"a - b", "a - b"},
    {"'=1", "'=1"},
    {"(=1)", "(=1)"},
    {"1-2", "1-2"},
    {"\xff=1", "\xef\xbf\xbd=1"},
    /* Where a cell begins that was not separated by a comma. */
    {"a;=1", "\"a;'=1\""},
    {";=1", "\";'=1\""},
    {"=1;@x", "\"'=1;'@x\""},
    {"a; \xe2\x80\x8b+1;b", "\"a; \xe2\x80\x8b'+1;b\""},
    {"a\t-1", "\"a\t'-1\""},
    {"a\r\n=1\n\n\xef\xbc\x9d", "\"a\r\n'=1\n\n'\xef\xbc\x9d\""},
    {"a;b=1", "\"a;b=1\""},
    {"a,=1", "\"a,=1\""},
    /* Controls, and what is not UTF-8. */
    {"a\x01\x1f\x7f"
     "b",
	"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	"b"},
    {"\xc2\x85\xe2\x80\xae", "\xc2\x85\xe2\x80\xae"},
    {"\xff", "\xef\xbf\xbd"},
    {"a\xc3", "a\xef\xbf\xbd"},
    {"\xc3,", "\"\xef\xbf\xbd,\""},
    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
};

static void
test_texts(void)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct csv_writer w = {.out = &out};

		buf_reset(&out, 0);
		csv_text(&w, texts[i].text);
		tap_is_str(buf_text(&out), texts[i].cell, "text, row %zu", i);
	}
	buf_free(&out);
}

/* A text ends with U+0000, as everywhere. */
static void
test_nul(void)
{
	struct buf out = BUF_INIT;
	struct csv_writer w = {.out = &out};

	csv_text(&w, "a\0,=b");
	tap_is_str(buf_text(&out), "a", "U+0000 ends a text");
	buf_free(&out);
}

static void
test_rows(void)
{
	struct buf out = BUF_INIT;
	struct csv_writer w = {.out = &out};

	csv_text(&w, "id");
	csv_text(&w, "a, b");
	csv_row_end(&w);
	csv_text(&w, NULL);
	csv_text(&w, NULL);
	csv_row_end(&w);
	tap_is_int((long long)w.n_cells, 0, "a row has ended");
	csv_text(&w, "");
	csv_number(&w, 1);
	csv_text(&w, "c");
	tap_is_int((long long)w.n_cells, 3, "a row has begun");
	csv_row_end(&w);
	tap_is_str(buf_text(&out), "id,\"a, b\"\r\n,\r\n,1,c\r\n", "rows");
	buf_free(&out);
}

/* Numbers of our own are no formulas. */
static void
test_numbers(void)
{
	struct buf out = BUF_INIT;
	struct csv_writer w = {.out = &out};

	csv_number(&w, 0);
	csv_number(&w, INT64_MIN);
	csv_number(&w, INT64_MAX);
	csv_decimal(&w, -12);
	csv_decimal(&w, 0.1);
	csv_decimal(&w, -1e-6);
	csv_row_end(&w);
	tap_is_str(buf_text(&out),
	    "0,-9223372036854775808,9223372036854775807,-12.0,0.1,-1e-06\r\n",
	    "numbers");
	buf_free(&out);
}

static void
test_failures(void)
{
	static const double none[] = {NAN, INFINITY, -INFINITY};
	struct buf out = BUF_INIT;
	struct csv_writer w = {.out = &out};

	for (size_t i = 0; i < LENGTH(none); i++) {
		buf_reset(&out, 0);
		csv_decimal(&w, none[i]);
		csv_text(&w, "\xff=");
		csv_row_end(&w);
		tap_ok(buf_text(&out) == NULL, "%f is no number", none[i]);
	}
	buf_free(&out);
}

int
main(void)
{
	test_texts();
	test_nul();
	test_rows();
	test_numbers();
	test_failures();
	return tap_done();
}
