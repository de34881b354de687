/* SPDX-License-Identifier: MIT */
/* IP addresses and the networks they are in. */
#ifndef SETLINK_BASE_NETWORK_H
#define SETLINK_BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

/* An address in 16 bytes; IPv4 in its mapped form (RFC 4291, 2.5.5.2). */
struct network_address {
	unsigned char bytes[16];
};

/* A numeric IPv4 or IPv6 address, and nothing around it. */
bool network_parse_address(
    const char *text, size_t len, struct network_address *out);

/* 127.0.0.0/8 or ::1. */
bool network_is_loopback(const struct network_address *address);

/* Whether `address` is in one of the networks of `list` (addresses or CIDR
 * blocks, separated by commas or blanks). */
bool network_in_list(const struct network_address *address, const char *list);

/* Whether each item of `list` is an address or a CIDR block. */
bool network_list_valid(const char *list);

/* A host and, where it is given, the port to be asked there. */
struct network_host {
	const char *name; /* within the text; an IPv6 address without [] */
	size_t len;
	unsigned port; /* 0: not given */
};

/* Read "NAME", "NAME:PORT", "[IPv6]:PORT" (RFC 3986, 3.2.2), or an IPv6 address
 * alone, which needs no brackets then. */
bool network_parse_host(const char *text, size_t len, struct network_host *out);

/* Whether each item of `list` is a host. */
bool network_hosts_valid(const char *list);

/* The next item of a list separated by commas and blanks: its start, and its
 * length in *len; NULL after the last one. *list is moved past it. */
const char *network_list_item(const char **list, size_t *len);

#endif
