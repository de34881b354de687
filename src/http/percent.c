/* Percent-decoding and -encoding. */
#include "http/percent.h"

#include <ctype.h>
#include <string.h>

#include "base/hex.h"

bool
percent_decode(struct arena *arena, const char *text, size_t len, bool plus,
    const char *what, const char **out, size_t *out_len, struct error *err)
{
	char *to = arena_copy(arena, text, len);
	size_t i, n = 0;

	if (to == NULL)
		return error_memory(err);
	for (i = 0; i < len; i++) {
		int high, low;

		if (text[i] != '%') {
			to[n++] = plus && text[i] == '+' ? ' ' : text[i];
			continue;
		}
		high = len - i > 2 ? hex_value(text[i + 1]) : -1;
		low = len - i > 2 ? hex_value(text[i + 2]) : -1;
		if (high < 0 || low < 0)
			return error_set(err, ERROR_INVALID,
			    "%s: a %% is not followed by two hex digits", what);
		to[n++] = (char)(high << 4 | low);
		i += 2;
	}
	to[n] = '\0';
	*out = to;
	*out_len = n;
	return true;
}

void
percent_encode(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL))
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}
