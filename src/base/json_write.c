/* The JSON writer. It is our own: yajl's generator looks at each byte of a list
 * of 100 KB for thirteen instructions, and hands it over in pieces, which was
 * half of what such an answer costs. What is written is the same (the tests
 * compare them), and yajl reads. */
#include <inttypes.h>
#include <stdio.h>
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

/* Where a value is to stand: a comma before all but the first of an array. */
static void
value_begin(struct json_writer *w)
{
	bool in_object = w->depth > 0 && w->objects[w->depth - 1];

	if (w->place == JSON_DONE || (in_object && w->place != JSON_VALUE))
		misused(w);
	else if (w->place == JSON_NEXT)
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
	value_begin(w);
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
 * '\\' (RFC 8259, section 7). A byte of `x` is zero where one of `word` is what
 * `x` was made with, and only then is its top bit set by the subtraction, or
 * that of a byte above it, which errs on the safe side. */
static bool
has_special(uint64_t word)
{
	uint64_t quote = word ^ WORD('"');
	uint64_t backslash = word ^ WORD('\\');
	uint64_t control = (word - WORD(0x20)) & ~word;

	quote = (quote - WORD(1)) & ~quote;
	backslash = (backslash - WORD(1)) & ~backslash;
	return ((control | quote | backslash) & WORD(0x80)) != 0;
}

/* How many bytes at the beginning stand for themselves. The last eight are
 * looked at together, too. */
static size_t
plain_run(const char *text, size_t len)
{
	size_t n = 0;
	uint64_t word;

	for (; len - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, text + n, sizeof(word));
		if (has_special(word))
			break;
	}
	if (n > 0 && len - n < sizeof(word)) {
		memcpy(&word, text + len - sizeof(word), sizeof(word));
		if (!has_special(word))
			return len;
	}
	while (n < len && (unsigned char)text[n] >= 0x20 && text[n] != '"' &&
	    text[n] != '\\')
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

/* A string that has something to escape. */
static void
add_escaped(struct buf *out, const char *text, size_t len)
{
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

static void
add_string(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	char *to;

	if (plain_run(text, len) != len) {
		add_escaped(out, text, len);
		return;
	}
	to = buf_room(out, len + 2);
	if (to == NULL)
		return;
	to[0] = '"';
	memcpy(to + 1, text, len);
	to[len + 1] = '"';
	buf_wrote(out, len + 2);
}

void
json_key(struct json_writer *w, const char *name)
{
	if (w->depth == 0 || !w->objects[w->depth - 1] ||
	    w->place == JSON_VALUE) {
		misused(w);
		return;
	}
	if (w->place == JSON_NEXT)
		buf_putc(w->out, ',');
	add_string(w->out, name);
	buf_putc(w->out, ':');
	w->place = JSON_VALUE;
}

/* A value that is written as it is. */
static void
word(struct json_writer *w, const char *text)
{
	value_begin(w);
	buf_puts(w->out, text);
	value_end(w);
}

void
json_string(struct json_writer *w, const char *text)
{
	struct buf scratch = BUF_INIT;

	if (text == NULL) {
		json_null(w);
		return;
	}
	text = utf8_repair(text, &scratch);
	value_begin(w);
	if (text == NULL)
		w->out->failed = true;
	else
		add_string(w->out, text);
	value_end(w);
	buf_free(&scratch);
}

void
json_number(struct json_writer *w, int64_t number)
{
	char text[sizeof("-9223372036854775808")];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	word(w, text);
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
