/* SPDX-License-Identifier: MIT */
/* Text that somebody typed, or that came from the bucket, on a terminal. */
#ifndef SETLINK_COMMAND_TERMINAL_H
#define SETLINK_COMMAND_TERMINAL_H

#include <stddef.h>

/* Print it to stdout as it is, but for a "?" in place of what a terminal would
 * obey, and of each byte that is not UTF-8. */
void terminal_print(const char *text);

/* The same in a column of so many characters: filled up with spaces, or cut. */
void terminal_print_cell(const char *text, size_t width);

#endif
