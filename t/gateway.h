/* SPDX-License-Identifier: MIT */
/* What the web servers of unit tests and of fuzz targets have in common. */
#ifndef SETLINK_T_GATEWAY_H
#define SETLINK_T_GATEWAY_H

#include <stddef.h>
#include <string.h>

/* What a client sends after its headers. */
struct gateway_body {
	const char *bytes;
	size_t len;
	size_t read;
};

static inline size_t
gateway_read(struct gateway_body *body, char *to, size_t len)
{
	size_t left = body->len - body->read;

	if (len > left)
		len = left;
	if (len > 0)
		memcpy(to, body->bytes + body->read, len);
	body->read += len;
	return len;
}

/* The value of a variable that is a text "NAME=value"; NULL when it has another
 * name. */
static inline const char *
gateway_value(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 && text[len] == '='
	    ? text + len + 1
	    : NULL;
}

#endif
