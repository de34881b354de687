/* SPDX-License-Identifier: MIT */
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

static bool
eight_stay(const char *text, unsigned char where)
{
	const unsigned char *p = (const unsigned char *)text;

	return (stays[p[0]] & stays[p[1]] & stays[p[2]] & stays[p[3]] &
		   stays[p[4]] & stays[p[5]] & stays[p[6]] & stays[p[7]] &
		   where) != 0;
}

static char *
put_encoded(char *to, char c, unsigned char where)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;

	if ((stays[byte] & where) != 0) {
		*to++ = c;
		return to;
	}
	*to++ = '%';
	*to++ = digits[byte >> 4];
	*to++ = digits[byte & 15];
	return to;
}

/* Straight into the buffer, with room for the worst, and eight bytes at a time
 * where all of them stay, as nearly all of a key does: this is much of the time
 * that making a presigned URL takes. */
static void
encode(struct buf *out, const char *text, unsigned char where)
{
	size_t len = strlen(text), i;
	char *room = buf_room(out, 3 * len), *to = room;

	if (room == NULL)
		return;
	for (; len >= 8; text += 8, len -= 8) {
		if (eight_stay(text, where)) {
			memcpy(to, text, 8);
			to += 8;
			continue;
		}
		for (i = 0; i < 8; i++)
			to = put_encoded(to, text[i], where);
	}
	for (i = 0; i < len; i++)
		to = put_encoded(to, text[i], where);
	buf_wrote(out, (size_t)(to - room));
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
