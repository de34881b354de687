/* SPDX-License-Identifier: MIT */
/* A transfer: what libcurl is told, and what came of it. */
#include "s3/transfer.h"

#include <string.h>

#include "s3/status.h"

#define CONNECT_TIMEOUT_MS 3000L
#define LOW_SPEED_BYTES    100L /* a second, for so long: */
#define LOW_SPEED_SECONDS  20L

/* A longer Retry-After is as good as this one. */
#define SECONDS_MAX 86400

/* Of the answer that tells of an error, so much is kept. */
#define ERROR_BODY_MAX 4096

static size_t
on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	struct s3_request *request = transfer->request;
	size_t len = size * count, room = request->max_body;
	long status = 0;

	(void)curl_easy_getinfo(
	    transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (s3_status_from_http(status, "") != ERROR_OK) {
		room = ERROR_BODY_MAX - request->body.len;
		buf_add(&request->body, bytes, len < room ? len : room);
		return len;
	}
	if (len > room - request->body.len) {
		transfer->too_large = true;
		return 0; /* ends the transfer */
	}
	buf_add(&request->body, bytes, len);
	return request->body.failed ? 0 : len;
}

static void
set_long(struct transfer *transfer, CURLoption option, long value)
{
	if (curl_easy_setopt(transfer->easy, option, value) != CURLE_OK)
		transfer->setup_failed = true;
}

static void
set_pointer(struct transfer *transfer, CURLoption option, const void *value)
{
	if (curl_easy_setopt(transfer->easy, option, value) != CURLE_OK)
		transfer->setup_failed = true;
}

static void
set_on_body(struct transfer *transfer)
{
	if (curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_body) !=
	    CURLE_OK)
		transfer->setup_failed = true;
}

static void
transfer_set_method(struct transfer *transfer)
{
	const struct s3_request *request = transfer->request;

	if (request->content != NULL) {
		set_long(transfer, CURLOPT_POSTFIELDSIZE,
		    (long)request->content->len);
		set_pointer(
		    transfer, CURLOPT_POSTFIELDS, request->content->data);
		set_pointer(transfer, CURLOPT_CUSTOMREQUEST, request->method);
	} else if (strcmp(request->method, "HEAD") == 0) {
		set_long(transfer, CURLOPT_NOBODY, 1);
	} else {
		set_long(transfer, CURLOPT_HTTPGET, 1);
	}
}

/* A certificate is verified always. A CA of one's own takes the place of all
 * others. */
static void
transfer_set_tls(struct transfer *transfer)
{
	set_long(transfer, CURLOPT_SSL_VERIFYPEER, 1);
	set_long(transfer, CURLOPT_SSL_VERIFYHOST, 2);
	set_pointer(transfer, CURLOPT_ERRORBUFFER, transfer->why);
	if (transfer->ca_file[0] == '\0')
		return;
	set_pointer(transfer, CURLOPT_CAINFO, transfer->ca_file);
	set_pointer(transfer, CURLOPT_CAPATH, NULL);
}

/* Nothing but the URL says where a request goes: no redirect, no proxy of the
 * environment (which a CGI request could set by a header Proxy), no .netrc. */
