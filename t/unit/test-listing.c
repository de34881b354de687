/* SPDX-License-Identifier: MIT */
/* Pages of ListObjectsV2, as MinIO writes them and as nobody should. */
#include "base/array.h"
#include "s3/listing.h"

#include <stdlib.h>

#include "tap.h"

#define HEAD                                                               \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "   \
	"xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>" \
	"<Prefix></Prefix>"
#define FOOT    "<EncodingType>url</EncodingType></ListBucketResult>"
#define KEY(k)  "<Contents><Key>" k "</Key></Contents>"
#define LAST    "<IsTruncated>false</IsTruncated>"
#define PAGE(x) HEAD LAST x FOOT

/* The XML is copied to a heap block of its very length, without a NUL. */
static bool
parse(struct arena *arena, const char *xml, size_t len, struct s3_page *page,
    struct error *err)
{
	char *copy = malloc(len + 1);
	bool ok;

	if (copy == NULL)
		abort();
	memcpy(copy, xml, len);
	copy = realloc(copy, len == 0 ? 1 : len);
	if (copy == NULL)
		abort();
	ok = s3_listing_parse(arena, copy, len, page, err);
	free(copy);
	return ok;
}

static void
test_minio_page(struct arena *arena)
{
	static const char xml[] = HEAD
	    "<NextContinuationToken>YSBi+K2M/lMg==</NextContinuationToken>"
	    "<KeyCount>2</KeyCount><MaxKeys>2</MaxKeys>"
	    "<IsTruncated>true</IsTruncated><Contents>"
	    "<Key>a+b%2Bc%2525/%C3%BC%7E%01</Key>"
	    "<LastModified>2026-11-23T10:27:50.026Z</LastModified>"
	    "<ETag>&#34;9dd4e461268c8034f5c8564e155c67a6&#34;</ETag>"
	    "<Size>5242880</Size><StorageClass>STANDARD</StorageClass>"
	    "<Owner><ID>x</ID><Key>not a key</Key></Owner>"
	    "</Contents><Contents><Key>b</Key></Contents>"
	    "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>" FOOT;
	static const char key[] = "a b+c%25/\xc3\xbc~\x01";
	struct s3_page page;
	struct error err;
	struct s3_object *object;

	if (!tap_ok(parse(arena, xml, strlen(xml), &page, &err), "a page"))
		return;
	tap_is_int((long long)page.count, 2, "two objects");
	tap_is_str(page.next_token,
	    "YSBi+K2M/lMg==", "the token is as it was, with its plus sign");
	object = page.objects;
	tap_is_str(object->key, key, "the key is decoded");
	tap_is_int(
	    (long long)object->key_len, (long long)strlen(key), "its length");
	tap_is_str(object->etag, "9dd4e461268c8034f5c8564e155c67a6", "etag");
	tap_is_int(object->size, 5242880, "size");
	tap_is_int(object->modified, INT64_C(1795429670026000), "modified");
	object = object->next;
	tap_is_str(object->key, "b", "an object with a key only");
	tap_is_str(object->etag, "", "has an empty etag");
	tap_is_int(object->size, -1, "no size");
	tap_is_int(object->modified, 0, "no time");
	tap_ok(object->next == NULL, "and is the last");
}

static const struct {
	const char *what, *xml;
	const char *keys; /* joined with "|"; NULL: refused */
} pages[] = {
    {"an empty page", PAGE(""), ""},
    {"two keys", PAGE(KEY("a") KEY("b")), "a|b"},
    {"a broken escape in the middle", PAGE(KEY("a") KEY("%4") KEY("c")), "a|c"},
    {"a broken escape first", PAGE(KEY("%") KEY("b")), "b"},
    {"a broken escape last", PAGE(KEY("a") KEY("%zz")), "a"},
    {"an encoded NUL", PAGE(KEY("a%00b") KEY("c")), "c"},
    {"an empty key", PAGE(KEY("") "<Contents/>" KEY("c")), "c"},
    {"keys that are not encoded", HEAD LAST KEY("a+b%20") "</ListBucketResult>",
	"a+b%20"},
    {"character references and CDATA",
	PAGE(KEY("a&amp;&#x41;&#66;<![CDATA[<c>]]>")), "a&AB<c>"},
    {"a key outside of Contents", PAGE("<Key>x</Key><P><Key>y</Key></P>"), ""},
    {"a page that says nothing of more", HEAD KEY("a") FOOT, NULL},
    {"a page that is truncated or not",
	HEAD "<IsTruncated>maybe</IsTruncated>" KEY("a") FOOT, NULL},
    {"comments and instructions", PAGE("<!-- x --><?y z?>" KEY("a")), "a"},
    {"truncated without a token",
	HEAD "<IsTruncated>true</IsTruncated>" KEY("a") FOOT, NULL},
    {"truncated with an empty token",
	HEAD "<IsTruncated>true</IsTruncated>"
	     "<NextContinuationToken/>" KEY("a") FOOT,
	NULL},
    {"an entity bomb",
	"<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]>"
	"<ListBucketResult>" KEY("&b;") "</ListBucketResult>",
	NULL},
    {"an external DTD",
	"<!DOCTYPE l SYSTEM \"file:///etc/passwd\"><ListBucketResult/>", NULL},
    {"an unknown entity", PAGE(KEY("&nbsp;")), NULL},
    {"an error", "<Error><Code>NoSuchBucket</Code></Error>", NULL},
    {"HTML", "<html><body>502</body></html>", NULL},
    {"no XML", "Bad Gateway", NULL},
    {"nothing", "", NULL},
    {"a page that is cut off", HEAD LAST KEY("a"), NULL},
    {"a page that is cut off in a key", HEAD LAST "<Contents><Key>a", NULL},
    {"elements crossed", PAGE("<Contents><Key>a</Contents></Key>"), NULL},
    {"text behind the end", PAGE(KEY("a")) "x", NULL},
    {"a control character", PAGE(KEY("a\x01")), NULL},
    {"invalid UTF-8", PAGE(KEY("a\xff")), NULL},
    {"deep nesting",
	PAGE("<a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a>"), NULL},
};

