/* SPDX-License-Identifier: MIT */
/* What the outcome of a request to an object store means. */
#include "s3/status.h"

#include <curl/curl.h>
#include <expat.h>
#include <limits.h>
#include <string.h>

struct name_reader {
	XML_Parser parser;
	int depth;
	bool is_error; /* the root element is Error */
	bool in_code;
	char *out;
	size_t len, size;
};

enum error_code
s3_status_from_curl(int curl_code)
{
	switch (curl_code) {
	case CURLE_OK:
		return ERROR_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* what answers speaks no HTTP */
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return ERROR_UNAVAILABLE;
	case CURLE_FILESIZE_EXCEEDED:
		return ERROR_TOO_LARGE;
	case CURLE_OUT_OF_MEMORY:
		return ERROR_MEMORY;
	default:
		return ERROR_INTERNAL;
	}
}

enum error_code
s3_status_from_http(long status, const char *name)
{
	if (status >= 200 && status <= 299)
		return ERROR_OK;
	if (status == 429 || status == 408 || (status >= 500 && status <= 599))
		return ERROR_UNAVAILABLE;
	if (status == 404)
		return ERROR_NOT_FOUND;
	if (status == 401 || strcmp(name, "InvalidAccessKeyId") == 0 ||
	    strcmp(name, "SignatureDoesNotMatch") == 0)
		return ERROR_UNAUTHORIZED;
	if (status == 403)
		return ERROR_FORBIDDEN;
	return ERROR_INTERNAL;
}

bool
s3_status_is_retryable(int curl_code, long status)
{
	switch (curl_code) {
	case CURLE_OK:
		return status == 429 || status == 500 ||
		    (status >= 502 && status <= 504);
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return true;
	default:
		return false;
	}
}

bool
s3_status_is_down(int curl_code)
{
	return curl_code == CURLE_COULDNT_RESOLVE_HOST ||
	    curl_code == CURLE_COULDNT_CONNECT ||
	    curl_code == CURLE_OPERATION_TIMEDOUT ||
	    curl_code == CURLE_SSL_CONNECT_ERROR ||
	    curl_code == CURLE_PEER_FAILED_VERIFICATION ||
	    curl_code == CURLE_SSL_CACERT_BADFILE;
}

static void XMLCALL
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct name_reader *reader = data;

	(void)attributes;
	reader->depth++;
	if (reader->depth == 1)
		reader->is_error = strcmp(name, "Error") == 0;
	reader->in_code = reader->is_error && reader->depth == 2 &&
	    strcmp(name, "Code") == 0;
}

static void XMLCALL
on_end(void *data, const XML_Char *name)
{
	struct name_reader *reader = data;

	(void)name;
	reader->depth--;
	reader->in_code = false;
}

/* S3 sends no DTD: there are no entities to expand. */
static void XMLCALL
on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int internal)
{
	struct name_reader *reader = data;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	(void)XML_StopParser(reader->parser, XML_FALSE);
}

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static void XMLCALL
on_text(void *data, const XML_Char *text, int len)
{
	struct name_reader *reader = data;
	int i;

	if (!reader->in_code)
		return;
	for (i = 0; i < len && reader->len + 1 < reader->size; i++) {
		if (is_letter_or_digit(text[i]))
			reader->out[reader->len++] = text[i];
	}
}

void
s3_status_name(const char *xml, size_t len, char *out, size_t size)
{
	struct name_reader reader = {.out = out, .size = size};
	XML_Parser parser = XML_ParserCreate("UTF-8");

	reader.parser = parser;
	if (parser != NULL && len <= INT_MAX) {
		XML_SetUserData(parser, &reader);
		XML_SetElementHandler(parser, on_start, on_end);
		XML_SetCharacterDataHandler(parser, on_text);
		XML_SetStartDoctypeDeclHandler(parser, on_doctype);
		/* What was read before an error in the body is good. */
		(void)XML_Parse(parser, xml, (int)len, 0);
	}
	XML_ParserFree(parser);
	out[reader.len] = '\0';
}

bool
s3_status_is_no_key(long status, const char *xml, size_t len)
{
	char name[16];

	if (status != 404)
		return false;
	s3_status_name(xml, len, name, sizeof(name));
	return strcmp(name, "NoSuchKey") == 0;
}
