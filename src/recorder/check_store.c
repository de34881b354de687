/* SPDX-License-Identifier: MIT */
/* `setlink check`: MinIO, its clock, the credentials and the bucket. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/check_parts.h"
#include "s3/listing.h"
#include "s3/status.h"

/* MinIO refuses requests of a clock that is 15 minutes off; what is over this
 * is not exact in any case. Date has whole seconds. */
#define MAX_SKEW (60 * USEC_PER_SEC)

/* One key of the bucket is asked for; an answer is a kilobyte. */
static const struct sigv4_param one_key[] = {
    {"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", "1"}};

#define ONE_KEY_MAX 65536

static bool
list_one(
    struct s3_client *client, struct s3_request *request, struct error *err)
{
	*request = (struct s3_request){.method = "GET",
	    .key = "",
	    .params = one_key,
	    .n_params = 3,
	    .max_body = ONE_KEY_MAX};
	return s3_client_run(client, &request, 1, err);
}

/* What stands in S3's place may answer with 200, and a page of its own. */
static bool
is_listing(struct arena *arena, const struct s3_request *request)
{
	struct s3_page page;
	struct error ignored;

	return s3_listing_parse(
	    arena, request->body.data, request->body.len, &page, &ignored);
}

bool
check_minio(const struct config *config, struct error *err)
{
	struct s3_client *client = s3_client_new(config, err);
	struct s3_request request = {0};
	struct arena arena = ARENA_INIT;
	bool ok = false;

	if (client == NULL || !list_one(client, &request, err))
		goto out;
	if (request.error.code != ERROR_OK)
		*err = request.error;
	else if (is_listing(&arena, &request))
		ok = true;
	else
		(void)error_set(err, ERROR_UNAVAILABLE,
		    "what answers at %s is not MinIO",
		    config->minio_endpoint.authority);
out:
	arena_free(&arena);
	buf_free(&request.body);
	s3_client_free(client);
	return ok;
}

static bool
check_reachable(
    struct check *check, const struct s3_request *request, const char *name)
{
	const struct config *config = check->config;
	const char *url = check_endpoint_url(check, &config->minio_endpoint);

	if (request->status == 0 || request->status >= 500)
		return check_say(check, "MinIO", false,
		    "%s: see that MinIO is running, and that "
		    "SESSION_RECORDER_MINIO_ENDPOINT=%s is its address%s",
		    request->error.detail, url,
		    config->minio_endpoint.tls
			? ", and SESSION_RECORDER_MINIO_CA_FILE has the CA of "
			  "its certificate"
			: "");
	if (request->error.code == ERROR_OK
		? !is_listing(&check->arena, request)
		: name[0] == '\0')
		return check_say(check, "MinIO", false,
		    "what answers at %s is not MinIO (HTTP %ld): see "
		    "SESSION_RECORDER_MINIO_ENDPOINT",
		    url, request->status);
	return check_say(check, "MinIO", true, "%s answers", url);
}

static bool
check_clock(struct check *check, const struct s3_request *request)
{
	usec_t skew = clock_now() - request->server_time;
	int64_t seconds = llabs(skew) / USEC_PER_SEC;

	if (request->server_time == 0)
		return check_say(
		    check, "clock", true, "MinIO does not tell its time");
	if (llabs(skew) <= MAX_SKEW)
		return check_say(check, "clock", true,
		    "%" PRId64 " s from MinIO's", seconds);
	return check_say(check, "clock", false,
	    "this machine is %" PRId64 " s %s MinIO's: set both clocks (NTP); "
	    "from 15 minutes on MinIO refuses every request",
	    seconds, skew > 0 ? "ahead of" : "behind");
}

static bool
check_credentials(
    struct check *check, const struct s3_request *request, const char *name)
{
	const struct config *config = check->config;

	if (strcmp(name, "InvalidAccessKeyId") == 0)
		return check_say(check, "credentials", false,
		    "MinIO does not know the access key \"%s\": see "
		    "SESSION_RECORDER_MINIO_ACCESS_KEY",
		    config->minio_access_key);
	if (request->error.code == ERROR_UNAUTHORIZED)
		return check_say(check, "credentials", false,
		    "the secret key does not belong to the access key \"%s\" "
		    "(%s): see SESSION_RECORDER_MINIO_SECRET_KEY; or a proxy "
		    "before MinIO changes the Host header",
		    config->minio_access_key, name);
	if (request->error.code == ERROR_FORBIDDEN)
		return check_say(check, "credentials", false,
		    "\"%s\" may not list the bucket %s (%s): see "
		    "SESSION_RECORDER_BUCKET_NAME, and give the user "
		    "s3:ListBucket and s3:GetObject on it "
		    "(conf/minio/setlink-readonly.json)",
		    config->minio_access_key, config->bucket, name);
	return check_say(check, "credentials", true, "MinIO takes \"%s\"",
	    config->minio_access_key);
}

static bool
check_bucket(
    struct check *check, const struct s3_request *request, const char *name)
{
	if (request->error.code == ERROR_NOT_FOUND)
		return check_say(check, "bucket", false,
		    "there is no bucket %s (%s): see "
		    "SESSION_RECORDER_BUCKET_NAME, and that the "
		    "Session-Recorder was started once",
		    check->config->bucket, name);
	if (request->error.code != ERROR_OK)
		return check_say(
		    check, "bucket", false, "%s", request->error.detail);
	return check_say(
	    check, "bucket", true, "%s can be listed", check->config->bucket);
}

bool
check_store(struct check *check)
{
	struct s3_request request;
	struct error err;
	char name[64] = "";
	bool ok = false, clock;

	if (!list_one(check->client, &request, &err))
		(void)check_say(check, "MinIO", false, "%s", err.detail);
	else {
		if (request.error.code != ERROR_OK && request.body.len > 0)
			s3_status_name(request.body.data, request.body.len,
			    name, sizeof(name));
		ok = check_reachable(check, &request, name);
	}
	if (ok) {
		clock = check_clock(check, &request);
		/* With the clock off, a refusal tells nothing of them. */
		ok = (clock || request.error.code == ERROR_OK) &&
		    check_credentials(check, &request, name) &&
		    check_bucket(check, &request, name);
	}
	buf_free(&request.body);
	return ok;
}
