/* SPDX-License-Identifier: MIT */
/* Requests to an object store, by libcurl's multi interface. */
#include "s3/client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "s3/status.h"
#include "s3/transfer.h"

#define TOTAL_TIMEOUT (60 * USEC_PER_SEC) /* all tries of a request */
#define URL_EXPIRES   900 /* seconds, as long as clocks may differ */

#define MAX_TRIES   3
#define FIRST_PAUSE (100 * USEC_PER_SEC / 1000) /* then four times that */
#define MAX_PAUSE   (10 * USEC_PER_SEC)         /* that a server may ask for */
#define MAX_WAIT_MS 1000

#define URL_KEEP 8192

struct s3_client {
	const struct config *config;
	struct sigv4_signer *signer;
	CURLM *multi;
	struct transfer transfers[S3_PARALLEL];
};

/* What one s3_client_run has to do. */
struct run {
	struct s3_request **requests;
	size_t n_requests, next, busy;
	const char *url;   /* of the only request, or NULL: sign one */
	struct error down; /* once the server was found dead */
};

struct s3_client *
s3_client_new(const struct config *config, struct error *err)
{
	struct s3_client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	client->config = config;
	client->signer = sigv4_signer_new(
	    config->minio_access_key, config->minio_secret_key, config->region);
	if (client->signer == NULL) {
		(void)error_set(err, ERROR_INTERNAL,
		    "OpenSSL has no SHA-256, or memory is short");
		free(client);
		return NULL;
	}
	return client;
}

void
s3_client_free(struct s3_client *client)
{
	size_t i;

	if (client == NULL)
		return;
	for (i = 0; i < S3_PARALLEL; i++) {
		if (client->transfers[i].easy != NULL)
			curl_easy_cleanup(client->transfers[i].easy);
		buf_free(&client->transfers[i].url);
	}
	if (client->multi != NULL) {
		(void)curl_multi_cleanup(client->multi);
		curl_global_cleanup();
	}
	sigv4_signer_free(client->signer);
	free(client);
}

bool
s3_client_is_bucket(const struct s3_client *client, const char *name)
{
	return strcmp(client->config->bucket, name) == 0;
}

/* Have libcurl and the multi handle; the easy handles come one by one. */
static bool
client_open(struct s3_client *client, struct error *err)
{
	if (client->multi != NULL)
		return true;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_memory(err);
	client->multi = curl_multi_init();
	if (client->multi == NULL) {
		curl_global_cleanup();
		return error_memory(err);
	}
	if (curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
		(long)S3_PARALLEL) != CURLM_OK)
		return error_set(
		    err, ERROR_INTERNAL, "libcurl keeps no connections");
	return true;
}

/* Hand the request back with its error, once. */
static void
transfer_finish(struct run *run, struct transfer *transfer,
    enum error_code code, const char *detail)
{
	(void)error_set(&transfer->request->error, code, "%s", detail);
	transfer->request = NULL;
	run->busy--;
}

static void
transfer_try(
    struct s3_client *client, struct run *run, struct transfer *transfer)
{
	struct s3_request *request = transfer->request;

	transfer->tries++;
	transfer->resume = 0;
	transfer->too_large = false;
	transfer->why[0] = '\0';
	request->status = 0;
	request->server_time = request->modified = 0;
	request->etag[0] = '\0';
	buf_reset(&request->body, request->max_body);
	if (!transfer_set_options(transfer, clock_monotonic()) ||
	    curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK)
		transfer_finish(run, transfer, ERROR_INTERNAL,
		    "libcurl does not take the request");
}

/* The URL of a request. `expires` covers that our clock and S3's differ. */
static bool
client_sign(struct s3_client *client, const struct s3_request *request,
    struct buf *out, struct error *err)
{
	const struct sigv4_url url = {.method = request->method,
	    .shown = &client->config->minio_endpoint,
	    .sign = &client->config->minio_endpoint,
	    .style = URL_STYLE_PATH,
	    .bucket = client->config->bucket,
	    .key = request->key,
	    .params = request->params,
	    .n_params = request->n_params,
	    .now = clock_now(),
	    .expires = URL_EXPIRES};

	return sigv4_presign(client->signer, &url, out, err);
}

/* No request stores an object, since a foreign one makes the recorder crash, or
 * sets anything of the bucket but its notifications. */
static bool
is_harmless(const struct s3_request *request)
{
	if (strcmp(request->method, "PUT") == 0)
		return request->content != NULL && request->key[0] == '\0' &&
		    request->n_params == 1 &&
		    strcmp(request->params[0].name, "notification") == 0;
	return strcmp(request->method, "GET") == 0 ||
	    strcmp(request->method, "HEAD") == 0;
}

static bool
is_of_endpoint(const struct endpoint *endpoint, const char *url)
{
	const char *start = strstr(url, "://");
	size_t len = strlen(endpoint->authority);

	return start != NULL &&
	    strncmp(start + 3, endpoint->authority, len) == 0 &&
	    strchr("/?", start[3 + len]) != NULL;
}

static bool
transfer_prepare(struct s3_client *client, const struct run *run,
    struct transfer *transfer, struct error *err)
{
	struct s3_request *request = transfer->request;

	if (!is_harmless(request))
		return error_set(err, ERROR_INVALID,
		    "only GET and HEAD, and a PUT of the bucket's "
		    "notifications, are sent to the object store");
	if (transfer->easy == NULL)
		transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		return error_memory(err);
	buf_reset(&transfer->url, URL_KEEP);
	transfer->ca_file = client->config->minio_ca_file;
	if (run->url == NULL)
		return client_sign(client, request, &transfer->url, err);
	buf_puts(&transfer->url, run->url);
	/* Clients that go elsewhere do not have it either. */
	if (!is_of_endpoint(&client->config->minio_endpoint, run->url))
		transfer->ca_file = "";
	return !transfer->url.failed || error_memory(err);
}

