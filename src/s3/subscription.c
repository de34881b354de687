/* SPDX-License-Identifier: MIT */
/* Where the events of a bucket go. */
#include "s3/subscription.h"

#include <ctype.h>
#include <expat.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CONFIGURATION_MAX ((size_t)256 * 1024)

#define ROOT    "NotificationConfiguration"
#define END_TAG "</" ROOT ">"

/* A queue that is being read, and what was found. */
struct reader {
	XML_Parser parser;
	const char *webhook; /* NULL: any */
	int depth;           /* of the elements that are open */
	bool wrong;          /* this is something else */
	bool any;            /* something is configured */
	bool created, removed, filtered;
	char arn[S3_ARN_SIZE];
	char text[S3_ARN_SIZE];
	size_t text_len; /* more than fits is cut off */
	struct s3_subscription *out;
};

bool
s3_webhook_valid(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (isalnum((unsigned char)name[i]) == 0 && name[i] != '-' &&
		    name[i] != '_')
			return false;
	return len > 0 && len <= 64;
}

/* "arn:minio:sqs:REGION:NAME:webhook" */
static bool
is_webhook(const char *arn, const char *name)
{
	static const char begin[] = "arn:minio:sqs:", end[] = ":webhook";
	size_t len = strlen(arn), min = sizeof(begin) + sizeof(end) - 2;
	const char *at;

	if (len <= min || strncmp(arn, begin, sizeof(begin) - 1) != 0 ||
	    strcmp(arn + len - (sizeof(end) - 1), end) != 0)
		return false;
	if (name == NULL)
		return true;
	at = strchr(arn + sizeof(begin) - 1, ':');
	return at != NULL && strncmp(at + 1, name, strlen(name)) == 0 &&
	    strcmp(at + 1 + strlen(name), end) == 0;
}

static void
take_queue(struct reader *reader)
{
	if (reader->created && reader->removed && !reader->filtered &&
	    reader->out->arn[0] == '\0' &&
	    is_webhook(reader->arn, reader->webhook))
		memcpy(reader->out->arn, reader->arn, sizeof(reader->arn));
}

static void XMLCALL
on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *reader = data;

	(void)attributes;
	reader->text_len = 0;
	if (reader->depth == 0 && strcmp(name, ROOT) != 0)
		reader->wrong = true;
	if (reader->depth == 1) {
		reader->any = true;
		reader->created = reader->removed = reader->filtered = false;
		reader->arn[0] = '\0';
	}
	if (strcmp(name, "FilterRule") == 0)
		reader->filtered = true;
	reader->depth++;
}

static void
take_field(struct reader *reader, const char *name)
{
	reader->text[reader->text_len] = '\0';
	if (strcmp(name, "Queue") == 0)
		memcpy(reader->arn, reader->text, reader->text_len + 1);
	else if (strcmp(name, "Event") != 0)
		return;
	else if (strcmp(reader->text, "s3:ObjectCreated:*") == 0)
		reader->created = true;
	else if (strcmp(reader->text, "s3:ObjectRemoved:*") == 0)
		reader->removed = true;
}

static void XMLCALL
on_end(void *data, const XML_Char *name)
{
	struct reader *reader = data;

	reader->depth--;
	if (reader->depth == 2)
		take_field(reader, name);
	else if (reader->depth == 1 && strcmp(name, "QueueConfiguration") == 0)
		take_queue(reader);
	reader->text_len = 0;
}

static void XMLCALL
on_text(void *data, const XML_Char *text, int len)
{
	struct reader *reader = data;
	size_t room = sizeof(reader->text) - 1 - reader->text_len;
	size_t n = (size_t)len < room ? (size_t)len : room;

	memcpy(reader->text + reader->text_len, text, n);
	reader->text_len += n;
}

/* S3 sends no DTD. Without one there are no entities to expand. */
static void XMLCALL
on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int internal)
{
	struct reader *reader = data;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	reader->wrong = true;
	(void)XML_StopParser(reader->parser, XML_FALSE);
}

static bool
read_configuration(
    struct reader *reader, const char *xml, size_t len, struct error *err)
{
	bool ok;

