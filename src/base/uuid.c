/* SPDX-License-Identifier: MIT */
/* Making, reading and writing UUIDs. */
#include "base/uuid.h"

#include <string.h>
#include <sys/random.h>

#include "base/hex.h"

bool
uuid_make(usec_t now, struct uuid *out, struct error *err)
{
	uint64_t ms = (uint64_t)(now / 1000);
	int i;

	if (getrandom(out->bytes, sizeof(out->bytes), 0) !=
	    (ssize_t)sizeof(out->bytes))
		return error_set(err, ERROR_INTERNAL, "no random numbers");
	for (i = 5; i >= 0; i--) {
		out->bytes[i] = (unsigned char)(ms & 0xff);
		ms >>= 8;
	}
	out->bytes[6] = (unsigned char)(0x70 | (out->bytes[6] & 0x0f));
	out->bytes[8] = (unsigned char)(0x80 | (out->bytes[8] & 0x3f));
	return true;
}

/* Whether a dash stands before byte `i` of the text form. */
static bool
dash_before(size_t i)
{
	return i == 4 || i == 6 || i == 8 || i == 10;
}

bool
uuid_parse(const char *text, size_t len, struct uuid *out)
{
	const char *p = text;
	size_t i;

	if (len != UUID_TEXT_SIZE - 1)
		return false;
	for (i = 0; i < sizeof(out->bytes); i++) {
		int high, low;

		if (dash_before(i) && *p++ != '-')
			return false;
		high = hex_value(p[0]);
		low = hex_value(p[1]);
		if (high < 0 || low < 0)
			return false;
		out->bytes[i] = (unsigned char)(high << 4 | low);
		p += 2;
	}
	return true;
}

void
uuid_format(const struct uuid *id, char out[UUID_TEXT_SIZE])
{
	static const unsigned char groups[] = {4, 2, 2, 2, 6};
	const unsigned char *bytes = id->bytes;
	size_t i;

	for (i = 0; i < sizeof(groups); i++) {
		if (i > 0)
			*out++ = '-';
		hex_write(out, bytes, groups[i]);
		bytes += groups[i];
		out += 2 * groups[i];
	}
}

int
uuid_compare(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}
