/* SPDX-License-Identifier: MIT */
/* Sends requests with the client of src/s3, for tests in other languages.
 *
 * s3-requests AUTHORITY ACCESS-KEY SECRET-KEY BUCKET list
 *   every page: "page COUNT TOKEN", then "KEY ETAG SIZE MODIFIED" an object
 * s3-requests AUTHORITY ACCESS-KEY SECRET-KEY BUCKET METHOD MAX-BODY KEY...
 * s3-requests AUTHORITY ACCESS-KEY SECRET-KEY BUCKET url MAX-BODY URL
 *   a line a request: "STATUS ERROR SERVER-TIME BODY DETAIL"
 *
 * MAX-BODY may be followed by ":FIRST-LAST", a range of bytes, or by "?NAME", a
 * parameter of a request with a body.
 *
 * AUTHORITY may begin with "https://". Keys, bodies and tokens are in
 * hexadecimal, "-" for an empty one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3/client.h"
#include "s3/listing.h"

static void
die(const struct error *err)
{
	(void)fprintf(stderr, "s3-requests: %s: %s\n", error_name(err->code),
	    err->detail);
	exit(2);
}

static void
put_hex(const char *bytes, size_t len, char end)
{
	size_t i;

	if (len == 0)
		(void)putchar('-');
	for (i = 0; i < len; i++)
		(void)printf("%02x", (unsigned char)bytes[i]);
	(void)putchar(end);
}

/* In place. */
static char *
unhex(char *text)
{
	size_t i, len = strcmp(text, "-") == 0 ? 0 : strlen(text);
	char byte[3] = "";

	for (i = 0; i < len / 2; i++) {
		memcpy(byte, text + 2 * i, 2);
		text[i] = (char)strtoul(byte, NULL, 16);
	}
	text[i] = '\0';
	return text;
}

static void
list(struct s3_client *client)
{
	struct arena arena = ARENA_INIT;
	const struct s3_object *object;
	struct s3_listing listing = {
	    .prefix = "", .deadline = clock_monotonic() + USEC_PER_MIN};
	struct s3_page page;
	struct error err;

	do {
		if (!s3_listing_next(client, &listing, &arena, &page, &err))
			die(&err);
		(void)printf("page %zu ", page.count);
		put_hex(page.next_token,
		    page.next_token == NULL ? 0 : strlen(page.next_token),
		    '\n');
		for (object = page.objects; object; object = object->next) {
			put_hex(object->key, object->key_len, ' ');
			(void)printf("%s %lld %lld\n", object->etag,
			    (long long)object->size,
			    (long long)object->modified);
		}
	} while (!listing.ended);
	s3_listing_free(&listing);
	arena_free(&arena);
}

static void
report(struct s3_request *request)
{
	(void)printf("%ld %s %lld ", request->status,
	    error_name(request->error.code), (long long)request->server_time);
	put_hex(request->body.data, request->body.len, ' ');
	(void)puts(request->error.detail);
	buf_free(&request->body);
}

static void
send_all(struct s3_client *client, char **argv, size_t n_keys)
{
	struct s3_request *all = calloc(n_keys, sizeof(*all));
	struct s3_request **requests = calloc(
	    n_keys, sizeof(struct s3_request *));
	struct error err;
	const char *colon = strchr(argv[1], ':');
	const char *question = strchr(argv[1], '?');
	struct sigv4_param param = {question == NULL ? "" : question + 1, ""};
	struct buf content = BUF_INIT;
	bool ok;
	size_t i;

	if (all == NULL || requests == NULL)
		exit(2);
	buf_puts(&content, "<x/>");
	for (i = 0; i < n_keys; i++) {
		requests[i] = &all[i];
		all[i].method = strcmp(argv[0], "url") == 0 ? "GET" : argv[0];
		all[i].max_body = (size_t)strtoull(argv[1], NULL, 10);
		all[i].range = colon == NULL ? NULL : colon + 1;
		all[i].params = &param;
		all[i].n_params = question == NULL ? 0 : 1;
		all[i].content = question == NULL ? NULL : &content;
	}
	if (strcmp(argv[0], "url") == 0)
		ok = s3_client_fetch_url(client, argv[2], &all[0], &err);
	else {
		for (i = 0; i < n_keys; i++)
			all[i].key = unhex(argv[2 + i]);
		ok = s3_client_run(client, requests, n_keys, &err);
	}
	if (!ok)
		die(&err);
	for (i = 0; i < n_keys; i++)
		report(&all[i]);
	buf_free(&content);
	free(requests);
	free(all);
}

int
main(int argc, char **argv)
{
	struct config config = {.region = "us-east-1"};
	struct endpoint *endpoint = &config.minio_endpoint;
	struct s3_client *client;
	struct error err;

	if (argc < 6 || (argc < 8 && strcmp(argv[5], "list") != 0))
		return 2;
	endpoint->tls = strncmp(argv[1], "https://", 8) == 0;
	endpoint->authority = argv[1] + (endpoint->tls ? 8 : 0);
	endpoint->prefix = "";
	config.minio_access_key = argv[2];
	config.minio_secret_key = argv[3];
	config.bucket = argv[4];
	config.minio_ca_file = getenv("SESSION_RECORDER_MINIO_CA_FILE");
	if (config.minio_ca_file == NULL)
		config.minio_ca_file = "";
	client = s3_client_new(&config, &err);
	if (client == NULL)
		die(&err);
	if (strcmp(argv[5], "list") == 0)
		list(client);
	else
		send_all(client, argv + 5, (size_t)argc - 7);
	s3_client_free(client);
	return 0;
}
