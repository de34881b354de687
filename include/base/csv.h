/* SPDX-License-Identifier: MIT */
/* CSV (RFC 4180): a writer into a buffer, for people with spreadsheets. */
#ifndef SETLINK_BASE_CSV_H
#define SETLINK_BASE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Failures stick to the buffer. */
struct csv_writer {
	struct buf *out;
	size_t n_cells; /* of the row that has begun */
};

/* A text from anywhere; NULL is an empty cell. Each byte that is not UTF-8 and
 * each control character but tab, CR and LF becomes U+FFFD: RFC 4180 has no
 * place for them. A text that a spreadsheet would run as a formula gets an
 * apostrophe at its beginning; so does what stands in it after a semicolon, a
 * tab or a line break, where a cell begins for a spreadsheet that does not
 * separate by commas. */
void csv_text(struct csv_writer *w, const char *text);

void csv_number(struct csv_writer *w, int64_t number);
void csv_decimal(struct csv_writer *w, double number);
void csv_row_end(struct csv_writer *w);

#endif
