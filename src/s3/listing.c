/* SPDX-License-Identifier: MIT */
/* Reading S3's XML: pages of ListObjectsV2, and errors. */
#include "s3/listing.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/percent.h"

/* The longest text of an element: a key of 1,024 bytes that are all escaped
 * has 3,072; MinIO's token is a key and some words in base 64. */
#define TEXT_MAX 8192

/* Pages and errors are nested three deep; Owner and the like once more. */
#define DEPTH_MAX 8

/* Of a page of 1,000 keys of the longest kind with everything around them,
 * twice over. */
#define PAGE_MAX (8 << 20)

/* The longest key, with room. */
#define KEY_KEEP 2048

/* What is known inside the document at each moment. An element's text is
 * gathered from its start tag on, so that only a leaf's text is whole. */
struct reader {
	XML_Parser parser;
	int depth;      /* of the elements that are open */
	bool in_object; /* inside a Contents */
	char text[TEXT_MAX];
	size_t text_len;
	struct arena *arena;
	struct s3_page *page;
	struct s3_object **tail;
	struct s3_object *object; /* the last one begun */
	bool encoded;             /* keys are, says the page */
	bool truncated, last;     /* whether pages follow, says the page */
	struct error *err;        /* set when `failed` */
	bool failed;
};

static void
reader_stop(struct reader *reader)
{
	reader->failed = true;
	(void)XML_StopParser(reader->parser, XML_FALSE);
}

static void
reader_refuse(struct reader *reader, const char *why)
{
	if (!reader->failed)
		(void)error_set(reader->err, ERROR_INVALID,
		    "the object store's listing %s", why);
	reader_stop(reader);
}

static const char *
keep_text(struct reader *reader, const char *text, size_t len)
{
	const char *copy = arena_copy(reader->arena, text, len);

	if (copy == NULL) {
		(void)error_memory(reader->err);
		reader_stop(reader);
	}
	return copy;
}

/* Digits only; -1 for anything else and for what does not fit. */
static int64_t
parse_size(const char *text, size_t len)
{
	int64_t size = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    size > (INT64_MAX - 9) / 10)
			return -1;
		size = size * 10 + (text[i] - '0');
	}
	return len == 0 ? -1 : size;
}

static void
object_begin(struct reader *reader)
{
	struct s3_object *object = arena_alloc(
	    reader->arena, sizeof(*reader->object));

	if (object == NULL) {
		(void)error_memory(reader->err);
		reader_stop(reader);
		return;
	}
	object->etag = "";
	object->size = -1;
	*reader->tail = object;
	reader->tail = &object->next;
	reader->object = object;
	reader->in_object = true;
}

static void
etag_end(struct reader *reader)
{
	const char *text = reader->text;
	size_t len = reader->text_len;

	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	reader->object->etag = keep_text(reader, text, len);
}

static void
object_field_end(struct reader *reader, const char *name)
{
	struct s3_object *object = reader->object;
	const char *text = reader->text;
	size_t len = reader->text_len;

	if (strcmp(name, "Key") == 0) {
		object->key = keep_text(reader, text, len);
		object->key_len = len;
	} else if (strcmp(name, "ETag") == 0)
		etag_end(reader);
	else if (strcmp(name, "Size") == 0)
		object->size = parse_size(text, len);
	else if (strcmp(name, "LastModified") == 0 &&
	    !clock_parse(text, len, &object->modified))
		object->modified = 0;
}

static bool
text_is(const struct reader *reader, const char *text)
{
	return reader->text_len == strlen(text) &&
	    memcmp(reader->text, text, reader->text_len) == 0;
}

static void
page_field_end(struct reader *reader, const char *name)
{
	if (strcmp(name, "Contents") == 0)
		reader->in_object = false;
	else if (strcmp(name, "IsTruncated") == 0) {
		reader->truncated = text_is(reader, "true");
		reader->last = text_is(reader, "false");
	} else if (strcmp(name, "Name") == 0)
		reader->page->bucket = keep_text(
		    reader, reader->text, reader->text_len);
	else if (strcmp(name, "EncodingType") == 0)
		reader->encoded = text_is(reader, "url");
	else if (strcmp(name, "NextContinuationToken") == 0 &&
	    reader->text_len > 0)
		reader->page->next_token = keep_text(
		    reader, reader->text, reader->text_len);
}

