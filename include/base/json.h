/* SPDX-License-Identifier: MIT */
/* JSON (RFC 8259): a strict reader into an arena, on yajl, and a writer into a
 * buffer. */
#ifndef SETLINK_BASE_JSON_H
#define SETLINK_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* Deeper nesting is refused. */
#define JSON_MAX_DEPTH 32

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* A value and, within an object or array, its place in it. All of it lives in
 * the arena that json_parse was given. */
struct json {
	enum json_type type;
	const char *name; /* member name in an object, else NULL */
	size_t name_len;  /* names may hold U+0000 */
	const char *text; /* string, or the number as it stood */
	size_t len;
	bool truth;
	struct json *first; /* first element or member */
	struct json *next;
};

/* Read one value and nothing after it. Invalid UTF-8, a lone surrogate, a
 * byte order mark, a depth over JSON_MAX_DEPTH are ERROR_INVALID; `what` names
 * the text in the error, such as "body". Duplicate members are kept. */
bool json_parse(struct arena *arena, const char *what, const char *text,
    size_t len, struct json **out, struct error *err) MUST_CHECK;

/* The member `name` of an object, NULL when it is absent; a member that is
 * there twice is ERROR_INVALID. */
bool json_member(const struct json *object, const char *name,
    const struct json **out, struct error *err) MUST_CHECK;

/* An integer within int64; false for a fraction, an exponent, no number. */
bool json_integer(const struct json *value, int64_t *out) MUST_CHECK;

/* The writer. Failures, and calls that do not make a JSON text, stick to the
 * buffer. Strings that are not UTF-8 (the database and the bucket are not
 * trusted) get U+FFFD for each bad byte. */
struct json_writer {
	struct buf *out;
	/* What may come: a first key or value, another one behind a comma, the
	 * value of a key, nothing. */
	enum { JSON_FIRST, JSON_NEXT, JSON_VALUE, JSON_DONE } place;
	size_t depth;
	bool objects[JSON_MAX_DEPTH]; /* or arrays, by depth */
};

/* Nothing has to be closed. */
void json_writer_begin(struct json_writer *w, struct buf *out);

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *name);
void json_string(struct json_writer *w, const char *text); /* NULL: null */
void json_number(struct json_writer *w, int64_t number);
void json_decimal(struct json_writer *w, double number);
void json_bool(struct json_writer *w, bool truth);
void json_null(struct json_writer *w);

#endif
