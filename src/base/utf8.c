/* SPDX-License-Identifier: MIT */
/* UTF-8 and the few classes of characters that matter to us. */
#include "base/utf8.h"

#include <string.h>

/* Length of the sequence that begins with `lead`, 0 when none does; the
 * smallest code point it may encode goes to *least (overlong forms are not
 * UTF-8). */
static size_t
sequence(unsigned char lead, uint32_t *bits, uint32_t *least)
{
	if (lead < 0x80) {
		*bits = lead;
		*least = 0;
		return 1;
	}
	if ((lead & 0xe0) == 0xc0) {
		*bits = lead & 0x1f;
		*least = 0x80;
		return 2;
	}
	if ((lead & 0xf0) == 0xe0) {
		*bits = lead & 0x0f;
		*least = 0x800;
		return 3;
	}
	if ((lead & 0xf8) == 0xf0) {
		*bits = lead & 0x07;
		*least = 0x10000;
		return 4;
	}
	return 0;
}

size_t
utf8_decode(const char *s, size_t len, uint32_t *code)
{
	uint32_t bits, least;
	size_t n = sequence((unsigned char)s[0], &bits, &least);
	size_t i;

	if (n == 0 || n > len)
		return 0;
	for (i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (c & 0x3f);
	}
	if (bits < least || bits > 0x10ffff ||
	    (bits >= 0xd800 && bits <= 0xdfff))
		return 0;
	*code = bits;
	return n;
}

/* How many bytes at the beginning are ASCII, in steps of eight: nearly all
 * text is, and this is much faster than to decode it. */
static size_t
ascii_run(const char *s, size_t len)
{
	uint64_t word;
	size_t n = 0;

	for (; len - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, s + n, sizeof(word));
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	return n;
}

bool
utf8_valid(const char *s, size_t len)
{
	uint32_t code;
	size_t n = ascii_run(s, len);

	s += n;
	len -= n;
	for (; len > 0; s += n, len -= n) {
		n = utf8_decode(s, len, &code);
		if (n == 0)
			return false;
	}
	return true;
}

size_t
utf8_count(const char *s, size_t len)
{
	size_t count = 0, i;

	for (i = 0; i < len; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			count++;
	return count;
}

bool
utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x00ad ||
	    code == 0x061c || code == 0x180e || code == 0x200b ||
	    code == 0x200e || code == 0x200f ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	    (code >= 0xfff9 && code <= 0xfffb);
}

bool
utf8_has_control(const char *s, size_t len, bool lines)
{
	uint32_t code;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = utf8_decode(s, len, &code);
		if (n == 0)
			return true;
		if (utf8_is_control(code) &&
		    !(lines && (code == '\n' || code == '\r')))
			return true;
	}
	return false;
}

bool
utf8_is_space(uint32_t code)
{
	return code == ' ' || (code >= 0x09 && code <= 0x0d) || code == 0x85 ||
	    code == 0xa0 || code == 0x1680 ||
	    (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
	    code == 0x2029 || code == 0x202f || code == 0x205f ||
	    code == 0x3000;
}

void
utf8_trim(const char **s, size_t *len)
{
	uint32_t code;
	size_t n;

	while (*len > 0) {
		n = utf8_decode(*s, *len, &code);
		if (n == 0 || !utf8_is_space(code))
			break;
		*s += n;
		*len -= n;
	}
	while (*len > 0) {
		size_t at = *len - 1;

		while (at > 0 && ((unsigned char)(*s)[at] & 0xc0) == 0x80)
			at--;
		n = utf8_decode(*s + at, *len - at, &code);
		if (n == 0 || !utf8_is_space(code))
			break;
		*len = at;
	}
}

const char *
utf8_repair(const char *text, struct buf *scratch)
{
	size_t len = strlen(text), n;
	uint32_t code;

	if (utf8_valid(text, len))
		return text;
	for (; len > 0; text += n, len -= n) {
		n = utf8_decode(text, len, &code);
		if (n == 0) {
			buf_puts(scratch, UTF8_REPLACEMENT);
			n = 1;
		} else {
			buf_add(scratch, text, n);
		}
	}
	return buf_text(scratch);
}
