/* SPDX-License-Identifier: MIT */
/* Text on a terminal. */
#include "command/terminal.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Print one character of `len` > 0 bytes; returns how many of them it took. */
static size_t
print_character(const char *text, size_t len)
{
	uint32_t code;
	size_t n = utf8_decode(text, len, &code);

	if (n == 0 || utf8_is_control(code)) {
		(void)putchar('?');
		return n == 0 ? 1 : n;
	}
	(void)fwrite(text, 1, n, stdout);
	return n;
}

void
terminal_print(const char *text)
{
	for (size_t len = strlen(text), n; len > 0; text += n, len -= n)
		n = print_character(text, len);
}

void
terminal_print_cell(const char *text, size_t width)
{
	size_t len = strlen(text), n;

	for (; len > 0 && width > 0; text += n, len -= n, width--)
		n = print_character(text, len);
	for (; width > 0; width--)
		(void)putchar(' ');
}