static void XMLCALL
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = data;

	(void)attributes;
	reader->text_len = 0;
	reader->depth++;
	if (reader->depth > DEPTH_MAX)
		reader_refuse(reader, "is nested too deep");
	else if (reader->depth == 1 && strcmp(name, "ListBucketResult") != 0)
		reader_refuse(reader, "is something else");
	else if (reader->depth == 2 && strcmp(name, "Contents") == 0)
		object_begin(reader);
}

static void XMLCALL
on_end(void *data, const XML_Char *name)
{
	struct reader *reader = data;

	if (reader->depth == 2)
		page_field_end(reader, name);
	else if (reader->depth == 3 && reader->in_object)
		object_field_end(reader, name);
	reader->depth--;
	reader->text_len = 0;
}

static void XMLCALL
on_text(void *data, const XML_Char *text, int len)
{
	struct reader *reader = data;

	if ((size_t)len > sizeof(reader->text) - reader->text_len) {
		reader_refuse(reader, "has an element that is too long");
		return;
	}
	memcpy(reader->text + reader->text_len, text, (size_t)len);
	reader->text_len += (size_t)len;
}

/* S3 sends no DTD. Without one there are no entities to expand. */
static void XMLCALL
on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	reader_refuse(data, "has a document type");
}

static bool
reader_run(struct reader *reader, const char *xml, size_t len)
{
	if (len > INT_MAX)
		return error_set(reader->err, ERROR_TOO_LARGE,
		    "the object store's listing is too long");
	reader->parser = XML_ParserCreate("UTF-8");
	if (reader->parser == NULL)
		return error_memory(reader->err);
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	if (XML_Parse(reader->parser, xml, (int)len, 1) != XML_STATUS_OK &&
	    !reader->failed) {
		reader->failed = true;
		if (XML_GetErrorCode(reader->parser) == XML_ERROR_NO_MEMORY)
			(void)error_memory(reader->err);
		else
			(void)error_set(reader->err, ERROR_INVALID,
			    "the object store's listing is not readable: %s",
			    XML_ErrorString(XML_GetErrorCode(reader->parser)));
	}
	XML_ParserFree(reader->parser);
	reader->parser = NULL;
	return !reader->failed;
}

/* Whether the object has a key that can be used. The key is in the arena, so
 * it may be written to. */
static bool
object_decode(struct s3_object *object, bool encoded)
{
	char *key;

	if (object->key == NULL || object->key_len == 0)
		return false;
	if (!encoded)
		return true;
	memcpy(&key, &object->key, sizeof(key));
	return percent_decode(key, &object->key_len, true) &&
	    strlen(key) == object->key_len;
}

/* Decode the keys, once it is known that they are encoded: EncodingType is
 * MinIO's last element. */
static void
page_decode(struct s3_page *page, bool encoded)
{
	struct s3_object **link = &page->objects;

	while (*link != NULL) {
		if (object_decode(*link, encoded)) {
			page->count++;
			link = &(*link)->next;
		} else
			*link = (*link)->next;
	}
}

static bool
check_end(const struct reader *reader)
{
	if (reader->truncated && reader->page->next_token == NULL)
		return error_set(reader->err, ERROR_INVALID,
		    "the object store's listing goes on without a token");
	if (!reader->truncated && !reader->last)
		return error_set(reader->err, ERROR_INVALID,
		    "the object store's listing does not say whether it ends");
	return true;
}

bool
s3_listing_parse(struct arena *arena, const char *xml, size_t len,
    struct s3_page *out, struct error *err)
{
	struct reader reader = {.arena = arena, .page = out, .err = err};

