/* Percent-encoding. */
#include "base/percent.h"

#include <string.h>

#include "base/hex.h"

#define EVERYWHERE 1
#define IN_PATHS   2

/* Which bytes stay: those of RFC 3986, section 2.3, and in paths the slash. */
static const unsigned char stays[256] = {
    ['A' ... 'Z'] = EVERYWHERE | IN_PATHS,
    ['a' ... 'z'] = EVERYWHERE | IN_PATHS,
    ['0' ... '9'] = EVERYWHERE | IN_PATHS,
    ['-'] = EVERYWHERE | IN_PATHS,
    ['.'] = EVERYWHERE | IN_PATHS,
    ['_'] = EVERYWHERE | IN_PATHS,
    ['~'] = EVERYWHERE | IN_PATHS,
    ['/'] = IN_PATHS,
};

/* Runs of bytes that stay are added at once: this is most of the time that
 * making a presigned URL takes. */
static void
encode(struct buf *out, const char *text, unsigned char where)
{
	static const char digits[] = "0123456789ABCDEF";
	char escape[3] = {'%'};

	for (;;) {
		const char *p = text;

		while ((stays[(unsigned char)*p] & where) != 0)
			p++;
		buf_add(out, text, (size_t)(p - text));
		if (*p == '\0')
			return;
		escape[1] = digits[(unsigned char)*p >> 4];
		escape[2] = digits[*p & 15];
		buf_add(out, escape, sizeof(escape));
		text = p + 1;
	}
}

void
percent_encode(struct buf *out, const char *text)
{
	encode(out, text, EVERYWHERE);
}

void
percent_encode_path(struct buf *out, const char *path)
{
	encode(out, path, IN_PATHS);
}

/* The byte that the two digits at `text` stand for; false when there are no
 * two digits. */
static bool
decode_byte(const char *text, size_t len, char *out)
{
	int high, low;

	if (len < 2)
		return false;
	high = hex_value(text[0]);
	low = hex_value(text[1]);
	if (high < 0 || low < 0)
		return false;
	*out = (char)(high << 4 | low);
	return true;
}

bool
percent_decode(char *text, size_t *len, bool plus)
{
	size_t in, out = 0;

	for (in = 0; in < *len; in++, out++) {
		if (text[in] != '%') {
			text[out] = plus && text[in] == '+' ? ' ' : text[in];
			continue;
		}
		if (!decode_byte(text + in + 1, *len - in - 1, &text[out]))
			return false;
		in += 2;
	}
	text[out] = '\0';
	*len = out;
	return true;
}
