/* SPDX-License-Identifier: MIT */
/* `setlink check`: a presigned URL fetched through the public endpoint. */
#include <string.h>

#include "recorder/check_parts.h"
#include "s3/status.h"

/* So much of the file is looked at. */
#define SAMPLE 65536

#define EXPIRES 3600 /* seconds, as long as the URLs for clients */

/* As the URLs for clients have one. */
static const struct sigv4_param params[] = {
    {"response-content-type", "application/octet-stream"}};

/* A fetch through the public endpoint. */
struct attempt {
	const char *key;
	const struct endpoint *sign;
	enum url_style style;
	struct s3_request request; /* its body is to be freed */
};

/* Longer files end the transfer with TOO_LARGE, which is well. */
static bool
is_fetched(const struct s3_request *request)
{
	return request->status >= 200 && request->status <= 299 &&
	    (request->error.code == ERROR_OK ||
		request->error.code == ERROR_TOO_LARGE);
}

/* Whether both begin alike. A web page is not taken for the file. */
static bool
is_same_file(const struct s3_request *a, const struct s3_request *b)
{
	size_t len = a->body.len < b->body.len ? a->body.len : b->body.len;

	return len == 0 ? a->body.len == b->body.len
			: memcmp(a->body.data, b->body.data, len) == 0;
}

static bool
fetch_public(struct check *check, struct attempt *attempt, struct error *err)
{
	const struct config *config = check->config;
	const struct sigv4_url url = {.method = "GET",
	    .shown = &config->public_endpoint,
	    .sign = attempt->sign,
	    .style = attempt->style,
	    .bucket = config->bucket,
	    .key = attempt->key,
	    .params = params,
	    .n_params = 1,
	    .now = clock_now(),
	    .expires = EXPIRES};
	struct sigv4_signer *signer = sigv4_signer_new(
	    config->minio_access_key, config->minio_secret_key, config->region);
	struct buf text = BUF_INIT;
	bool ok;

	attempt->request = (struct s3_request){
	    .method = "GET", .max_body = SAMPLE};
	ok = (signer != NULL || error_memory(err)) &&
	    sigv4_presign(signer, &url, &text, err) &&
	    (buf_text(&text) != NULL || error_memory(err)) &&
	    s3_client_fetch_url(
		check->client, text.data, &attempt->request, err);
	buf_free(&text);
	sigv4_signer_free(signer);
	return ok;
}

/* Whether the file comes through the public endpoint when the URL is signed
 * for `sign`. */
static bool
works_with(struct check *check, const struct attempt *failed,
    const struct endpoint *sign, enum url_style style,
    const struct s3_request *direct)
{
	struct attempt attempt = {
	    .key = failed->key, .sign = sign, .style = style};
	struct error ignored;
	bool works;

	works = fetch_public(check, &attempt, &ignored) &&
	    is_fetched(&attempt.request) &&
	    is_same_file(&attempt.request, direct);
	buf_free(&attempt.request.body);
	return works;
}

/* What proxies make of Host: they keep it, drop the port (nginx's $host), or
 * send the name of the upstream. */
static bool
next_authority(struct check *check, unsigned i, struct endpoint *out)
{
	const struct endpoint *public = &check->config->public_endpoint;
	unsigned port = check->config->minio_endpoint.port;

	*out = (struct endpoint){.tls = public->tls};
	switch (i) {
	case 0:
		*out = check->config->minio_endpoint;
		break;
	case 1:
		out->authority = public->authority;
		break;
	case 2:
		out->authority = public->host;
		break;
	case 3:
		out->authority = arena_printf(
		    &check->arena, "127.0.0.1:%u", port);
		break;
	case 4:
		out->authority = arena_printf(
		    &check->arena, "localhost:%u", port);
		break;
	default:
		return false;
	}
	return out->authority != NULL;
}

/* Look for what MinIO sees of the public endpoint: an authority from above,
 * with the prefix stripped or not. */
static const struct endpoint *
find_sign_endpoint(struct check *check, const struct attempt *failed,
    const struct s3_request *direct)
{
	const char *const prefixes[] = {
	    "", check->config->public_endpoint.prefix};
	struct endpoint *sign = arena_alloc(&check->arena, sizeof(*sign));

	if (sign == NULL)
		return NULL;
	for (unsigned i = 0; next_authority(check, i, sign); i++) {
		for (unsigned j = 0; j < 2; j++) {
			sign->prefix = prefixes[j];
			if (works_with(
				check, failed, sign, failed->style, direct))
				return sign;
			if (prefixes[1][0] == '\0')
				break;
		}
	}
	return NULL;
}

#define SUBJECT "presigned URL"

