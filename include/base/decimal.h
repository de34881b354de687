/* SPDX-License-Identifier: MIT */
/* Decimal numbers as text. */
#ifndef SETLINK_BASE_DECIMAL_H
#define SETLINK_BASE_DECIMAL_H

#include <stdbool.h>

#include "base/error.h"

/* "-1.7976931348623157e+308" and its NUL fit well. */
#define DECIMAL_SIZE 40

/* The shortest of the decimal texts that read back as the same number, so that
 * 0.1 is 0.1, always with a point or an exponent. False for infinity and for
 * what is no number. */
bool decimal_format(double number, char out[DECIMAL_SIZE]) MUST_CHECK;

#endif
