/* SPDX-License-Identifier: MIT */
/* The JSON writer. It is our own: yajl's generator looks at each byte of a list
 * of 100 KB for thirteen instructions, and hands it over in pieces, which was
 * half of what such an answer costs. What is written is the same (the tests
 * compare them), and yajl reads. */
#include <string.h>

#include "base/decimal.h"
#include "base/json.h"
#include "base/utf8.h"

#define WORD(byte) (UINT64_C(0x0101010101010101) * (byte))

void
json_writer_begin(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){.out = out, .place = JSON_FIRST};
}

/* Calls that do not make a JSON text. */
static void
misused(struct json_writer *w)
{
	w->out->failed = true;
}

/* Whether a value that is to stand here needs a comma: all but the first of an
 * array do. */
static bool
value_begin(struct json_writer *w)
{
	bool in_object = w->depth > 0 && w->objects[w->depth - 1];

	if (w->place != JSON_DONE && (!in_object || w->place == JSON_VALUE))
		return w->place == JSON_NEXT;
	misused(w);
	return false;
}

static void
add_comma(struct json_writer *w)
{
	if (value_begin(w))
		buf_putc(w->out, ',');
}

static void
value_end(struct json_writer *w)
{
	w->place = w->depth == 0 ? JSON_DONE : JSON_NEXT;
}

static void
nest(struct json_writer *w, char bracket, bool object)
{
	add_comma(w);
	if (w->depth == JSON_MAX_DEPTH) {
		misused(w);
		return;
	}
	buf_putc(w->out, bracket);
	w->objects[w->depth++] = object;
	w->place = JSON_FIRST;
}

static void
leave(struct json_writer *w, char bracket, bool object)
{
	if (w->depth == 0 || w->objects[w->depth - 1] != object ||
	    w->place == JSON_VALUE) {
		misused(w);
		return;
	}
	buf_putc(w->out, bracket);
	w->depth--;
	value_end(w);
}

void
json_object_begin(struct json_writer *w)
{
	nest(w, '{', true);
}

void
json_object_end(struct json_writer *w)
{
	leave(w, '}', true);
}

void
json_array_begin(struct json_writer *w)
{
	nest(w, '[', false);
}

void
json_array_end(struct json_writer *w)
{
	leave(w, ']', false);
}

/* Whether one of eight bytes is to be escaped: a control character, '"' or
 * '\\' (RFC 8259, section 7), or is not ASCII. A subtraction sets the top bit
 * of a byte that was less than what is taken away, or of one above it, which
 * errs on the safe side. */
static bool
has_special(uint64_t word)
{
	uint64_t control = word - WORD(0x20);
	uint64_t quote = (word ^ WORD('"')) - WORD(1);
	uint64_t backslash = (word ^ WORD('\\')) - WORD(1);

	return ((word | control | quote | backslash) & WORD(0x80)) != 0;
}

static bool
stands_for_itself(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static bool
is_special_at(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return has_special(word);
}

/* Whether a text is ASCII without anything to escape, as nearly all are. The
 * last eight bytes overlap those before them. */
static bool
is_plain(const char *text, size_t len)
{
	const size_t step = sizeof(uint64_t);
	size_t n = 0;

	if (len >= step) {
		for (; n + step < len; n += step)
			if (is_special_at(text + n))
				return false;
		return !is_special_at(text + len - step);
	}
	while (n < len && stands_for_itself(text[n]) && (text[n] & 0x80) == 0)
		n++;
	return n == len;
}

/* How many bytes at the beginning stand for themselves. */
static size_t
plain_run(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && stands_for_itself(text[n]))
		n++;
	return n;
}

static void
add_escape(struct buf *out, char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *known = strchr(from, c);

	if (known == NULL) {
		buf_printf(out, "\\u%04X", (unsigned)(unsigned char)c);
		return;
	}
	buf_putc(out, '\\');
	buf_putc(out, to[known - from]);
}

/* A string of UTF-8, escaped. */
static void
add_escaped(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	buf_putc(out, '"');
	for (;;) {
		size_t run = plain_run(text, len);

		buf_add(out, text, run);
		if (run == len)
			break;
		add_escape(out, text[run]);
		text += run + 1;
		len -= run + 1;
	}
	buf_putc(out, '"');
}

/* A string that may be anything. */
static void
add_repaired(struct buf *out, const char *text)
{
	struct buf scratch = BUF_INIT;
	const char *repaired = utf8_repair(text, &scratch);

	if (repaired == NULL)
		out->failed = true;
	else
		add_escaped(out, repaired);
	buf_free(&scratch);
}

/* A comma if there is something before it, and a string. */
static void
add_string(struct buf *out, bool comma, const char *text)
{
	size_t len = strlen(text);
	char *room = buf_room(out, len + 3), *to = room;

	if (room == NULL)
		return;
	if (comma)
		*to++ = ',';
	if (!is_plain(text, len)) {
		buf_wrote(out, (size_t)(to - room));
		add_repaired(out, text);
		return;
	}
	*to++ = '"';
	memcpy(to, text, len);
	to += len;
	*to++ = '"';
	buf_wrote(out, (size_t)(to - room));
}

void
json_key(struct json_writer *w, const char *name)
{
	if (w->depth == 0 || !w->objects[w->depth - 1] ||
	    w->place == JSON_VALUE) {
		misused(w);
		return;
	}
	add_string(w->out, w->place == JSON_NEXT, name);
	buf_putc(w->out, ':');
	w->place = JSON_VALUE;
}

/* A value that is written as it is. */
static void
word(struct json_writer *w, const char *text)
{
	add_comma(w);
	buf_puts(w->out, text);
	value_end(w);
}

void
json_string(struct json_writer *w, const char *text)
{
	if (text == NULL) {
		json_null(w);
		return;
	}
	add_string(w->out, value_begin(w), text);
	value_end(w);
}

void
json_number(struct json_writer *w, int64_t number)
{
	uint64_t size = (uint64_t)number;

	add_comma(w);
	if (number < 0)
		buf_putc(w->out, '-');
	buf_number(w->out, number < 0 ? -size : size);
	value_end(w);
}

/* JSON has no word for a number that is none, nor for infinity. */
void
json_decimal(struct json_writer *w, double number)
{
	char text[DECIMAL_SIZE];

	if (decimal_format(number, text))
		word(w, text);
	else
		misused(w);
}

void
json_bool(struct json_writer *w, bool truth)
{
	word(w, truth ? "true" : "false");
}

void
json_null(struct json_writer *w)
{
	word(w, "null");
}
