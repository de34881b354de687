/* AWS Signature Version 4 in a query string, as S3 defines it ("Authenticating
 * Requests: Using Query Parameters" in the S3 API reference). */
#include "s3/sigv4.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/percent.h"

#define OWN_PARAMS   5
#define SHA256_SIZE  32
#define NO_DAY       INT64_C(-1)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

/* 9999-12-31: a later year has no four digits. */
#define MAX_DAY INT64_C(2932896)

/* What the scratch buffers keep between calls: a key of 1,024 bytes that are
 * all escaped, and as much again of parameters. */
#define SCRATCH_KEEP 8192

#define DATE_SIZE  sizeof("20130524")
#define STAMP_SIZE sizeof("20130524T000000Z")

struct sigv4_signer {
	const char *access_key;
	const char *secret_key;
	const char *region;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	EVP_MAC_CTX *mac;      /* holds the signing key of `day` */
	int64_t day;           /* since 1970-01-01, or NO_DAY */
	char date[DATE_SIZE];  /* of `day` */
	struct buf scope;      /* of `day`: date/region/s3/aws4_request */
	struct buf credential; /* of `day`: access key/scope */
	struct buf path;       /* scratch from here on */
	struct buf pairs;
	struct buf query;
	struct buf text;
};

/* An encoded "name=value" in the buffer of pairs. */
struct pair {
	size_t start, name_len, len;
};

static bool
openssl_failed(struct error *err)
{
	return error_set(err, ERROR_INTERNAL, "OpenSSL cannot sign a URL");
}

/* A context for HMAC-SHA-256; NULL when OpenSSL has none. */
static EVP_MAC_CTX *
mac_new(void)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
	    OSSL_PARAM_construct_end()};

	EVP_MAC_free(hmac);
	if (mac != NULL && EVP_MAC_CTX_set_params(mac, params) != 1) {
		EVP_MAC_CTX_free(mac);
		mac = NULL;
	}
	return mac;
}

struct sigv4_signer *
sigv4_signer_new(
    const char *access_key, const char *secret_key, const char *region)
{
	struct sigv4_signer *signer = calloc(1, sizeof(*signer));

	if (signer == NULL)
		return NULL;
	signer->access_key = access_key;
	signer->secret_key = secret_key;
	signer->region = region;
	signer->day = NO_DAY;
	return signer;
}

/* Load the algorithms. It is half of what a CGI program without it takes to
 * start, so it waits until a URL is signed. */
static bool
load_algorithms(struct sigv4_signer *signer)
{
	if (signer->sha256 == NULL)
		signer->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (signer->digest == NULL)
		signer->digest = EVP_MD_CTX_new();
	if (signer->mac == NULL)
		signer->mac = mac_new();
	return signer->sha256 != NULL && signer->digest != NULL &&
	    signer->mac != NULL;
}

void
sigv4_signer_free(struct sigv4_signer *signer)
{
	if (signer == NULL)
		return;
	EVP_MAC_CTX_free(signer->mac); /* wipes the key in it */
	EVP_MD_CTX_free(signer->digest);
	EVP_MD_free(signer->sha256);
	buf_free(&signer->scope);
	buf_free(&signer->credential);
	buf_free(&signer->path);
	buf_free(&signer->pairs);
	buf_free(&signer->query);
	buf_free(&signer->text);
	free(signer);
}

/* HMAC of `text` with a new key, or with the one in use if `key` is NULL. */
static bool
mac_text(EVP_MAC_CTX *mac, const void *key, size_t key_len, const char *text,
    size_t len, unsigned char out[SHA256_SIZE])
{
	size_t out_len;

	return EVP_MAC_init(mac, key, key_len, NULL) == 1 &&
	    EVP_MAC_update(mac, (const unsigned char *)text, len) == 1 &&
	    EVP_MAC_final(mac, out, &out_len, SHA256_SIZE) == 1;
}

/* Leave the signing key of the date in signer->mac: the chain of HMACs from
 * the secret over date, region and service. */
static bool
key_derive(struct sigv4_signer *signer, struct error *err)
{
	const char *const steps[] = {
	    signer->date, signer->region, "s3", "aws4_request"};
	unsigned char key[SHA256_SIZE];
	struct buf secret = BUF_INIT;
	bool ok;
	size_t i;

	buf_puts(&secret, "AWS4");
	buf_puts(&secret, signer->secret_key);
	if (secret.failed) {
		buf_free(&secret);
		return error_memory(err);
	}
	ok = mac_text(signer->mac, secret.data, secret.len, steps[0],
	    strlen(steps[0]), key);
	for (i = 1; ok && i < sizeof(steps) / sizeof(steps[0]); i++)
		ok = mac_text(signer->mac, key, sizeof(key), steps[i],
		    strlen(steps[i]), key);
	ok = ok && EVP_MAC_init(signer->mac, key, sizeof(key), NULL) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(secret.data, secret.cap);
	buf_free(&secret);
	return ok || openssl_failed(err);
}