/* What answered is S3, but it refused the URL. */
static void
say_refused(struct check *check, const struct attempt *failed,
    const struct s3_request *direct, const char *name)
{
	const struct config *config = check->config;
	const char *public = check_endpoint_url(
	    check, &config->public_endpoint);
	const struct endpoint *sign;

	if (config->url_style == URL_STYLE_VIRTUAL &&
	    works_with(check, failed, failed->sign, URL_STYLE_PATH, direct)) {
		(void)check_say(check, SUBJECT, false,
		    "MinIO takes no bucket in the host name (%s): set "
		    "SESSION_RECORDER_URL_STYLE=path",
		    name);
		return;
	}
	sign = find_sign_endpoint(check, failed, direct);
	if (sign != NULL)
		(void)check_say(check, SUBJECT, false,
		    "%s: the proxy at %s shows MinIO another address than the "
		    "URL was signed for: set SESSION_RECORDER_SIGN_ENDPOINT=%s",
		    name, public, check_endpoint_url(check, sign));
	else if (strcmp(name, "SignatureDoesNotMatch") == 0)
		(void)check_say(check, SUBJECT, false,
		    "SignatureDoesNotMatch: "
		    "SESSION_RECORDER_SIGN_ENDPOINT=%s is not what MinIO sees "
		    "of %s: set it to the Host and the path that the proxy "
		    "sends to MinIO",
		    check_endpoint_url(check, failed->sign), public);
	else
		(void)check_say(check, SUBJECT, false,
		    "%s: SESSION_RECORDER_PUBLIC_ENDPOINT=%s does not lead to "
		    "the MinIO at %s",
		    name, public,
		    check_endpoint_url(check, &config->minio_endpoint));
}

static void
say_failed(struct check *check, const struct attempt *failed,
    const struct s3_request *direct)
{
	const struct s3_request *request = &failed->request;
	const char *public = check_endpoint_url(
	    check, &check->config->public_endpoint);
	char name[64] = "";

	if (request->status == 0) {
		(void)check_say(check, SUBJECT, false,
		    "%s: SESSION_RECORDER_PUBLIC_ENDPOINT=%s must be where "
		    "clients reach MinIO%s",
		    request->error.detail, public,
		    failed->style == URL_STYLE_VIRTUAL
			? ", also with the bucket before the host name "
			  "(SESSION_RECORDER_URL_STYLE=virtual)"
			: "");
		return;
	}
	if (!is_fetched(request) && request->body.len > 0)
		s3_status_name(
		    request->body.data, request->body.len, name, sizeof(name));
	if (name[0] != '\0')
		say_refused(check, failed, direct, name);
	else
		(void)check_say(check, SUBJECT, false,
		    "what answers at SESSION_RECORDER_PUBLIC_ENDPOINT=%s is "
		    "not MinIO (HTTP %ld): is a path missing from it, or does "
		    "the proxy not pass it on?",
		    public, request->status);
}

/* Fetch the file without any proxy, to compare. */
static bool
fetch_direct(struct check *check, const char *key, struct s3_request *request)
{
	struct error err;

	*request = (struct s3_request){
	    .method = "GET", .key = key, .max_body = SAMPLE};
	if (!s3_client_run(check->client, &request, 1, &err))
		return check_say(check, SUBJECT, false, "%s", err.detail);
	if (is_fetched(request))
		return true;
	if (request->error.code == ERROR_NOT_FOUND)
		(void)check_say(check, SUBJECT, true,
		    "not tried: there is no %s in the bucket yet", key);
	else if (request->error.code == ERROR_FORBIDDEN)
		(void)check_say(check, SUBJECT, false,
		    "\"%s\" may not read %s: give the user s3:GetObject on "
		    "the bucket (conf/minio/setlink-readonly.json)",
		    check->config->minio_access_key, key);
	else
		(void)check_say(
		    check, SUBJECT, false, "%s", request->error.detail);
	return false;
}

void
check_url(struct check *check, const char *key)
{
	struct attempt attempt = {.key = key,
	    .sign = &check->config->sign_endpoint,
	    .style = check->config->url_style};
	struct s3_request direct;
	struct error err;

	if (!fetch_direct(check, key, &direct))
		goto out;
	if (!fetch_public(check, &attempt, &err))
		(void)check_say(check, SUBJECT, false, "%s", err.detail);
	else if (is_fetched(&attempt.request) &&
	    is_same_file(&attempt.request, &direct))
		(void)check_say(check, SUBJECT, true, "%s comes through %s",
		    key,
		    check_endpoint_url(check, &check->config->public_endpoint));
	else
		say_failed(check, &attempt, &direct);
out:
	buf_free(&attempt.request.body);
	buf_free(&direct.body);
}
