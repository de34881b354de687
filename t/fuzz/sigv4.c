/* SPDX-License-Identifier: MIT */
/* Presigned URLs: two bytes for the deployment and the life, then access key,
 * secret, region, key, and names and values of parameters, a NUL behind each.
 * What the URL says is decoded and signed once more, by other means. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.h"
#include "base/percent.h"
#include "fuzz.h"
#include "s3/sigv4.h"

#define MARK "&X-Amz-Signature="

/* 2026-11-24T00:00:00Z */
#define NOW (INT64_C(1795478400) * USEC_PER_SEC)

static const struct endpoint inner = {
    .authority = "minio:9000", .host = "minio", .port = 9000, .prefix = ""};
static const struct endpoint outer = {.tls = true,
    .authority = "club.example",
    .host = "club.example",
    .port = 443,
    .prefix = "/minio"};

struct parts {
	char *texts[4 + 2 * SIGV4_MAX_PARAMS];
	size_t count;
	struct sigv4_param params[SIGV4_MAX_PARAMS];
	size_t n_params;
};

static void
read_parts(struct fuzz_input *in, struct parts *parts)
{
	*parts = (struct parts){.count = 0};
	for (size_t i = 0; i < 4; i++)
		parts->texts[parts->count++] = fuzz_text(in);
	while (in->left > 0 && parts->n_params < SIGV4_MAX_PARAMS) {
		char *name = parts->texts[parts->count++] = fuzz_text(in);
		char *value = parts->texts[parts->count++] = fuzz_text(in);

		parts->params[parts->n_params++] = (struct sigv4_param){
		    name, value};
	}
}

static void
mac(const void *key, size_t key_len, const char *text, size_t len,
    unsigned char out[32])
{
	unsigned out_len = 32;

	if (HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text,
		len, out, &out_len) == NULL)
		abort();
}

/* The string to sign of a URL whose path and query are as given. */
static void
string_to_sign(const struct sigv4_url *url, const char *path, size_t path_len,
    const char *query, const char *region, struct buf *out)
{
	struct buf request = BUF_INIT;
	unsigned char digest[32];
	char hex[65];

	buf_printf(&request,
	    "GET\n%s%.*s\n%s\nhost:%s%s%s\n\nhost\n"
	    "UNSIGNED-PAYLOAD",
	    url->sign->prefix, (int)path_len, path, query,
	    url->style == URL_STYLE_VIRTUAL ? url->bucket : "",
	    url->style == URL_STYLE_VIRTUAL ? "." : "", url->sign->authority);
	if (buf_text(&request) == NULL ||
	    EVP_Digest(request.data, request.len, digest, NULL, EVP_sha256(),
		NULL) != 1)
		abort();
	hex_write(hex, digest, sizeof(digest));
	buf_printf(out,
	    "AWS4-HMAC-SHA256\n20261124T000000Z\n20261124/%s/s3/aws4_request\n"
	    "%s",
	    region, hex);
	buf_free(&request);
}

static void
sign(const char *secret, const char *region, const struct buf *text,
    char hex[65])
{
	const char *const steps[] = {"20261124", region, "s3", "aws4_request"};
	unsigned char key[32];
	struct buf first = BUF_INIT;

	buf_printf(&first, "AWS4%s", secret);
	mac(first.data, first.len, steps[0], strlen(steps[0]), key);
	for (size_t i = 1; i < 4; i++)
		mac(key, sizeof(key), steps[i], strlen(steps[i]), key);
	mac(key, sizeof(key), text->data, text->len, key);
	hex_write(hex, key, sizeof(key));
	buf_free(&first);
}

/* The path below the bucket is the key and nothing else. */
static void
check_path(const struct sigv4_url *url, const char *path, size_t len)
{
	char *copy = strndup(path, len);
	size_t key_len = strlen(url->key), skip = 1;

	if (copy == NULL)
		abort();
	FUZZ_CHECK(strspn(copy,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		       "0123456789-._~%/") == len);
	FUZZ_CHECK(percent_decode(copy, &len, false));
	if (url->style == URL_STYLE_PATH)
		skip += strlen(url->bucket) + 1;
	FUZZ_CHECK(len == skip + key_len);
	FUZZ_CHECK(memcmp(copy + skip, url->key, key_len) == 0);
	FUZZ_CHECK(url->style == URL_STYLE_VIRTUAL ||
	    strncmp(copy + 1, url->bucket, skip - 2) == 0);
	free(copy);
}

