/* SPDX-License-Identifier: MIT */
/* Answers. */
#include "http/response.h"

#include <stddef.h>

#include "base/array.h"

/* What is kept of a buffer between requests: a page of a list has 100 KB. */
#define KEEP (256 * 1024)

struct reason {
	int status;
	const char *phrase;
};

static const struct reason reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *
response_phrase(int status)
{
	size_t i;

	for (i = 0; i < LENGTH(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].phrase;
	return "Error";
}

void
response_reset(struct response *response)
{
	response->status = 200;
	response->content_type = NULL;
	buf_reset(&response->headers, KEEP);
	buf_reset(&response->body, KEEP);
}

void
response_free(struct response *response)
{
	buf_free(&response->headers);
	buf_free(&response->body);
}

void
response_header(struct response *response, const char *name, const char *value)
{
	struct buf *out = &response->headers;
	const char *run = value, *p;

	buf_puts(out, name);
	buf_puts(out, ": ");
	for (p = value; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x20 && *p != 0x7f)
			continue;
		buf_add(out, run, (size_t)(p - run));
		buf_putc(out, ' ');
		run = p + 1;
	}
	buf_add(out, run, (size_t)(p - run));
	buf_puts(out, "\r\n");
}

bool
response_send(
    struct response *response, const struct gateway *gateway, bool head_only)
{
	struct buf head = BUF_INIT;
	const char *headers = buf_text(&response->headers);
	bool whole = headers != NULL && buf_text(&response->body) != NULL;

	if (whole) {
		buf_puts(&head, "Status: ");
		buf_number(&head, (uint64_t)response->status);
		buf_putc(&head, ' ');
		buf_puts(&head, response_phrase(response->status));
		buf_puts(&head, "\r\n");
		buf_add(&head, headers, response->headers.len);
		if (response->content_type != NULL) {
			buf_puts(&head, "Content-Type: ");
			buf_puts(&head, response->content_type);
			buf_puts(&head, "\r\nContent-Length: ");
			buf_number(&head, response->body.len);
			buf_puts(&head, "\r\n");
		}
		buf_puts(&head, "\r\n");
		whole = buf_text(&head) != NULL;
	}
	if (whole && gateway->write(gateway->context, head.data, head.len) &&
	    !head_only && response->body.len > 0)
		(void)gateway->write(
		    gateway->context, response->body.data, response->body.len);
	buf_free(&head);
	return whole;
}