static void
transfer_start(
    struct s3_client *client, struct run *run, struct transfer *transfer)
{
	struct error err;

	run->busy++;
	transfer->request = run->requests[run->next++];
	transfer->who = run->url == NULL ? "MinIO at " : "";
	transfer->tries = 0;
	transfer->deadline = clock_monotonic() + TOTAL_TIMEOUT;
	if (run->down.code != ERROR_OK)
		transfer_finish(
		    run, transfer, run->down.code, run->down.detail);
	else if (transfer_prepare(client, run, transfer, &err))
		transfer_try(client, run, transfer);
	else
		transfer_finish(run, transfer, err.code, err.detail);
}

/* How long to wait before the next try. The pauses grow, and differ by up to
 * half, so that many do not come back at the same moment. A server that asks
 * for a pause gets it. */
static usec_t
transfer_pause(const struct transfer *transfer)
{
	usec_t pause = FIRST_PAUSE << (2 * (transfer->tries - 1));
	uint32_t random;

	if (getrandom(&random, sizeof(random), 0) == (ssize_t)sizeof(random))
		pause += random % (pause / 2);
	return pause > transfer->retry_after ? pause : transfer->retry_after;
}

/* Whether there is to be another try, after `pause`. Who asks to be left alone
 * for long is left alone until the next refresh. */
static bool
is_worth_another(const struct transfer *transfer, CURLcode result, usec_t pause)
{
	return transfer->tries < MAX_TRIES && pause <= MAX_PAUSE &&
	    clock_monotonic() + pause < transfer->deadline &&
	    s3_status_is_retryable((int)result, transfer->request->status);
}

/* libcurl has done with it: try again later, or hand it back. */
static void
transfer_end(struct s3_client *client, struct run *run,
    struct transfer *transfer, CURLcode result)
{
	struct s3_request *request = transfer->request;
	struct error err;
	usec_t pause;

	(void)curl_easy_getinfo(
	    transfer->easy, CURLINFO_RESPONSE_CODE, &request->status);
	transfer_read_headers(transfer);
	(void)curl_multi_remove_handle(client->multi, transfer->easy);
	pause = transfer_pause(transfer);
	if (is_worth_another(transfer, result, pause)) {
		transfer->resume = clock_monotonic() + pause;
		return;
	}
	transfer_describe(transfer, result, &err);
	/* Waiting for a dead server once is enough. */
	if (s3_status_is_down((int)result))
		run->down = err;
	transfer_finish(run, transfer, err.code, err.detail);
}

/* Give idle handles the next requests, and waiting ones their next try.
 * Returns for how many milliseconds there is nothing else to begin. */
static int
run_begin(struct s3_client *client, struct run *run)
{
	usec_t now = clock_monotonic(), wait = MAX_WAIT_MS;
	size_t i;

	for (i = 0; i < S3_PARALLEL; i++) {
		struct transfer *transfer = &client->transfers[i];

		while (transfer->request == NULL && run->next < run->n_requests)
			transfer_start(client, run, transfer);
		if (transfer->request == NULL || transfer->resume == 0)
			continue;
		if (transfer->resume <= now)
			transfer_try(client, run, transfer);
		else if ((transfer->resume - now) / 1000 < wait)
			wait = (transfer->resume - now) / 1000 + 1;
	}
	return (int)wait;
}

/* Returns whether any transfer has ended, so that there may be more to begin.
 */
static bool
run_collect(struct s3_client *client, struct run *run)
{
	CURLMsg *message;
	int left;
	bool any = false;

	while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
		void *transfer = NULL;
		CURLcode result = message->data.result;

		if (message->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
			&transfer) != CURLE_OK)
			continue;
		transfer_end(client, run, transfer, result);
		any = true;
	}
	return any;
}

/* libcurl itself has failed: end what is in work. */
static void
run_abort(struct s3_client *client, struct run *run)
{
	size_t i;

	for (i = 0; i < S3_PARALLEL; i++) {
		struct transfer *transfer = &client->transfers[i];

		if (transfer->request == NULL)
			continue;
		(void)curl_multi_remove_handle(client->multi, transfer->easy);
		transfer_finish(
		    run, transfer, ERROR_INTERNAL, "libcurl has failed");
	}
}

static void
run_all(struct s3_client *client, struct run *run)
{
	while (run->next < run->n_requests || run->busy > 0) {
		int running, wait = run_begin(client, run);

		if (curl_multi_perform(client->multi, &running) != CURLM_OK)
			break;
		if (run_collect(client, run) || run->busy == 0)
			continue;
		if (curl_multi_poll(client->multi, NULL, 0, wait, NULL) !=
		    CURLM_OK)
			break;
	}
	run_abort(client, run);
}

static bool
client_run(struct s3_client *client, struct run *run, struct error *err)
{
	size_t i;
	bool ok = client_open(client, err);

	for (i = 0; i < run->n_requests; i++) {
		if (ok)
			(void)error_set(&run->requests[i]->error,
			    ERROR_INTERNAL, "the request was not sent");
		else
			run->requests[i]->error = *err;
	}
	if (ok)
		run_all(client, run);
	return ok;
}

bool
s3_client_run(struct s3_client *client, struct s3_request **requests,
    size_t n_requests, struct error *err)
{
	struct run run = {.requests = requests, .n_requests = n_requests};

	return client_run(client, &run, err);
}

bool
s3_client_fetch_url(struct s3_client *client, const char *url,
    struct s3_request *request, struct error *err)
{
	struct run run = {.requests = &request, .n_requests = 1, .url = url};

	return client_run(client, &run, err);
}
