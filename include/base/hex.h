/* SPDX-License-Identifier: MIT */
/* Hexadecimal digits. */
#ifndef SETLINK_BASE_HEX_H
#define SETLINK_BASE_HEX_H

#include <stddef.h>

/* The value of a digit in either case, -1 for any other character. */
int hex_value(char digit);

/* 2 * len lower-case digits and a NUL. */
void hex_write(char *out, const unsigned char *bytes, size_t len);

#endif
