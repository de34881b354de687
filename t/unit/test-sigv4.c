/* SPDX-License-Identifier: MIT */
/* Presigned URLs: AWS's example, what may be given, and the day's key. */
#include "base/array.h"
#include "s3/sigv4.h"

#include <stdlib.h>

#include "tap.h"

#define DAY (24 * USEC_PER_HOUR)

/* 2013-05-24T00:00:00Z */
#define EXAMPLE_TIME (INT64_C(1369353600) * USEC_PER_SEC)

static const struct endpoint aws = {.tls = true,
    .authority = "s3.amazonaws.com",
    .host = "s3.amazonaws.com",
    .port = 443,
    .prefix = ""};
static const struct endpoint shown = {.authority = "club.local:3000",
    .host = "club.local",
    .port = 3000,
    .prefix = "/minio"};
static const struct endpoint inner = {
    .authority = "minio:9000", .host = "minio", .port = 9000, .prefix = ""};

static const struct sigv4_url example = {.method = "GET",
    .shown = &aws,
    .sign = &aws,
    .style = URL_STYLE_VIRTUAL,
    .bucket = "examplebucket",
    .key = "test.txt",
    .now = EXAMPLE_TIME,
    .expires = 86400};

/* The published example of "Authenticating Requests: Using Query Parameters
 * (AWS Signature Version 4)". */
static const char example_url[] =
    "https://examplebucket.s3.amazonaws.com/test.txt"
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3"
    "%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
    "&X-Amz-SignedHeaders=host&X-Amz-Signature="
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

static struct sigv4_signer *
signer_new(void)
{
	struct sigv4_signer *signer = sigv4_signer_new("AKIAIOSFODNN7EXAMPLE",
	    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1");

	if (signer == NULL)
		abort();
	return signer;
}

/* Sign, or say "" for a refusal. */
static const char *
presign(
    struct sigv4_signer *signer, const struct sigv4_url *url, struct buf *out)
{
	struct error err;

	buf_reset(out, 4096);
	if (!sigv4_presign(signer, url, out, &err))
		return err.code == ERROR_INVALID ? "" : NULL;
	return buf_text(out);
}

static void
test_example(struct sigv4_signer *signer)
{
	struct buf out = BUF_INIT;
	struct sigv4_url url = example;

	tap_is_str(presign(signer, &example, &out), example_url,
	    "AWS's published example");
	url.now += DAY;
	tap_ok(strstr(presign(signer, &url, &out), "20130525T000000Z") != NULL,
	    "the next day");
	url.now = EXAMPLE_TIME + DAY - 1;
	tap_ok(strstr(presign(signer, &url, &out), "20130524T235959Z") != NULL,
	    "the last microsecond of the day");
	tap_is_str(presign(signer, &example, &out), example_url,
	    "the example again, after another day's key");
	buf_free(&out);
}

/* What is shown differs from what is signed in its origin and prefix only. */
static void
test_deployment(struct sigv4_signer *signer)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	struct sigv4_url url = example;

	url.style = URL_STYLE_PATH;
	url.shown = url.sign = &inner;
	presign(signer, &url, &a);
	url.shown = &shown;
	presign(signer, &url, &b);
	tap_ok(strncmp(a.data, "http://minio:9000/examplebucket/test.txt?",
		   strlen("http://minio:9000/examplebucket/test.txt?")) == 0,
	    "signed and shown for the inner host");
	tap_ok(strncmp(b.data, "http://club.local:3000/minio/examplebucket/",
		   strlen("http://club.local:3000/minio/examplebucket/")) == 0,
	    "shown for the public host and prefix");
	tap_is_str(strstr(b.data, "/examplebucket"),
	    strstr(a.data, "/examplebucket"), "the same path and query");
	url.sign = &shown;
	presign(signer, &url, &a);
	tap_ok(strcmp(a.data, b.data) != 0, "the signed prefix counts");
	buf_reset(&a, 0);
	sigv4_plain_url(&url, &a);
	tap_is_str(buf_text(&a),
	    "http://club.local:3000/minio/examplebucket/test.txt",
	    "the plain URL");
	buf_free(&a);
	buf_free(&b);
}

/* "a-" is behind "a" though '-' is before '='; values decide between equal
 * names, and "-" is before "1" and both before "A", "_", "a" and "~". */