/* `value` in decimal, exactly `width` digits. */
static void
put_digits(char *out, int value, int width)
{
	while (width-- > 0) {
		out[width] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Make date, scope, credential and signing key those of the day of `now`. */
static bool
day_begin(struct sigv4_signer *signer, usec_t now, struct error *err)
{
	struct clock_fields at;

	if (signer->day == now / USEC_PER_DAY)
		return true;
	signer->day = NO_DAY;
	if (!load_algorithms(signer))
		return openssl_failed(err);
	clock_split(now, &at);
	put_digits(signer->date, at.year, 4);
	put_digits(signer->date + 4, at.month, 2);
	put_digits(signer->date + 6, at.day, 2);
	buf_reset(&signer->scope, SCRATCH_KEEP);
	buf_printf(&signer->scope, "%s/%s/s3/aws4_request", signer->date,
	    signer->region);
	buf_reset(&signer->credential, SCRATCH_KEEP);
	buf_printf(&signer->credential, "%s/%s", signer->access_key,
	    signer->scope.failed ? "" : signer->scope.data);
	if (signer->scope.failed || signer->credential.failed)
		return error_memory(err);
	if (!key_derive(signer, err))
		return false;
	signer->day = now / USEC_PER_DAY;
	return true;
}

/* The time as "20130524T000000Z", within the signer's day. */
static void
stamp_put(const struct sigv4_signer *signer, usec_t now, char out[STAMP_SIZE])
{
	int second = (int)(now % USEC_PER_DAY / USEC_PER_SEC);

	memcpy(out, signer->date, DATE_SIZE - 1);
	out[8] = 'T';
	put_digits(out + 9, second / 3600, 2);
	put_digits(out + 11, second / 60 % 60, 2);
	put_digits(out + 13, second % 60, 2);
	out[15] = 'Z';
	out[16] = '\0';
}

static void
add_hex(struct buf *out, const unsigned char bytes[SHA256_SIZE])
{
	char text[2 * SHA256_SIZE + 1];

	hex_write(text, bytes, SHA256_SIZE);
	buf_add(out, text, sizeof(text) - 1);
}

static void
add_host(struct buf *out, const struct sigv4_url *url,
    const struct endpoint *endpoint)
{
	if (url->style == URL_STYLE_VIRTUAL) {
		buf_puts(out, url->bucket);
		buf_putc(out, '.');
	}
	buf_puts(out, endpoint->authority);
}

/* The path below an endpoint. Each byte is encoded once and nothing is
 * normalised: unlike other services, S3 takes "//" and ".." in a key as they
 * are. The bucket itself is "/bucket/", or "/" of the virtual host. */
static void
add_path(struct buf *out, const struct sigv4_url *url)
{
	if (url->style == URL_STYLE_PATH) {
		buf_putc(out, '/');
		percent_encode_path(out, url->bucket);
	}
	buf_putc(out, '/');
	percent_encode_path(out, url->key);
}

static void
add_origin(struct buf *out, const struct sigv4_url *url)
{
	buf_puts(out, url->shown->tls ? "https://" : "http://");
	add_host(out, url, url->shown);
	buf_puts(out, url->shown->prefix);
}

static int
bytes_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order != 0)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

/* By name, then by value. Comparing "name=value" as a whole would put "a-=1"
 * before "a=1". */
static int
pair_compare(const char *base, const struct pair *a, const struct pair *b)
{
	int order = bytes_compare(
	    base + a->start, a->name_len, base + b->start, b->name_len);

	if (order != 0)
		return order;
	return bytes_compare(base + a->start + a->name_len,
	    a->len - a->name_len, base + b->start + b->name_len,
	    b->len - b->name_len);
}

/* Insertion sort: a dozen pairs, half of them in order already. */
static void
pairs_sort(const char *base, struct pair *pairs, size_t n)
{
	size_t i, j;

	for (i = 1; i < n; i++) {
		struct pair moved = pairs[i];

		for (j = i; j > 0; j--) {
			if (pair_compare(base, &pairs[j - 1], &moved) <= 0)
				break;
			pairs[j] = pairs[j - 1];
		}
		pairs[j] = moved;
	}
}

/* Encode one parameter behind those that are in signer->pairs. */
static struct pair
pair_add(struct buf *out, const struct sigv4_param *param)
{
	struct pair pair = {.start = out->len};

	percent_encode(out, param->name);
	pair.name_len = out->len - pair.start;
	buf_putc(out, '=');
	percent_encode(out, param->value);
	pair.len = out->len - pair.start;
	return pair;
}

/* The canonical query string into signer->query: the caller's parameters and
 * those of the signature. */
static bool
query_build(struct sigv4_signer *signer, const struct sigv4_url *url,
    const struct sigv4_param own[OWN_PARAMS], struct error *err)
{
	struct pair pairs[OWN_PARAMS + SIGV4_MAX_PARAMS];
	struct buf *out = &signer->query;
	size_t i, n = 0;

	buf_reset(&signer->pairs, SCRATCH_KEEP);
	for (i = 0; i < OWN_PARAMS; i++)
		pairs[n++] = pair_add(&signer->pairs, &own[i]);
	for (i = 0; i < url->n_params; i++)
		pairs[n++] = pair_add(&signer->pairs, &url->params[i]);
	if (signer->pairs.failed)
		return error_memory(err);
	pairs_sort(signer->pairs.data, pairs, n);
	buf_reset(out, SCRATCH_KEEP);
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, '&');
		buf_add(out, signer->pairs.data + pairs[i].start, pairs[i].len);
	}
	return !out->failed || error_memory(err);
}

