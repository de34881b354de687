/* SPDX-License-Identifier: MIT */
/* Problems. */
#include "http/problem.h"

#include <string.h>

#include "base/json.h"

static const int statuses[ERROR__MAX] = {
    [ERROR_OK] = 500,
    [ERROR_INVALID] = 400,
    [ERROR_UNAUTHORIZED] = 401,
    [ERROR_FORBIDDEN] = 403,
    [ERROR_NOT_FOUND] = 404,
    [ERROR_METHOD] = 405,
    [ERROR_CONFLICT] = 409,
    [ERROR_TOO_LARGE] = 413,
    [ERROR_MEDIA_TYPE] = 415,
    [ERROR_TOO_MANY] = 429,
    [ERROR_RETRY] = 503,
    [ERROR_DUPLICATE] = 409,
    [ERROR_UNAVAILABLE] = 503,
    [ERROR_MEMORY] = 503,
    [ERROR_INTERNAL] = 500,
};

/* Seconds after which a client may try again. */
#define RETRY_SOON  "5"
#define RETRY_LATER "60"

int
problem_status(enum error_code code)
{
	if ((unsigned)code >= ERROR__MAX)
		return 500;
	return statuses[code];
}

static void
add_headers(struct response *response)
{
	switch (response->status) {
	case 401:
		response_header(
		    response, "WWW-Authenticate", "Bearer realm=\"setlink\"");
		break;
	case 429:
		response_header(response, "Retry-After", RETRY_LATER);
		break;
	case 503:
		response_header(response, "Retry-After", RETRY_SOON);
		break;
	default:
		break;
	}
}

static void
write_body(struct response *response, int status, const char *detail)
{
	const char *title = response_phrase(status);
	struct json_writer w;

	response->status = status;
	response->content_type = "application/problem+json";
	add_headers(response);
	buf_reset(&response->body, response->body.cap);
	json_writer_begin(&w, &response->body);
	json_object_begin(&w);
	json_key(&w, "title");
	json_string(&w, title);
	json_key(&w, "status");
	json_number(&w, status);
	json_key(&w, "detail");
	json_string(&w, detail);
	json_key(&w, "error");
	json_string(&w, title);
	json_object_end(&w);
}

void
problem_write(struct response *response, const struct error *err)
{
	write_body(response, problem_status(err->code), err->detail);
}

/* 500 is what lighttpd says of a worker that has died: another one is there in
 * a moment. */
void
problem_write_status(struct response *response, int status)
{
	if (status == 500)
		write_body(response, 503, "no worker gave a whole answer");
	else
		write_body(
		    response, status, "the web server refused the request");
}

static void
send_text(const struct gateway *gateway, const char *text)
{
	(void)!gateway->write(gateway->context, text, strlen(text));
}

int
problem_send_memory(
    const struct gateway *gateway, const char *request_id, bool head_only)
{
	send_text(gateway,
	    "Status: 503 Service Unavailable\r\n"
	    "Content-Type: application/problem+json\r\n"
	    "Retry-After: " RETRY_SOON "\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "X-Request-Id: ");
	send_text(gateway, request_id);
	send_text(gateway, "\r\n\r\n");
	if (!head_only)
		send_text(gateway,
		    "{\"title\":\"Service Unavailable\",\"status\":503,"
		    "\"detail\":\"out of memory: after a request to change "
		    "something, look whether the change has been made\","
		    "\"error\":\"Service Unavailable\"}");
	return 503;
}
