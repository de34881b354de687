/* SPDX-License-Identifier: MIT */
/* CSV: cells with a NUL behind each, a cell of "\n" ends a row. What is written
 * is read again by RFC 4180. */
#include "base/csv.h"

#include "csv-read.h"

static void
check_table(const char *text, size_t len, size_t cells, size_t rows)
{
	const char *end = text + len;
	struct buf cell = BUF_INIT;
	size_t got_cells = 0, got_rows = 0;

	while (text < end) {
		got_rows += fuzz_csv_cell(&text, &cell) ? 0 : 1;
		got_cells++;
		if (cell.len > 0)
			fuzz_csv_check(cell.data, cell.len);
	}
	FUZZ_CHECK(text == end && got_rows == rows && got_cells == cells);
	buf_free(&cell);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct buf out = BUF_INIT;
	struct csv_writer csv = {.out = &out};
	size_t cells = 0, rows = 0, in_row = 0;
	const char *text;

	while (in.left > 0) {
		char *cell = fuzz_text(&in);

		if (strcmp(cell, "\n") != 0 || in_row == 0) {
			csv_text(&csv, cell);
			in_row++;
			cells++;
		} else {
			csv_row_end(&csv);
			in_row = 0;
			rows++;
		}
		free(cell);
	}
	if (in_row > 0) {
		csv_row_end(&csv);
		rows++;
	}
	text = buf_text(&out);
	FUZZ_CHECK(text != NULL);
	check_table(text, out.len, cells, rows);
	buf_free(&out);
	return 0;
}
