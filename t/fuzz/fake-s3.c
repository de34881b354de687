/* SPDX-License-Identifier: MIT */
/* The functions of src/s3/client.c. */
#include "fake-s3.h"

#include "fake-mysql.h"
#include "recorder/layout.h"
#include "s3/client.h"
#include "s3/status.h"

/* What the first byte of an answer means. */
#define FIRST_ERROR 0xc0
#define FIRST_RAW   0xe0

#define FILES 8

struct fake_s3 fake_s3;

struct s3_client {
	const struct config *config;
};

void
fake_s3_begin(const uint8_t *answers, size_t len)
{
	fake_s3 = (struct fake_s3){.answers = {answers, len}};
}

struct s3_client *
s3_client_new(const struct config *config, struct error *err)
{
	struct s3_client *client = malloc(sizeof(*client));

	if (client == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	client->config = config;
	fake_s3.clients++;
	return client;
}

void
s3_client_free(struct s3_client *client)
{
	if (client == NULL)
		return;
	fake_s3.clients--;
	free(client);
}

bool
s3_client_is_bucket(const struct s3_client *client, const char *name)
{
	return strcmp(client->config->bucket, name) == 0;
}

bool
s3_client_fetch_url(struct s3_client *client, const char *url,
    struct s3_request *request, struct error *err)
{
	(void)client;
	(void)url;
	(void)request;
	return error_set(err, ERROR_UNAVAILABLE, "nothing is there");
}

/* The key at a place: a recorder, a recording, a file, in the order of S3. */
static void
put_key(struct buf *out, unsigned place)
{
	static const char *const files[FILES] = {"chunks/0000000000000001",
	    "chunks/0000000000000002", "data.flac", "data.ogg", "data.raw",
	    "metadata.json", "overview.png", "waveform.dat"};
	const struct uuid recorder = fake_mysql_id(place / FILES / FAKE_IDS);
	const struct uuid session = fake_mysql_id(place / FILES);
	char text[UUID_TEXT_SIZE];

	uuid_format(&recorder, text);
	buf_puts(out, text);
	if (place / FILES % FAKE_IDS == 0 && place % FILES == 0) {
		buf_puts(out, "/metadata.json");
		return;
	}
	uuid_format(&session, text);
	buf_printf(out, "/sessions/%s/%s", text, files[place % FILES]);
}

static void
put_object(struct buf *out, unsigned choice)
{
	static const char *const sizes[] = {
	    "0", "1000", "520", "70000", "-1", "9223372036854775807", "20", ""};

	/* Forward by some places, or to any. */
	fake_s3.place = choice < 0xf0 ? fake_s3.place + choice % 8 : choice * 7;
	buf_puts(out, "<Contents><Key>");
	if (choice == 0xee)
		buf_puts(out, "x%2Fy");
	else
		put_key(out, fake_s3.place);
	buf_printf(out,
	    "</Key><LastModified>2026-11-23T%02u:50:00Z"
	    "</LastModified><ETag>\"%02x\"</ETag><Size>%s</Size>"
	    "</Contents>",
	    choice % 24, choice / 8, sizes[choice / 8 % 8]);
}

static void
put_page(struct s3_request *request, const char *bucket)
{
	struct fuzz_input *in = &fake_s3.answers;
	struct buf *out = &request->body;
	unsigned count = fuzz_byte(in) % 32;
	bool more = in->left > 0 && (fuzz_byte(in) & 1) != 0;

	buf_printf(out, "<ListBucketResult><Name>%s</Name>", bucket);
	if (more)
		buf_printf(out,
		    "<NextContinuationToken>%u</NextContinuationToken>",
		    fake_s3.pages++);
	buf_printf(
	    out, "<IsTruncated>%s</IsTruncated>", more ? "true" : "false");
	while (count-- > 0)
		put_object(out, fuzz_byte(in));
	buf_puts(out, "<EncodingType>url</EncodingType></ListBucketResult>");
}

static void
put_metadata(struct s3_request *request)
{
	unsigned choice = fuzz_byte(&fake_s3.answers);

	buf_printf(&request->body,
	    "{\"name\":\"%s\",\"start_time\":\"2026-11-23T%02u:00:00Z\","
	    "\"end_time\":\"%s-11-23T23:%02u:00Z\",\"duration\":%u000000000,"
	    "\"is_closed\":%s,\"keep\":true}",
	    (choice & 1) == 0 ? "" : "Living Room", choice % 24,
	    (choice & 2) == 0 ? "2026" : "0001", choice % 60, choice * 60,
	    (choice & 4) == 0 ? "true" : "false");
}

/* The part of a waveform that was asked for: a header, silence, or not. */
static void
put_part(struct s3_request *request, long long from, long long to)
{
	static const unsigned char head[24] = {2, 0, 0, 0, 1, 0, 0, 0, 0x80,
	    0xbb, 0, 0, 0, 1, 0, 0, 0xf4, 1, 0, 0, 1, 0, 0, 0};
	unsigned choice = fuzz_byte(&fake_s3.answers);

	FUZZ_CHECK(from >= 0 && to >= from && to - from < 1 << 20);
	for (long long at = from; at <= to; at++) {
		unsigned byte = at < 24 && (choice & 1) == 0 ? head[at]
							     : choice & 2;

		buf_putc(&request->body, (char)byte);
	}
	request->status = 206;
}

static void
put_raw(struct s3_request *request)
{
	struct fuzz_input *in = &fake_s3.answers;
	unsigned byte;

	while ((byte = fuzz_byte(in)) != 0)
		buf_putc(&request->body, (char)byte);
}

/* What a good server says. */
static void
answer_well(const struct s3_client *client, struct s3_request *request)
{
	long long from, to;

	request->status = 200;
	if (request->key[0] == '\0')
		put_page(request, client->config->bucket);
	else if (request->range != NULL &&
	    sscanf(request->range, "%lld-%lld", &from, &to) == 2)
		put_part(request, from, to);
	else
		put_metadata(request);
}

static void
answer_error(struct s3_request *request, unsigned choice)
{
	static const struct {
		long status;
		const char *name;
	} errors[] = {{404, "NoSuchKey"}, {404, "NoSuchBucket"},
	    {403, "AccessDenied"}, {503, "SlowDown"},
	    {403, "SignatureDoesNotMatch"}, {0, ""}, {416, "InvalidRange"},
	    {400, "Bad"}};
	const long status = errors[choice % 8].status;
	const char *name = errors[choice % 8].name;

	request->status = status;
	buf_printf(&request->body, "<Error><Code>%s</Code></Error>", name);
	(void)error_set(&request->error,
	    status == 0 ? ERROR_UNAVAILABLE : s3_status_from_http(status, name),
	    "MinIO: %ld %s", status, name);
	fake_s3.nonsense = fake_s3.nonsense ||
	    request->error.code == ERROR_INTERNAL;
}

/* What holds for each request, and each answer of the real client. */
static void
finish(struct s3_request *request)
{
	struct layout_object object;

	layout_parse(request->key, strlen(request->key), &object);
	FUZZ_CHECK(request->key[0] == '\0' ||
	    layout_file(object.kind) != NULL ||
	    object.kind == LAYOUT_RECORDER_METADATA);
	if (request->body.failed)
		(void)error_memory(&request->error);
	else if (request->error.code == ERROR_OK &&
	    request->body.len > request->max_body)
		(void)error_set(&request->error, ERROR_TOO_LARGE, "too long");
	(void)snprintf(request->etag, sizeof(request->etag), "%02x",
	    fuzz_byte(&fake_s3.answers));
}

bool
s3_client_run(struct s3_client *client, struct s3_request **requests,
    size_t n_requests, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < n_requests; i++) {
		struct s3_request *request = requests[i];
		unsigned choice = fuzz_byte(&fake_s3.answers);

		request->error.code = ERROR_OK;
		request->status = 200;
		if (choice < FIRST_ERROR)
			answer_well(client, request);
		else if (choice < FIRST_RAW)
			answer_error(request, choice);
		else
			put_raw(request);
		finish(request);
	}
	return true;
}