static void
test_order(struct sigv4_signer *signer)
{
	static const struct sigv4_param params[] = {{"a-", "1"}, {"~", ""},
	    {"a", "2"}, {"a", "10"}, {"", "x y"}, {"B", "+"}, {"a/", "%"},
	    {"a", ""}};
	static const char want[] =
	    "?=x%20y&B=%2B&X-Amz-Algorithm=AWS4-HMAC-SHA256"
	    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1"
	    "%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
	    "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
	    "&a=&a=10&a=2&a%2F=%25&a-=1&~=&X-Amz-Signature=";
	struct buf out = BUF_INIT;
	struct sigv4_url url = example;
	char *query;

	url.params = params;
	url.n_params = LENGTH(params);
	presign(signer, &url, &out);
	query = strchr(out.data, '?');
	if (query == NULL || strlen(query) < 64)
		abort();
	query[strlen(query) - 64] = '\0';
	tap_is_str(query, want, "parameters in order of name and value");
	buf_free(&out);
}

static void
test_limits(struct sigv4_signer *signer)
{
	static const unsigned lives[] = {0, SIGV4_MAX_EXPIRES + 1, ~0U};
	struct sigv4_param params[SIGV4_MAX_PARAMS + 1];
	struct buf out = BUF_INIT;
	struct sigv4_url url = example;
	size_t i;

	for (i = 0; i < LENGTH(lives); i++) {
		url.expires = lives[i];
		tap_is_str(presign(signer, &url, &out), "",
		    "a life of %u is refused", lives[i]);
		tap_is_int((long long)out.len, 0, "and nothing written");
	}
	url.expires = 1;
	tap_ok(strstr(presign(signer, &url, &out), "Expires=1&") != NULL,
	    "one second");
	url.expires = SIGV4_MAX_EXPIRES;
	tap_ok(strstr(presign(signer, &url, &out), "Expires=604800&") != NULL,
	    "seven days");
	for (i = 0; i <= SIGV4_MAX_PARAMS; i++)
		params[i] = (struct sigv4_param){"p", "v"};
	url.params = params;
	url.n_params = SIGV4_MAX_PARAMS;
	tap_ok(strstr(presign(signer, &url, &out), "p=v&p=v&") != NULL,
	    "as many parameters as may be");
	url.n_params++;
	tap_is_str(presign(signer, &url, &out), "", "one more is refused");
	buf_free(&out);
}

static void
test_times(struct sigv4_signer *signer)
{
	/* 9999-12-31T23:59:59Z */
	const usec_t last = INT64_C(253402300799) * USEC_PER_SEC;
	struct buf out = BUF_INIT;
	struct sigv4_url url = example;

	url.now = 0;
	tap_ok(strstr(presign(signer, &url, &out), "19700101T000000Z") != NULL,
	    "the first second");
	url.now = last;
	tap_ok(strstr(presign(signer, &url, &out), "99991231T235959Z") != NULL,
	    "the last second");
	url.now = last + USEC_PER_SEC;
	tap_is_str(presign(signer, &url, &out), "", "the year 10000");
	url.now = -1;
	tap_is_str(presign(signer, &url, &out), "", "before 1970");
	tap_is_str(presign(signer, &example, &out), example_url,
	    "the example after the refusals");
	buf_free(&out);
}

/* A URL goes behind what is there, and a key may be long. */
static void
test_buffer(struct sigv4_signer *signer)
{
	struct buf out = BUF_INIT;
	struct sigv4_url url = example;
	struct error err;
	char key[20001];

	memset(key, ' ', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	url.key = key;
	buf_puts(&out, "before ");
	tap_ok(sigv4_presign(signer, &url, &out, &err), "a long key");
	tap_ok(strncmp(out.data, "before https://", 15) == 0 &&
		out.len > 3 * (sizeof(key) - 1),
	    "behind what was there");
	out.failed = true;
	tap_ok(!sigv4_presign(signer, &example, &out, &err) &&
		err.code == ERROR_MEMORY,
	    "a buffer that has failed");
	buf_free(&out);
}

int
main(void)
{
	struct sigv4_signer *signer = signer_new();

	test_example(signer);
	test_deployment(signer);
	test_order(signer);
	test_limits(signer);
	test_times(signer);
	test_buffer(signer);
	sigv4_signer_free(signer);
	sigv4_signer_free(NULL);
	return tap_done();
}
