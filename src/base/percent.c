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

/* Straight into the buffer, with room for the worst: this is much of the time
 * that making a presigned URL takes. */
static void
encode(struct buf *out, const char *text, unsigned char where)
{
	static const char digits[] = "0123456789ABCDEF";
	char *room = buf_room(out, 3 * strlen(text)), *to = room;

	if (room == NULL)
		return;
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((stays[c] & where) != 0) {
			*to++ = *text;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
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
