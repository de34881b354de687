/* SPDX-License-Identifier: MIT */
/* Decimal numbers as text. */
#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
decimal_format(double number, char out[DECIMAL_SIZE])
{
	size_t len;
	int digits;

	if (!isfinite(number))
		return false;
	for (digits = 15; digits <= 17; digits++) {
		(void)snprintf(out, DECIMAL_SIZE, "%.*g", digits, number);
		if (strtod(out, NULL) == number)
			break;
	}
	len = strlen(out);
	if (strpbrk(out, ".e") == NULL)
		(void)snprintf(out + len, DECIMAL_SIZE - len, ".0");
	return true;
}