static void
join_keys(const struct s3_page *page, struct buf *out)
{
	const struct s3_object *object;

	for (object = page->objects; object != NULL; object = object->next) {
		if (out->len > 0)
			buf_putc(out, '|');
		buf_add(out, object->key, object->key_len);
	}
}

static void
test_row(struct arena *arena, size_t i)
{
	const char *what = pages[i].what;
	struct buf keys = BUF_INIT;
	struct s3_page page;
	struct error err;
	bool ok = parse(arena, pages[i].xml, strlen(pages[i].xml), &page, &err);

	if (pages[i].keys == NULL) {
		tap_ok(!ok && err.code == ERROR_INVALID, "refused: %s", what);
		tap_ok(page.objects == NULL && page.count == 0 &&
			page.next_token == NULL,
		    "and nothing is left: %s", what);
	} else {
		join_keys(&page, &keys);
		tap_is_str(ok ? buf_text(&keys) : err.detail, pages[i].keys,
		    "%s", what);
		tap_ok(page.next_token == NULL, "the last page: %s", what);
	}
	buf_free(&keys);
}

static const struct {
	const char *text;
	int64_t size;
} sizes[] = {
    {"0", 0},
    {"9223372036854775797", INT64_C(9223372036854775797)},
    {"9223372036854775808", -1},
    {"99999999999999999999999", -1},
    {"-1", -1},
    {"+1", -1},
    {" 1", -1},
    {"1e3", -1},
    {"", -1},
};

static void
test_size(struct arena *arena, size_t i)
{
	struct buf xml = BUF_INIT;
	struct s3_page page;
	struct error err;

	buf_printf(&xml,
	    HEAD LAST "<Contents><Key>a</Key><Size>%s</Size>"
		      "<ETag>\"x</ETag><LastModified>yesterday</LastModified>"
		      "</Contents>%s",
	    sizes[i].text, FOOT);
	if (!tap_ok(parse(arena, xml.data, xml.len, &page, &err), "size %s",
		sizes[i].text))
		goto out;
	tap_is_int(page.objects->size, sizes[i].size, "is read");
	tap_is_str(page.objects->etag, "\"x", "an etag with half its quotes");
	tap_is_int(page.objects->modified, 0, "an unreadable time");
out:
	buf_free(&xml);
}

static void
test_long_text(struct arena *arena, size_t len, bool want)
{
	struct buf xml = BUF_INIT;
	struct s3_page page;
	struct error err;
	size_t i;

	buf_puts(&xml, HEAD LAST "<Contents><Key>");
	for (i = 0; i < len; i++)
		buf_putc(&xml, 'k');
	buf_puts(&xml, "</Key></Contents>" FOOT);
	tap_ok(parse(arena, xml.data, xml.len, &page, &err) == want,
	    "a key of %zu bytes", len);
	tap_ok(page.objects == NULL || page.objects->key_len == len,
	    "is whole or not there");
	buf_free(&xml);
}

/* Cut a good page at each byte: only the whole is a page. */
static void
test_every_cut(struct arena *arena)
{
	static const char xml[] = PAGE(KEY("a%20") KEY("b&amp;"));
	struct s3_page page;
	struct error err;
	size_t len, taken = 0;

	for (len = 0; len < strlen(xml); len++)
		taken += parse(arena, xml, len, &page, &err);
	tap_is_int((long long)taken, 0, "no page that is cut off is taken");
	tap_ok(parse(arena, xml, strlen(xml), &page, &err), "the whole is");
}

int
main(void)
{
	struct arena arena = ARENA_INIT;
	size_t i;

	test_minio_page(&arena);
	for (i = 0; i < LENGTH(pages); i++)
		test_row(&arena, i);
	for (i = 0; i < LENGTH(sizes); i++)
		test_size(&arena, i);
	test_long_text(&arena, 3072, true);
	test_long_text(&arena, 8192, true);
	test_long_text(&arena, 8193, false);
	test_long_text(&arena, 1000000, false);
	test_every_cut(&arena);
	arena_free(&arena);
	return tap_done();
}