	*out = (struct s3_page){.bucket = ""};
	reader.tail = &out->objects;
	if (!reader_run(&reader, xml, len) || !check_end(&reader)) {
		*out = (struct s3_page){.bucket = ""};
		return false;
	}
	if (!reader.truncated)
		out->next_token = NULL;
	page_decode(out, reader.encoded);
	return true;
}

static bool
fetch_page(struct s3_client *client, const struct s3_listing *listing,
    struct arena *arena, struct s3_page *out, struct error *err)
{
	const char *token = listing->token;
	const struct sigv4_param params[] = {{"list-type", "2"},
	    {"encoding-type", "url"}, {"max-keys", "1000"},
	    {"prefix", listing->prefix},
	    {"continuation-token", token == NULL ? "" : token}};
	struct s3_request request = {.method = "GET",
	    .key = "",
	    .params = params,
	    .n_params = token == NULL ? 4 : 5,
	    .max_body = PAGE_MAX};
	struct s3_request *requests[] = {&request};
	bool ok = false;

	if (!s3_client_run(client, requests, 1, err))
		goto out;
	if (request.error.code != ERROR_OK) {
		*err = request.error;
		goto out;
	}
	ok = s3_listing_parse(
	    arena, request.body.data, request.body.len, out, err);
out:
	buf_free(&request.body);
	return ok;
}

/* S3 lists keys in the order of their bytes. */
static bool
is_behind(const struct s3_object *object, const struct buf *last)
{
	size_t len = object->key_len < last->len ? object->key_len : last->len;
	int order = len == 0 ? 0 : memcmp(object->key, last->data, len);

	return order > 0 || (order == 0 && object->key_len > last->len);
}

/* Whether the keys are those that were asked for; *last is the last one. */
static bool
check_keys(const struct s3_listing *listing, const struct s3_page *page,
    const struct s3_object **last, struct error *err)
{
	size_t len = strlen(listing->prefix);
	const struct s3_object *object;

	*last = NULL;
	for (object = page->objects; object != NULL; object = object->next) {
		if (strncmp(object->key, listing->prefix, len) != 0)
			return error_set(err, ERROR_INVALID,
			    "the object store lists keys that were not asked "
			    "for");
		*last = object;
	}
	return true;
}

/* Whether the page brings the listing on. */
static bool
goes_on(const struct s3_listing *listing, const struct s3_page *page,
    const struct s3_object *last, struct error *err)
{
	const char *next = page->next_token;

	if (next == NULL ||
	    (last != NULL && is_behind(last, &listing->last) &&
		(listing->token == NULL || strcmp(listing->token, next) != 0)))
		return true;
	return error_set(err, ERROR_INVALID,
	    "the object store's listing goes on without end");
}

/* Take down where the next page begins. */
static bool
move_on(struct s3_listing *listing, const struct s3_page *page,
    const struct s3_object *last, struct error *err)
{
	free(listing->token);
	listing->token = NULL;
	listing->ended = page->next_token == NULL;
	if (listing->ended)
		return true;
	listing->token = strdup(page->next_token);
	buf_reset(&listing->last, KEY_KEEP);
	buf_add(&listing->last, last->key, last->key_len);
	return (listing->token != NULL && !listing->last.failed) ||
	    error_memory(err);
}

bool
s3_listing_next(struct s3_client *client, struct s3_listing *listing,
    struct arena *arena, struct s3_page *out, struct error *err)
{
	const struct s3_object *last;

	*out = (struct s3_page){.bucket = ""};
	if (clock_monotonic() >= listing->deadline)
		return error_set(err, ERROR_UNAVAILABLE,
		    "the object store's listing takes too long");
	if (!fetch_page(client, listing, arena, out, err))
		return false;
	if (!s3_client_is_bucket(client, out->bucket))
		return error_set(err, ERROR_INVALID,
		    "the object store lists another bucket");
	return check_keys(listing, out, &last, err) &&
	    goes_on(listing, out, last, err) &&
	    move_on(listing, out, last, err);
}

void
s3_listing_free(struct s3_listing *listing)
{
	free(listing->token);
	buf_free(&listing->last);
}
