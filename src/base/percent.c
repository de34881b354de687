/* Percent-encoding. */
#include "base/percent.h"

#include <string.h>

#include "base/hex.h"

/* RFC 3986, section 2.3. */
static const bool unreserved[256] = {
    ['A' ... 'Z'] = true,
    ['a' ... 'z'] = true,
    ['0' ... '9'] = true,
    ['-'] = true,
    ['.'] = true,
    ['_'] = true,
    ['~'] = true,
};

/* Runs of bytes that stay are added at once: this is most of the time that
 * making a presigned URL takes. */
static void
encode(struct buf *out, const char *text, unsigned char also)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *run = text, *p = text;
	char escape[3] = {'%'};

	for (; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (unreserved[c] || c == also)
			continue;
		escape[1] = digits[c >> 4];
		escape[2] = digits[c & 15];
		buf_add(out, run, (size_t)(p - run));
		buf_add(out, escape, sizeof(escape));
		run = p + 1;
	}
	buf_add(out, run, (size_t)(p - run));
}

void
percent_encode(struct buf *out, const char *text)
{
	encode(out, text, '\0');
}

void
percent_encode_path(struct buf *out, const char *path)
{
	encode(out, path, '/');
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
