/* Problems. */
#include "http/problem.h"

#include "base/json.h"

struct kind {
	int status;
	const char *title;
};

static const struct kind kinds[ERROR__MAX] = {
    [ERROR_OK] = {500, "Internal Server Error"},
    [ERROR_INVALID] = {400, "Bad Request"},
    [ERROR_UNAUTHORIZED] = {401, "Unauthorized"},
    [ERROR_FORBIDDEN] = {403, "Forbidden"},
    [ERROR_NOT_FOUND] = {404, "Not Found"},
    [ERROR_METHOD] = {405, "Method Not Allowed"},
    [ERROR_CONFLICT] = {409, "Conflict"},
    [ERROR_TOO_LARGE] = {413, "Content Too Large"},
    [ERROR_MEDIA_TYPE] = {415, "Unsupported Media Type"},
    [ERROR_TOO_MANY] = {429, "Too Many Requests"},
    [ERROR_RETRY] = {503, "Service Unavailable"},
    [ERROR_DUPLICATE] = {409, "Conflict"},
    [ERROR_UNAVAILABLE] = {503, "Service Unavailable"},
    [ERROR_MEMORY] = {503, "Service Unavailable"},
    [ERROR_INTERNAL] = {500, "Internal Server Error"},
};

/* Seconds after which a client may try again. */
#define RETRY_SOON  "5"
#define RETRY_LATER "60"

int
problem_status(enum error_code code)
{
	if ((unsigned)code >= ERROR__MAX)
		return 500;
	return kinds[code].status;
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

void
problem_write(
    struct response *response, struct arena *arena, const struct error *err)
{
	const struct kind *kind =
	    &kinds[(unsigned)err->code < ERROR__MAX ? err->code
						    : ERROR_INTERNAL];
	struct json_writer w;
	struct error ignored;

	response->status = kind->status;
	response->content_type = "application/problem+json";
	add_headers(response);
	buf_reset(&response->body, response->body.cap);
	if (!json_writer_open(&w, arena, &response->body, &ignored)) {
		/* Memory is short: the status alone has to do. */
		response->content_type = NULL;
		return;
	}
	json_object_begin(&w);
	json_key(&w, "title");
	json_string(&w, kind->title);
	json_key(&w, "status");
	json_number(&w, kind->status);
	json_key(&w, "detail");
	json_string(&w, err->detail);
	json_key(&w, "error");
	json_string(&w, kind->title);
	json_object_end(&w);
}
