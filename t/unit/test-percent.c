/* SPDX-License-Identifier: MIT */
/* Percent-encoding. */
#include "base/array.h"
#include "base/percent.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
	const char *text, *query, *path;
} encoded[] = {
    {"", "", ""},
    {"AZaz09-._~", "AZaz09-._~", "AZaz09-._~"},
    {"a/b", "a%2Fb", "a/b"},
    {"/", "%2F", "/"},
    {"a//b/../c", "a%2F%2Fb%2F..%2Fc", "a//b/../c"},
    {" ", "%20", "%20"},
    {"+", "%2B", "%2B"},
    {"%2F", "%252F", "%252F"},
    {"J\xc3\xbcrgen", "J%C3%BCrgen", "J%C3%BCrgen"},
    {"\x01\x7f\xff", "%01%7F%FF", "%01%7F%FF"},
    {"!*'()&=;:@,$#?[]\"",
	"%21%2A%27%28%29%26%3D%3B%3A%40%2C%24%23%3F%5B"
	"%5D%22",
	"%21%2A%27%28%29%26%3D%3B%3A%40%2C%24%23%3F%5B%5D%22"},
};

static const struct {
	const char *text, *key; /* NULL: refused */
} decoded[] = {
    {"", ""},
    {"a/b.ogg", "a/b.ogg"},
    {"a+b", "a b"},
    {"a%2Bb", "a+b"},
    {"a%2bb", "a+b"},
    {"%2525", "%25"},
    {"J%C3%BCrgen", "J\xc3\xbcrgen"},
    {"%01%ff", "\x01\xff"},
    {"%41", "A"},
    {"%", NULL},
    {"a%", NULL},
    {"a%4", NULL},
    {"%4g", NULL},
    {"%g4", NULL},
    {"%%41", NULL},
    {"%-1", NULL},
};

static void
test_encode(size_t i)
{
	struct buf out = BUF_INIT;

	percent_encode(&out, encoded[i].text);
	tap_is_str(buf_text(&out), encoded[i].query, "query, row %zu", i);
	buf_reset(&out, 0);
	percent_encode_path(&out, encoded[i].text);
	tap_is_str(buf_text(&out), encoded[i].path, "path, row %zu", i);
	buf_free(&out);
}

static void
test_nul(void)
{
	char text[] = "a%00b+";
	size_t len = strlen(text);

	tap_ok(percent_decode(text, &len, false) && len == 4 &&
		memcmp(text, "a\0b+", 5) == 0,
	    "a NUL is for the caller to see, and a plus stays in a path");
}

/* On the heap, so that the address sanitizer sees a read too far. */
static void
test_decode(const char *text, const char *key)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 1);
	bool ok;

	if (copy == NULL)
		abort();
	memcpy(copy, text, len + 1);
	ok = percent_decode(copy, &len, true);
	tap_is_str(ok ? copy : NULL, key, "decoding %s", text);
	if (ok)
		tap_is_int((long long)len, (long long)strlen(copy),
		    "length of %s", text);
	free(copy);
}

static void
test_every_byte(void)
{
	char all[256], *copy;
	struct buf out = BUF_INIT;
	size_t i, len;

	for (i = 1; i < sizeof(all); i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	percent_encode(&out, all);
	copy = out.data;
	len = out.len;
	tap_ok(percent_decode(copy, &len, true) && len == 255 &&
		memcmp(copy, all, sizeof(all)) == 0,
	    "every byte comes back");
	buf_free(&out);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < LENGTH(encoded); i++)
		test_encode(i);
	for (i = 0; i < LENGTH(decoded); i++)
		test_decode(decoded[i].text, decoded[i].key);
	test_every_byte();
	test_nul();
	return tap_done();
}
