/* SPDX-License-Identifier: MIT */
/* What a web server hands over: CGI meta-variables (RFC 3875) and two byte
 * streams, whether by FastCGI or by plain CGI. */
#ifndef SETLINK_HTTP_GATEWAY_H
#define SETLINK_HTTP_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>

struct gateway {
	void *context;
	/* A meta-variable, NULL when it is not set. Borrowed for as long as
	 * the request lasts. A header that came in several lines is one list,
	 * joined by ", " (RFC 9110, 5.3). */
	const char *(*variable)(void *context, const char *name);
	/* Up to `len` bytes of the body; fewer only at its end. */
	size_t (*read)(void *context, char *to, size_t len);
	bool (*write)(void *context, const char *from, size_t len);
};

#endif
