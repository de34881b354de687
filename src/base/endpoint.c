/* SPDX-License-Identifier: MIT */
/* Reading endpoint URLs (RFC 3986, http and https only). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/network.h"

static bool
refuse(struct error *err, const char *why)
{
	return error_set(err, ERROR_INVALID, "%s", why);
}

static const char *
lower_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_copy(arena, text, len);
	char *p;

	for (p = copy; p != NULL && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* A name, an IPv4 address, or an IPv6 address in its brackets. */
static bool
host_length(const char *text, size_t *len)
{
	struct network_address address;
	static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789.-_";

	if (text[0] == '[') {
		*len = 2 + strcspn(text + 1, "]");
		return text[*len - 1] == ']' &&
		    memchr(text, ':', *len) != NULL &&
		    network_parse_address(text + 1, *len - 2, &address);
	}
	*len = strspn(text, name_chars);
	return *len > 0 && *len < 254;
}

/* ":port", or nothing; *p is moved past it. */
static bool
read_port(const char **p, struct endpoint *out)
{
	char *end;
	unsigned long port;

	out->port = out->tls ? 443 : 80;
	if (**p != ':')
		return true;
	if (!isdigit((unsigned char)(*p)[1]))
		return false;
	port = strtoul(*p + 1, &end, 10);
	if (port < 1 || port > 65535)
		return false;
	out->port = (unsigned)port;
	*p = end;
	return true;
}

/* The path, without the slashes at its end. */
static bool
read_prefix(struct arena *arena, const char *path, struct endpoint *out)
{
	size_t len = strlen(path), i;

	if (len > 0 && path[0] != '/')
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)path[i]) &&
		    strchr("-._~/", path[i]) == NULL)
			return false;
	while (len > 0 && path[len - 1] == '/')
		len--;
	out->prefix = arena_copy(arena, path, len);
	return true;
}

bool
endpoint_parse(struct arena *arena, const char *text, struct endpoint *out,
    struct error *err)
{
	const char *host, *p;
	size_t len;

	out->tls = strncmp(text, "https://", 8) == 0;
	if (!out->tls && strncmp(text, "http://", 7) != 0)
		return refuse(err, "begin with http:// or https://");
	host = text + (out->tls ? 8 : 7);
	if (!host_length(host, &len))
		return refuse(err, "name a host");
	p = host + len;
	if (!read_port(&p, out))
		return refuse(err, "have a port from 1 to 65535");
	if (!read_prefix(arena, p, out))
		return refuse(err, "end with a plain path, or none");
	out->authority = lower_copy(arena, host, len);
	out->host = host[0] == '[' ? lower_copy(arena, host + 1, len - 2)
				   : out->authority;
	if (out->authority != NULL && out->port != (out->tls ? 443 : 80))
		out->authority = arena_printf(
		    arena, "%s:%u", out->authority, out->port);
	if (out->authority == NULL || out->host == NULL || out->prefix == NULL)
		return error_memory(err);
	return true;
}
