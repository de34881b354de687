/* SPDX-License-Identifier: MIT */
/* AWS Signature Version 4 in a query string, as S3 defines it ("Authenticating
 * Requests: Using Query Parameters" in the S3 API reference). */
#include "s3/sigv4.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hex.h"
#include "base/percent.h"
#include "s3/sigv4_query.h"

#define SHA256_SIZE 32
#define NO_DAY      INT64_C(-1)

/* 9999-12-31: a later year has no four digits. */
#define MAX_DAY INT64_C(2932896)

struct sigv4_signer {
	const char *access_key;
	const char *secret_key;
	const char *region;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	EVP_MAC_CTX *mac;           /* holds the signing key of `day` */
	int64_t day;                /* since 1970-01-01, or NO_DAY */
	char date[SIGV4_DATE_SIZE]; /* of `day` */
	struct buf scope;           /* of `day`: date/region/s3/aws4_request */
	struct sigv4_query query;
	struct buf path; /* scratch from here on */
	struct buf text;
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

/* Until the next URL, which makes them anew. */
static void
free_contexts(struct sigv4_signer *signer)
{
	EVP_MAC_CTX_free(signer->mac); /* wipes the key in it */
	EVP_MD_CTX_free(signer->digest);
	signer->mac = NULL;
	signer->digest = NULL;
	signer->day = NO_DAY;
}

void
sigv4_signer_free(struct sigv4_signer *signer)
{
	if (signer == NULL)
		return;
	free_contexts(signer);
	EVP_MD_free(signer->sha256);
	buf_free(&signer->scope);
	sigv4_query_free(&signer->query);
	buf_free(&signer->path);
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
	for (i = 1; ok && i < LENGTH(steps); i++)
		ok = mac_text(signer->mac, key, sizeof(key), steps[i],
		    strlen(steps[i]), key);
	ok = ok && EVP_MAC_init(signer->mac, key, sizeof(key), NULL) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(secret.data, secret.cap);
	buf_free(&secret);
	return ok || openssl_failed(err);
}

/* Make date, scope, parameters and signing key those of the day of `now`. */
static bool
day_begin(struct sigv4_signer *signer, usec_t now, struct error *err)
{
	if (signer->day == now / USEC_PER_DAY)
		return true;
	signer->day = NO_DAY;
	if (!load_algorithms(signer))
		return openssl_failed(err);
	sigv4_date(now, signer->date);
	buf_reset(&signer->scope, SIGV4_SCRATCH);
	buf_printf(&signer->scope, "%s/%s/s3/aws4_request", signer->date,
	    signer->region);
	if (signer->scope.failed)
		return error_memory(err);
	if (!sigv4_query_day(
		&signer->query, signer->access_key, signer->scope.data, err) ||
	    !key_derive(signer, err))
		return false;
	signer->day = now / USEC_PER_DAY;
	return true;
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

/* SHA-256 of the canonical request, which signs the Host header only and
 * leaves the payload unsigned. */
static bool
request_digest(struct sigv4_signer *signer, const struct sigv4_url *url,
    unsigned char out[SHA256_SIZE], struct error *err)
{
	struct buf *text = &signer->text;

	buf_reset(text, SIGV4_SCRATCH);
	buf_puts(text, url->method);
	buf_putc(text, '\n');
	buf_puts(text, url->sign->prefix);
	buf_add(text, signer->path.data, signer->path.len);
	buf_putc(text, '\n');
	buf_add(text, signer->query.text.data, signer->query.text.len);
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
	buf_reset(text, SIGV4_SCRATCH);
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
	char stamp[SIGV4_STAMP_SIZE];

	if (!url_check(url, err) || !day_begin(signer, url->now, err))
		return false;
	buf_reset(&signer->path, SIGV4_SCRATCH);
	add_path(&signer->path, url);
	if (signer->path.failed)
		return error_memory(err);
	sigv4_stamp(url->now, signer->date, stamp);
	if (!sigv4_query_build(&signer->query, url, stamp, err))
		return false;
	if (!signature_make(signer, url, stamp, signature, err)) {
		/* What they hold after memory was short, nobody knows. */
		free_contexts(signer);
		return false;
	}
	add_origin(out, url);
	buf_add(out, signer->path.data, signer->path.len);
	buf_putc(out, '?');
	buf_add(out, signer->query.text.data, signer->query.text.len);
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