/* SHA-256 of the canonical request, which signs the Host header only and
 * leaves the payload unsigned. */
static bool
request_digest(struct sigv4_signer *signer, const struct sigv4_url *url,
    unsigned char out[SHA256_SIZE], struct error *err)
{
	struct buf *text = &signer->text;

	buf_reset(text, SCRATCH_KEEP);
	buf_puts(text, url->method);
	buf_putc(text, '\n');
	buf_puts(text, url->sign->prefix);
	buf_add(text, signer->path.data, signer->path.len);
	buf_putc(text, '\n');
	buf_add(text, signer->query.data, signer->query.len);
	buf_puts(text, "\nhost:");
	add_host(text, url, url->sign);
	buf_puts(text, "\n\nhost\nUNSIGNED-PAYLOAD");
	if (text->failed)
		return error_memory(err);
	if (EVP_DigestInit_ex2(signer->digest, signer->sha256, NULL) != 1 ||
	    EVP_DigestUpdate(signer->digest, text->data, text->len) != 1 ||
	    EVP_DigestFinal_ex(signer->digest, out, NULL) != 1)
		return openssl_failed(err);
	return true;
}

static bool
signature_make(struct sigv4_signer *signer, const struct sigv4_url *url,
    const char *stamp, unsigned char out[SHA256_SIZE], struct error *err)
{
	struct buf *text = &signer->text;
	unsigned char digest[SHA256_SIZE];

	if (!request_digest(signer, url, digest, err))
		return false;
	buf_reset(text, SCRATCH_KEEP);
	buf_puts(text, "AWS4-HMAC-SHA256\n");
	buf_puts(text, stamp);
	buf_putc(text, '\n');
	buf_add(text, signer->scope.data, signer->scope.len);
	buf_putc(text, '\n');
	add_hex(text, digest);
	if (text->failed)
		return error_memory(err);
	return mac_text(signer->mac, NULL, 0, text->data, text->len, out) ||
	    openssl_failed(err);
}

static bool
url_check(const struct sigv4_url *url, struct error *err)
{
	if (url->expires < 1 || url->expires > SIGV4_MAX_EXPIRES)
		return error_set(err, ERROR_INVALID,
		    "a presigned URL lives 1 to %d seconds, not %u",
		    SIGV4_MAX_EXPIRES, url->expires);
	if (url->n_params > SIGV4_MAX_PARAMS)
		return error_set(err, ERROR_INVALID,
		    "a presigned URL has at most %d parameters, not %zu",
		    SIGV4_MAX_PARAMS, url->n_params);
	if (url->now < 0 || url->now / USEC_PER_DAY > MAX_DAY)
		return error_set(err, ERROR_INVALID,
		    "a URL can be signed from 1970 to 9999 only");
	return true;
}

bool
sigv4_presign(struct sigv4_signer *signer, const struct sigv4_url *url,
    struct buf *out, struct error *err)
{
	unsigned char signature[SHA256_SIZE];
	char stamp[STAMP_SIZE], expires[7] = "000000";
	struct sigv4_param own[OWN_PARAMS] = {
	    {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"}, {"X-Amz-Credential", NULL},
	    {"X-Amz-Date", stamp}, {"X-Amz-Expires", expires},
	    {"X-Amz-SignedHeaders", "host"}};

	if (!url_check(url, err) || !day_begin(signer, url->now, err))
		return false;
	own[1].value = signer->credential.data;
	stamp_put(signer, url->now, stamp);
	put_digits(expires, (int)url->expires, 6);
	own[3].value = expires + strspn(expires, "0");
	buf_reset(&signer->path, SCRATCH_KEEP);
	add_path(&signer->path, url);
	if (signer->path.failed)
		return error_memory(err);
	if (!query_build(signer, url, own, err) ||
	    !signature_make(signer, url, stamp, signature, err))
		return false;
	add_origin(out, url);
	buf_add(out, signer->path.data, signer->path.len);
	buf_putc(out, '?');
	buf_add(out, signer->query.data, signer->query.len);
	buf_puts(out, "&X-Amz-Signature=");
	add_hex(out, signature);
	return !out->failed || error_memory(err);
}

void
sigv4_plain_url(const struct sigv4_url *url, struct buf *out)
{
	add_origin(out, url);
	add_path(out, url);
}
