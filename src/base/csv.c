/* SPDX-License-Identifier: MIT */
/* The CSV writer. */
#include "base/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "base/utf8.h"

static bool
begins_cell_elsewhere(uint32_t code)
{
	return code == ';' || code == '\t' || code == '\r' || code == '\n';
}

/* Spreadsheets take the full-width forms for the others. */
static bool
begins_formula(uint32_t code)
{
	return code == '=' || code == '+' || code == '-' || code == '@' ||
	    code == 0xff1d || code == 0xff0b || code == 0xff0d ||
	    code == 0xff20;
}

static bool
is_blank(uint32_t code)
{
	return utf8_is_space(code) || utf8_is_control(code);
}

/* Whether valid UTF-8 is dangerous as a whole cell. */
static bool
runs(const char *text, size_t len)
{
	uint32_t code;
	size_t n;

	for (; len > 0; text += n, len -= n) {
		n = utf8_decode(text, len, &code);
		if (begins_formula(code) || code == '\t' || code == '\r' ||
		    code == '\n')
			return true;
		if (!is_blank(code))
			return false;
	}
	return false;
}

static bool
is_forbidden(uint32_t code)
{
	return (code < 0x20 || code == 0x7f) && code != '\t' && code != '\r' &&
	    code != '\n';
}

/* Valid UTF-8, with quotes doubled. */
static void
add_escaped(struct buf *out, const char *text, size_t len)
{
	bool fresh = false;
	uint32_t code;
	size_t n;

	if (runs(text, len))
		buf_putc(out, '\'');
	for (; len > 0; text += n, len -= n) {
		n = utf8_decode(text, len, &code);
		if (fresh && begins_formula(code))
			buf_putc(out, '\'');
		fresh = begins_cell_elsewhere(code) ||
		    (fresh && is_blank(code));
		if (code == '"')
			buf_putc(out, '"');
		if (is_forbidden(code))
			buf_puts(out, UTF8_REPLACEMENT);
		else
			buf_add(out, text, n);
	}
}

static void
next_cell(struct csv_writer *w)
{
	if (w->n_cells++ > 0)
		buf_putc(w->out, ',');
}

static void
add_quoted(struct buf *out, const char *text)
{
	bool quote = strpbrk(text, "\",;\t\r\n") != NULL;

	if (quote)
		buf_putc(out, '"');
	add_escaped(out, text, strlen(text));
	if (quote)
		buf_putc(out, '"');
}

void
csv_text(struct csv_writer *w, const char *text)
{
	struct buf scratch = BUF_INIT;

	next_cell(w);
	if (text == NULL)
		return;
	text = utf8_repair(text, &scratch);
	if (text == NULL)
		w->out->failed = true;
	else
		add_quoted(w->out, text);
	buf_free(&scratch);
}

void
csv_number(struct csv_writer *w, int64_t number)
{
	next_cell(w);
	buf_printf(w->out, "%" PRId64, number);
}

void
csv_decimal(struct csv_writer *w, double number)
{
	char text[DECIMAL_SIZE];

	next_cell(w);
	if (decimal_format(number, text))
		buf_puts(w->out, text);
	else
		w->out->failed = true;
}

void
csv_row_end(struct csv_writer *w)
{
	buf_puts(w->out, "\r\n");
	w->n_cells = 0;
}