/* Whether a pair of the query decodes to this one. */
static bool
is_pair(const char *pair, size_t len, const struct sigv4_param *param)
{
	size_t name_len = strcspn(pair, "="), value_len = len - name_len - 1;
	char *name = strndup(pair, name_len);
	char *value = strndup(pair + name_len + 1, value_len);
	bool same;

	if (name == NULL || value == NULL)
		abort();
	same = percent_decode(name, &name_len, false) &&
	    percent_decode(value, &value_len, false) &&
	    strcmp(name, param->name) == 0 && strcmp(value, param->value) == 0;
	free(name);
	free(value);
	return same;
}

static void
check_query(const char *query, const struct sigv4_param *params, size_t n)
{
	size_t pairs = 0;

	FUZZ_CHECK(query[strspn(query,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		       "0123456789-._~%&=")] == '\0');
	for (size_t i = 0; i < n; i++) {
		const char *p = query;
		bool found = false;

		for (pairs = 0; !found && p[-1] != '\0'; pairs++) {
			size_t len = strcspn(p, "&");

			found = is_pair(p, len, &params[i]);
			p += len + 1;
		}
		FUZZ_CHECK(found);
	}
}

static void
check_url(const struct sigv4_url *url, const struct parts *parts, char *text)
{
	const char *host = url->style == URL_STYLE_VIRTUAL ? "bucket." : "";
	char begin[64], want[65];
	char *path, *query, *mark;
	struct buf to_sign = BUF_INIT;

	(void)snprintf(begin, sizeof(begin), "%s://%s%s%s",
	    url->shown->tls ? "https" : "http", host, url->shown->authority,
	    url->shown->prefix);
	FUZZ_CHECK(strncmp(text, begin, strlen(begin)) == 0);
	path = text + strlen(begin);
	query = strchr(path, '?');
	mark = query == NULL ? NULL : strstr(query, MARK);
	FUZZ_CHECK(mark != NULL && strlen(mark) == sizeof(MARK) - 1 + 64);
	*mark = '\0';
	check_path(url, path, (size_t)(query - path));
	check_query(query + 1, parts->params, parts->n_params);
	string_to_sign(url, path, (size_t)(query - path), query + 1,
	    parts->texts[2], &to_sign);
	sign(parts->texts[1], parts->texts[2], &to_sign, want);
	FUZZ_CHECK(strcmp(mark + sizeof(MARK) - 1, want) == 0);
	buf_free(&to_sign);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	unsigned flags = fuzz_byte(&in), life = fuzz_byte(&in) + 1;
	struct parts parts;
	struct sigv4_url url = {.method = "GET",
	    .shown = (flags & 1) != 0 ? &outer : &inner,
	    .sign = (flags & 2) != 0 ? &outer : &inner,
	    .style = (flags & 4) != 0 ? URL_STYLE_VIRTUAL : URL_STYLE_PATH,
	    .bucket = "bucket",
	    .now = NOW,
	    .expires = life};
	struct sigv4_signer *signer;
	struct buf out = BUF_INIT;
	struct error err;

	read_parts(&in, &parts);
	url.key = parts.texts[3];
	url.params = parts.params;
	url.n_params = parts.n_params;
	signer = sigv4_signer_new(
	    parts.texts[0], parts.texts[1], parts.texts[2]);
	if (signer == NULL)
		abort();
	FUZZ_CHECK(sigv4_presign(signer, &url, &out, &err));
	check_url(&url, &parts, out.data);
	sigv4_signer_free(signer);
	buf_free(&out);
	while (parts.count > 0)
		free(parts.texts[--parts.count]);
	return 0;
}