	reader->out->arn[0] = '\0';
	reader->parser = XML_ParserCreate("UTF-8");
	if (reader->parser == NULL)
		return error_memory(err);
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
	ok = len <= INT_MAX &&
	    XML_Parse(reader->parser, xml, (int)len, 1) == XML_STATUS_OK &&
	    !reader->wrong;
	XML_ParserFree(reader->parser);
	return ok ||
	    error_set(
		err, ERROR_INVALID, "the object store's answer is no " ROOT);
}

bool
s3_subscription_find(const char *xml, size_t len, const char *name,
    struct s3_subscription *out, struct error *err)
{
	struct reader reader = {.webhook = name, .out = out};

	return read_configuration(&reader, xml, len, err);
}

static const struct sigv4_param subresource[] = {{"notification", ""}};

/* The caller frees the body. */
static bool
fetch(struct s3_client *client, struct s3_request *request, struct error *err)
{
	*request = (struct s3_request){.method = "GET",
	    .key = "",
	    .params = subresource,
	    .n_params = 1,
	    .max_body = CONFIGURATION_MAX};
	if (!s3_client_run(client, &request, 1, err))
		return false;
	if (request->error.code == ERROR_OK)
		return true;
	*err = request->error;
	return false;
}

bool
s3_subscription_read(struct s3_client *client, const char *name,
    struct s3_subscription *out, struct error *err)
{
	struct s3_request request;
	bool ok = fetch(client, &request, err) &&
	    s3_subscription_find(
		request.body.data, request.body.len, name, out, err);

	buf_free(&request.body);
	return ok;
}

/* The configuration with one queue more, as text: what we do not know of it
 * stays to the letter. */
static bool
add_queue(const struct reader *reader, struct buf *xml, struct buf *out,
    struct error *err)
{
	const char *text = buf_text(xml);
	const char *end = text == NULL ? NULL : strstr(text, END_TAG);

	if (reader->any && end == NULL)
		return error_set(err, ERROR_INVALID,
		    "the object store's " ROOT " cannot be added to");
	if (end != NULL)
		buf_add(out, text, (size_t)(end - text));
	else
		buf_puts(out,
		    "<" ROOT " xmlns=\"http://s3.amazonaws.com/doc/"
		    "2006-03-01/\">");
	buf_printf(out,
	    "<QueueConfiguration><Queue>arn:minio:sqs::%s:webhook</Queue>"
	    "<Event>s3:ObjectCreated:*</Event>"
	    "<Event>s3:ObjectRemoved:*</Event></QueueConfiguration>" END_TAG,
	    reader->webhook);
	return !out->failed || error_memory(err);
}

static bool
store(struct s3_client *client, const char *name, const struct buf *xml,
    struct error *err)
{
	struct s3_request put = {.method = "PUT",
	    .key = "",
	    .params = subresource,
	    .n_params = 1,
	    .content = xml,
	    .max_body = CONFIGURATION_MAX};
	struct s3_request *request = &put;
	bool ok = s3_client_run(client, &request, 1, err);

	if (ok && put.status == 400)
		ok = error_set(err, ERROR_INVALID,
		    "MinIO knows no webhook %s (%.80s): start it with "
		    "MINIO_NOTIFY_WEBHOOK_ENABLE_%s=on and the other settings "
		    "of README.md",
		    name, put.error.detail, name);
	else if (ok && put.error.code != ERROR_OK) {
		*err = put.error;
		ok = false;
	}
	buf_free(&put.body);
	return ok;
}

bool
s3_subscription_make(
    struct s3_client *client, const char *name, bool *made, struct error *err)
{
	struct s3_subscription found;
	struct reader reader = {.webhook = name, .out = &found};
	struct s3_request request;
	struct buf xml = BUF_INIT;
	bool ok;

	*made = false;
	ok = fetch(client, &request, err) &&
	    read_configuration(
		&reader, request.body.data, request.body.len, err);
	if (ok && found.arn[0] == '\0')
		*made = ok = add_queue(&reader, &request.body, &xml, err) &&
		    store(client, name, &xml, err);
	buf_free(&request.body);
	buf_free(&xml);
	return ok;
}
