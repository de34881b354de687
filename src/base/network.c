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
