/* SPDX-License-Identifier: MIT */
/* Access to admin routes. */
#include "http/access.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

const char *
access_token(const struct request *request)
{
	static const char scheme[] = "Bearer ";
	const char *header = request_header(request, "HTTP_AUTHORIZATION");
	size_t len = sizeof(scheme) - 1;

	if (header == NULL || strncasecmp(header, scheme, len) != 0)
		return NULL;
	header += len;
	return header + strspn(header, " ");
}

static bool
digest(const char *text, unsigned char out[32])
{
	return EVP_Digest(text, strlen(text), out, NULL, EVP_sha256(), NULL) ==
	    1;
}

/* Digests of any two texts are compared in the same time. */
bool
access_is_same(
    const char *token, const char *secret, bool *same, struct error *err)
{
	unsigned char one[32], two[32];

	if (!digest(token, one) || !digest(secret, two))
		return error_set(err, ERROR_INTERNAL, "no SHA-256");
	*same = CRYPTO_memcmp(one, two, sizeof(one)) == 0;
	return true;
}

/* The name in Host, without the port; IPv6 in brackets. */
static bool
host_is_loopback(const char *host)
{
	struct network_address address;
	size_t len;

	if (host == NULL)
		return false;
	if (host[0] == '[') {
		len = strcspn(++host, "]");
		return network_parse_address(host, len, &address) &&
		    network_is_loopback(&address);
	}
	len = strcspn(host, ":");
	if (len == 9 && strncasecmp(host, "localhost", 9) == 0)
		return true;
	return network_parse_address(host, len, &address) &&
	    network_is_loopback(&address);
}

/* Whether a browser sent it for a page of another origin. Sites are not fine
 * enough: to a browser each port of this machine is the same site. Browsers
 * that do not know Sec-Fetch-Site name the page's origin in Origin. */
static bool
is_of_another_page(const struct request *request)
{
	const char *site = request_header(request, "HTTP_SEC_FETCH_SITE");
	const char *origin = request_header(request, "HTTP_ORIGIN");
	const char *scheme_end;

	if (site != NULL)
		return strcmp(site, "same-origin") != 0 &&
		    strcmp(site, "none") != 0;
	if (origin == NULL)
		return false;
	scheme_end = strstr(origin, "://");
	return scheme_end == NULL ||
	    strcasecmp(scheme_end + 3, request_header(request, "HTTP_HOST")) !=
	    0;
}

enum access_verdict
access_judge(const struct request *request)
{
	if (!request->client_known || request->forwarded ||
	    !network_is_loopback(&request->client) ||
	    !host_is_loopback(request_header(request, "HTTP_HOST")))
		return ACCESS_NOT_LOOPBACK;
	return is_of_another_page(request) ? ACCESS_CROSS_SITE : ACCESS_GRANTED;
}

bool
access_refuse(enum access_verdict verdict, struct error *err)
{
	switch (verdict) {
	case ACCESS_NO_TOKEN:
		return error_set(err, ERROR_UNAUTHORIZED,
		    "Authorization: an admin token is required");
	case ACCESS_WRONG_TOKEN:
		return error_set(err, ERROR_UNAUTHORIZED,
		    "Authorization: the admin token is wrong");
	case ACCESS_EXPIRED_TOKEN:
		return error_set(err, ERROR_UNAUTHORIZED,
		    "Authorization: the admin token has expired");
	case ACCESS_CROSS_SITE:
		return error_set(err, ERROR_FORBIDDEN,
		    "Sec-Fetch-Site, Origin: without an admin token pages of "
		    "other origins may not do this");
	case ACCESS_NOT_LOOPBACK:
	case ACCESS_GRANTED:
		break;
	}
	return error_set(err, ERROR_FORBIDDEN,
	    "an admin token is required; where none is configured, only the "
	    "machine itself may do this, by a loopback address and name");
}