static void
transfer_set_ways(struct transfer *transfer)
{
	set_pointer(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
	set_long(transfer, CURLOPT_FOLLOWLOCATION, 0);
	set_pointer(transfer, CURLOPT_PROXY, "");
	set_long(transfer, CURLOPT_NETRC, CURL_NETRC_IGNORED);
}

bool
transfer_set_options(struct transfer *transfer, usec_t now)
{
	usec_t left = (transfer->deadline - now) / 1000;

	transfer->setup_failed = false;
	curl_easy_reset(transfer->easy);
	set_pointer(transfer, CURLOPT_PRIVATE, transfer);
	set_pointer(transfer, CURLOPT_URL, transfer->url.data);
	/* The path goes out byte for byte as it was signed. */
	set_long(transfer, CURLOPT_PATH_AS_IS, 1);
	transfer_set_method(transfer);
	transfer_set_ways(transfer);
	set_long(transfer, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	set_pointer(transfer, CURLOPT_USERAGENT, "setlink");
	set_pointer(transfer, CURLOPT_ACCEPT_ENCODING, NULL);
	set_pointer(transfer, CURLOPT_RANGE, transfer->request->range);
	transfer_set_tls(transfer);
	set_long(transfer, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	set_long(transfer, CURLOPT_TIMEOUT_MS, left > 1 ? (long)left : 1);
	set_long(transfer, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
	set_long(transfer, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS);
	set_long(transfer, CURLOPT_NOSIGNAL, 1);
	set_on_body(transfer);
	set_pointer(transfer, CURLOPT_WRITEDATA, transfer);
	return !transfer->setup_failed;
}

/* The host and port of a URL, for details: the rest of it must not be shown. */
static const char *
url_authority(const char *url, int *len)
{
	const char *start = strstr(url, "://");

	start = start == NULL ? url : start + 3;
	*len = (int)strcspn(start, "/?#");
	return start;
}

/* Libcurl tells more of a certificate than the name of its error, in words of
 * the server: nothing but printable ASCII is kept. */
static const char *
describe_certificate(const struct transfer *transfer, char *out, size_t size)
{
	size_t len = 0;

	for (const char *p = transfer->why; *p != '\0' && len + 1 < size; p++)
		if (*p >= ' ' && *p <= '~' && *p != '"')
			out[len++] = *p;
	out[len] = '\0';
	return len > 0 ? out : "its certificate is not trusted";
}

static void
describe_curl(
    const struct transfer *transfer, CURLcode result, struct error *err)
{
	const char *reason = curl_easy_strerror(result);
	enum error_code code = s3_status_from_curl((int)result);
	char certificate[CURL_ERROR_SIZE];
	long os_error = 0;
	int len;
	const char *host = url_authority(transfer->url.data, &len);

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_error);
	if (result == CURLE_COULDNT_CONNECT && os_error != 0)
		reason = strerror((int)os_error);
	else if (result == CURLE_PEER_FAILED_VERIFICATION ||
	    result == CURLE_SSL_CACERT_BADFILE)
		reason = describe_certificate(
		    transfer, certificate, sizeof(certificate));
	if (transfer->too_large)
		(void)error_set(err, ERROR_TOO_LARGE,
		    "%s%.*s sent more than the %zu bytes that are taken",
		    transfer->who, len, host, transfer->request->max_body);
	else if (transfer->request->body.failed)
		(void)error_memory(err);
	else if (s3_status_is_down((int)result))
		(void)error_set(err, code, "%s%.*s cannot be reached: %s",
		    transfer->who, len, host, reason);
	else
		(void)error_set(err, code, "the request to %s%.*s failed: %s",
		    transfer->who, len, host, reason);
}

static void
describe_status(const struct transfer *transfer, struct error *err)
{
	const struct s3_request *request = transfer->request;
	char name[64];
	enum error_code code;
	int len;
	const char *host = url_authority(transfer->url.data, &len);

	if (s3_status_from_http(request->status, "") == ERROR_OK) {
		(void)error_set(err, ERROR_OK, "%s", "");
		return;
	}
	s3_status_name(
	    request->body.data, request->body.len, name, sizeof(name));
	code = s3_status_from_http(request->status, name);
	(void)error_set(err, code, "%s%.*s %s: %s%sHTTP %ld", transfer->who,
	    len, host,
	    code == ERROR_UNAVAILABLE ? "is not able to answer"
				      : "refused the request",
	    name, name[0] == '\0' ? "" : ", ", request->status);
}

/* A date; 0 when there is none (RFC 9110, 5.6.7). */
static usec_t
read_date(const struct transfer *transfer, const char *name)
{
	struct curl_header *header;
	time_t seconds;

	if (curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1,
		&header) != CURLHE_OK)
		return 0;
	seconds = curl_getdate(header->value, NULL);
	return seconds <= 0 ? 0 : (usec_t)seconds * USEC_PER_SEC;
}

static void
read_etag(const struct transfer *transfer, char out[S3_ETAG_SIZE])
{
	struct curl_header *header;
	const char *value;
	size_t len;

	out[0] = '\0';
	if (curl_easy_header(transfer->easy, "ETag", 0, CURLH_HEADER, -1,
		&header) != CURLHE_OK)
		return;
	value = header->value + strspn(header->value, "\"");
	len = strcspn(value, "\"");
	if (len >= S3_ETAG_SIZE)
		return;
	memcpy(out, value, len);
	out[len] = '\0';
}

/* Seconds, or a date. */
static usec_t
retry_after(const struct transfer *transfer)
{
	curl_off_t seconds = 0;

	if (curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds) !=
		CURLE_OK ||
	    seconds <= 0)
		return 0;
	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	return (usec_t)seconds * USEC_PER_SEC;
}

void
transfer_read_headers(struct transfer *transfer)
{
	transfer->retry_after = retry_after(transfer);
	transfer->request->server_time = read_date(transfer, "Date");
	transfer->request->modified = read_date(transfer, "Last-Modified");
	read_etag(transfer, transfer->request->etag);
}

void
transfer_describe(
    const struct transfer *transfer, CURLcode result, struct error *err)
{
	if (result == CURLE_OK)
		describe_status(transfer, err);
	else
		describe_curl(transfer, result, err);
}
