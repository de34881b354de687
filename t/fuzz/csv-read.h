/* SPDX-License-Identifier: MIT */
/* Reading CSV by RFC 4180, for fuzz targets. */
#ifndef SETLINK_FUZZ_CSV_READ_H
#define SETLINK_FUZZ_CSV_READ_H

#include "base/buf.h"
#include "base/utf8.h"
#include "fuzz.h"

/* One cell from *p into `out`; *p is left behind its separator. False at the
 * end of a row. */
static inline bool
fuzz_csv_cell(const char **p, struct buf *out)
{
	const char *at = *p;

	buf_reset(out, 4096);
	if (*at == '"') {
		for (at++; at[0] != '"' || at[1] == '"'; at++) {
			FUZZ_CHECK(*at != '\0');
			buf_putc(out, *at);
			if (*at == '"')
				at++;
		}
		at++;
	} else {
		for (; strchr(",\r\n\"", *at) == NULL; at++)
			buf_putc(out, *at);
	}
	FUZZ_CHECK(*at == ',' || (at[0] == '\r' && at[1] == '\n'));
	*p = at + (*at == ',' ? 1 : 2);
	return *at == ',';
}

/* No program takes it for a formula. */
static inline void
fuzz_csv_check(const char *text, size_t len)
{
	FUZZ_CHECK(utf8_valid(text, len));
	FUZZ_CHECK(len == 0 || strchr("=+-@\t\r", text[0]) == NULL);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK((unsigned char)text[i] >= 0x20 ||
		    strchr("\t\r\n", text[i]) != NULL);
}

#endif
