/* SPDX-License-Identifier: MIT */
/* IP addresses and the networks they are in. */
#include "base/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool
network_parse_address(const char *text, size_t len, struct network_address *out)
{
	char copy[INET6_ADDRSTRLEN];

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET6, copy, out->bytes) == 1)
		return true;
	memcpy(out->bytes, mapped_prefix, sizeof(mapped_prefix));
	return inet_pton(AF_INET, copy, out->bytes + 12) == 1;
}

static bool
is_mapped(const struct network_address *address)
{
	return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) ==
	    0;
}

bool
network_is_loopback(const struct network_address *address)
{
	static const unsigned char loopback[16] = {[15] = 1};

	if (is_mapped(address))
		return address->bytes[12] == 127;
	return memcmp(address->bytes, loopback, sizeof(loopback)) == 0;
}

/* "ADDRESS" or "ADDRESS/BITS"; *bits counts within the 16 bytes. */
static bool
parse_network(
    const char *text, size_t len, struct network_address *out, unsigned *bits)
{
	const char *slash = memchr(text, '/', len);
	unsigned long width, value;
	char *end;

	if (!network_parse_address(
		text, slash == NULL ? len : (size_t)(slash - text), out))
		return false;
	width = memchr(text, ':', len) == NULL ? 32 : 128;
	*bits = 128;
	if (slash == NULL)
		return true;
	if (slash[1] < '0' || slash[1] > '9')
		return false;
	value = strtoul(slash + 1, &end, 10);
	if (end != text + len || value > width)
		return false;
	*bits = (unsigned)(128 - width + value);
	return true;
}

const char *
network_list_item(const char **list, size_t *len)
{
	const char *start = *list + strspn(*list, ", \t");

	*len = strcspn(start, ", \t");
	*list = start + *len;
	return *len == 0 ? NULL : start;
}

/* ":PORT" at the end of a host, or nothing. */
static bool
parse_port(const char *text, size_t len, unsigned *out)
{
	size_t i;

	*out = 0;
	if (len == 0)
		return true;
	if (text[0] != ':' || len < 2 || len > 6)
		return false;
	for (i = 1; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text[i] - '0');
	}
	return *out >= 1 && *out <= 65535;
}

bool
network_parse_host(const char *text, size_t len, struct network_host *out)
{
	static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789.-_";
	struct network_address address;
	const char *end;

	*out = (struct network_host){.name = text, .len = len};
	if (network_parse_address(text, len, &address))
		return true;
	if (len > 0 && text[0] == '[') {
		end = memchr(text, ']', len);
		if (end == NULL || memchr(text, ':', len) > (const void *)end)
			return false;
		out->name++;
		out->len = (size_t)(end - text) - 1;
		return network_parse_address(out->name, out->len, &address) &&
		    parse_port(end + 1, len - out->len - 2, &out->port);
	}
	for (end = text; end < text + len && *end != '\0' &&
	     strchr(name_chars, *end) != NULL;)
		end++;
	out->len = (size_t)(end - text);
	return out->len > 0 && out->len < 254 &&
	    parse_port(end, len - out->len, &out->port);
}

bool
network_hosts_valid(const char *list)
{
	struct network_host host;
	const char *item;
	size_t len;

	while ((item = network_list_item(&list, &len)) != NULL)
		if (!network_parse_host(item, len, &host))
			return false;
	return true;
}

static bool
same_prefix(const struct network_address *a, const struct network_address *b,
    unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	unsigned mask = 0xff00U >> rest & 0xffU;

	if (memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    (a->bytes[whole] & mask) == (b->bytes[whole] & mask);
}

bool
network_in_list(const struct network_address *address, const char *list)
{
	struct network_address network;
	const char *item;
	unsigned bits;
	size_t len;

	while ((item = network_list_item(&list, &len)) != NULL)
		if (parse_network(item, len, &network, &bits) &&
		    same_prefix(address, &network, bits))
			return true;
	return false;
}

bool
network_list_valid(const char *list)
{
	struct network_address network;
	const char *item;
	unsigned bits;
	size_t len;

	while ((item = network_list_item(&list, &len)) != NULL)
		if (!parse_network(item, len, &network, &bits))
			return false;
	return true;
}
