/* Percent-encoding for S3, and the decoding of listed keys. */
#include "s3/encode.h"

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
s3_encode_query(struct buf *out, const char *text)
{
	encode(out, text, '\0');
}

void
s3_encode_path(struct buf *out, const char *key)
{
	encode(out, key, '/');
}

/* The byte that the two digits stand for; 0, which no key can hold, when
 * they are no digits. */
static unsigned char
escaped_byte(const char *digits, size_t len)
{
	int high, low;

	if (len < 2)
		return 0;
	high = hex_value(digits[0]);
	low = hex_value(digits[1]);
	if (high < 0 || low < 0)
		return 0;
	return (unsigned char)(high << 4 | low);
}

bool
s3_decode_key(char *text, size_t *len)
{
	size_t in, out = 0;

	for (in = 0; in < *len; in++, out++) {
		unsigned char c = (unsigned char)text[in];

		if (c == '+')
			c = ' ';
		else if (c == '%') {
			c = escaped_byte(text + in + 1, *len - in - 1);
			in += 2;
		}
		if (c == '\0')
			return false;
		text[out] = (char)c;
	}
	text[out] = '\0';
	*len = out;
	return true;
}
