/* SPDX-License-Identifier: MIT */
/* What the outcomes of requests mean: both maps are total. */
#include "base/array.h"
#include "s3/status.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "tap.h"

static const struct {
	long status;
	const char *name;
	enum error_code code;
} answers[] = {
    {200, "", ERROR_OK},
    {206, "", ERROR_OK},
    {299, "", ERROR_OK},
    {0, "", ERROR_INTERNAL},
    {100, "", ERROR_INTERNAL},
    {301, "PermanentRedirect", ERROR_INTERNAL},
    {304, "", ERROR_INTERNAL},
    {400, "InvalidArgument", ERROR_INTERNAL},
    {401, "", ERROR_UNAUTHORIZED},
    {403, "", ERROR_FORBIDDEN},
    {403, "AccessDenied", ERROR_FORBIDDEN},
    {403, "RequestTimeTooSkewed", ERROR_FORBIDDEN},
    {403, "InvalidAccessKeyId", ERROR_UNAUTHORIZED},
    {403, "SignatureDoesNotMatch", ERROR_UNAUTHORIZED},
    {404, "NoSuchKey", ERROR_NOT_FOUND},
    {404, "NoSuchBucket", ERROR_NOT_FOUND},
    {408, "", ERROR_UNAVAILABLE},
    {429, "", ERROR_UNAVAILABLE},
    {500, "InternalError", ERROR_UNAVAILABLE},
    {503, "SlowDown", ERROR_UNAVAILABLE},
    {599, "", ERROR_UNAVAILABLE},
    {600, "", ERROR_INTERNAL},
    {-1, "", ERROR_INTERNAL},
};

static const struct {
	int curl_code;
	enum error_code code;
	bool retryable, down;
} outcomes[] = {
    {CURLE_OK, ERROR_OK, false, false},
    {CURLE_COULDNT_RESOLVE_HOST, ERROR_UNAVAILABLE, false, true},
    {CURLE_COULDNT_CONNECT, ERROR_UNAVAILABLE, false, true},
    {CURLE_OPERATION_TIMEDOUT, ERROR_UNAVAILABLE, false, true},
    {CURLE_PEER_FAILED_VERIFICATION, ERROR_UNAVAILABLE, false, true},
    {CURLE_SSL_CACERT_BADFILE, ERROR_UNAVAILABLE, false, true},
    {CURLE_GOT_NOTHING, ERROR_UNAVAILABLE, true, false},
    {CURLE_RECV_ERROR, ERROR_UNAVAILABLE, true, false},
    {CURLE_SEND_ERROR, ERROR_UNAVAILABLE, true, false},
    {CURLE_PARTIAL_FILE, ERROR_UNAVAILABLE, true, false},
    {CURLE_OUT_OF_MEMORY, ERROR_MEMORY, false, false},
    {CURLE_URL_MALFORMAT, ERROR_INTERNAL, false, false},
    {CURL_LAST, ERROR_INTERNAL, false, false},
    {-1, ERROR_INTERNAL, false, false},
};

static const struct {
	const char *xml, *name;
} bodies[] = {
    {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SlowDown</Code>"
     "<Message>m</Message><Key>k</Key></Error>",
	"SlowDown"},
    {"<Error><Code>NoSuchKey</Code><Message>cut of", "NoSuchKey"},
    {"<Error><Code>No Such\nKey&lt;&#x41;</Code></Error>", "NoSuchKeyA"},
    {"<Error><Code>A</Code><Inner><Code>B</Code></Inner></Error>", "A"},
    {"<Error><Inner><Code>B</Code></Inner></Error>", ""},
    {"<Other><Code>A</Code></Other>", ""},
    {"<html><head><title>502</title></head></html>", ""},
    {"", ""},
    {"Bad Gateway", ""},
    {"<!DOCTYPE Error [<!ENTITY a \"A\"><!ENTITY b \"&a;&a;\">]>"
     "<Error><Code>&b;</Code></Error>",
	""},
};

static void
test_names(void)
{
	char name[16];
	size_t i;

	for (i = 0; i < LENGTH(bodies); i++) {
		s3_status_name(
		    bodies[i].xml, strlen(bodies[i].xml), name, sizeof(name));
		tap_is_str(name, bodies[i].name, "error body %zu", i);
	}
	s3_status_name(NULL, 0, name, sizeof(name));
	tap_is_str(name, "", "no body");
	s3_status_name(bodies[0].xml, strlen(bodies[0].xml), name, 5);
	tap_is_str(name, "Slow", "a name that does not fit");
}

static void
test_retryable(void)
{
	static const long again[] = {429, 500, 502, 503, 504};
	long status;
	size_t i = 0;
	bool ok = true;

	for (status = 0; status < 1000; status++) {
		bool want = i < 5 && status == again[i];

		ok = ok && s3_status_is_retryable(CURLE_OK, status) == want;
		i += want;
	}
	tap_ok(ok && i == 5, "429, 500, 502, 503 and 504 are tried again");
}

/* Whatever may come, the answer is a code of ours, and OK only for success. */
static void
test_total(void)
{
	int i;
	bool ok = true;

	for (i = -2; i < 1000; i++) {
		enum error_code code = s3_status_from_curl(i);

		ok = ok && code < ERROR__MAX && (code == ERROR_OK) == (i == 0);
		code = s3_status_from_http(i, "");
		ok = ok && code < ERROR__MAX &&
		    (code == ERROR_OK) == (i >= 200 && i < 300);
	}
	tap_ok(ok, "both maps are total");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < LENGTH(answers); i++)
		tap_is_int(
		    s3_status_from_http(answers[i].status, answers[i].name),
		    answers[i].code, "HTTP %ld %s", answers[i].status,
		    answers[i].name);
	for (i = 0; i < LENGTH(outcomes); i++) {
		int code = outcomes[i].curl_code;

		tap_is_int(s3_status_from_curl(code), outcomes[i].code,
		    "curl %d", code);
		tap_ok(s3_status_is_retryable(code, 0) == outcomes[i].retryable,
		    "curl %d, again", code);
		tap_ok(s3_status_is_down(code) == outcomes[i].down,
		    "curl %d, down", code);
	}
	test_names();
	test_retryable();
	test_total();
	return tap_done();
}
