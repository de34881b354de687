/* Access to admin routes. */
#include "http/access.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/hex.h"

/* The token of an Authorization header; NULL when it has another scheme. */
static const char *
bearer_token(const char *header)
{
	static const char scheme[] = "Bearer ";
	size_t len = sizeof(scheme) - 1;

	if (header == NULL || strncasecmp(header, scheme, len) != 0)
		return NULL;
	header += len;
	return header + strspn(header, " ");
}

static bool
token_matches(const char *token, const char *hash)
{
	unsigned char digest[32];
	char hex[65], want[65];
	size_t i;

	if (EVP_Digest(
		token, strlen(token), digest, NULL, EVP_sha256(), NULL) != 1)
		return false;
	hex_write(hex, digest, sizeof(digest));
	for (i = 0; i < 64; i++)
		want[i] = (char)tolower((unsigned char)hash[i]);
	return CRYPTO_memcmp(hex, want, 64) == 0;
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

static bool
is_cross_site(const struct request *request)
{
	const char *site = request_header(request, "HTTP_SEC_FETCH_SITE");

	return site != NULL && strcmp(site, "cross-site") == 0;
}

enum access_verdict
access_judge(const struct request *request, const struct config *config)
{
	const char *token;

	if (config->admin_token_hash[0] == '\0') {
		if (!request->client_known || request->forwarded ||
		    !network_is_loopback(&request->client) ||
		    !host_is_loopback(request_header(request, "HTTP_HOST")))
			return ACCESS_NOT_LOOPBACK;
		return is_cross_site(request) ? ACCESS_CROSS_SITE
					      : ACCESS_GRANTED;
	}
	token = bearer_token(request_header(request, "HTTP_AUTHORIZATION"));
	if (token == NULL)
		return ACCESS_NO_TOKEN;
	return token_matches(token, config->admin_token_hash)
	    ? ACCESS_GRANTED
	    : ACCESS_WRONG_TOKEN;
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
	case ACCESS_CROSS_SITE:
		return error_set(err, ERROR_FORBIDDEN,
		    "Sec-Fetch-Site: pages of other sites may not do this");
	case ACCESS_NOT_LOOPBACK:
	case ACCESS_GRANTED:
		break;
	}
	return error_set(err, ERROR_FORBIDDEN,
	    "no admin token is configured, so only the machine itself may do "
	    "this, by a loopback address and name");
}
