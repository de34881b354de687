/* SPDX-License-Identifier: MIT */
/* Reading MinIO's bucket notifications. */
#include "recorder/notification.h"

#include <string.h>

#include "base/array.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/percent.h"
#include "recorder/gather.h"

#define NSEC_PER_USEC INT64_C(1000)
#define USEC_PER_MSEC INT64_C(1000)

/* As far as clocks may differ. */
#define MAX_AHEAD USEC_PER_HOUR

/* A sequencer is a time in nanoseconds, in hexadecimal digits. */
#define SEQUENCER_MAX 16

/* A record that is being read, and its place for errors. */
struct reader {
	struct arena *arena;
	struct error *err;
	const struct json *record;
	unsigned number;
	usec_t now;
};

static bool
refuse(const struct reader *reader, const char *path, const char *why)
{
	return error_set(reader->err, ERROR_INVALID, "Records[%u].%s: %s",
	    reader->number, path, why);
}

/* The value at a path such as "s3.bucket.name"; NULL when there is none, or
 * null. */
static bool
find(const struct reader *reader, const char *path, const struct json **out)
{
	const struct json *at = reader->record;
	const char *rest = path;
	struct error why;
	char name[32];

	*out = NULL;
	while (at != NULL && *rest != '\0') {
		size_t len = strcspn(rest, ".");

		if (at->type != JSON_OBJECT)
			return refuse(reader, path,
			    "what it is in must be "
			    "an object");
		memcpy(name, rest, len);
		name[len] = '\0';
		if (!json_member(at, name, &at, &why))
			return refuse(reader, path, "is there twice");
		rest += rest[len] == '.' ? len + 1 : len;
	}
	if (at != NULL && at->type != JSON_NULL)
		*out = at;
	return true;
}

/* *text is "" when there is none and it may be missing. */
static bool
find_text(const struct reader *reader, const char *path, bool required,
    const struct json **out, const char **text)
{
	*text = "";
	if (!find(reader, path, out))
		return false;
	if (*out == NULL)
		return !required || refuse(reader, path, "is required");
	if ((*out)->type != JSON_STRING)
		return refuse(reader, path, "must be a string");
	*text = (*out)->text;
	return true;
}

static bool
begins_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The names of events begin with "s3:" in MinIO, without it in S3. Tags, locks
 * and the like belong to a version, and are not what is in it. */
static enum event_kind
kind_of(const char *name)
{
	static const char *const created[] = {"ObjectCreated:Put",
	    "ObjectCreated:Post", "ObjectCreated:Copy",
	    "ObjectCreated:CompleteMultipartUpload",
	    "ObjectCreated:PutMetadata"};

	if (begins_with(name, "s3:"))
		name += 3;
	for (size_t i = 0; i < LENGTH(created); i++)
		if (strcmp(name, created[i]) == 0)
			return EVENT_CREATED;
	return begins_with(name, "ObjectRemoved:") ? EVENT_REMOVED
						   : EVENT_OTHER;
}

static bool
parse_sequencer(const char *text, int64_t *out)
{
	size_t len = strlen(text);

	*out = 0;
	if (len == 0 || len > SEQUENCER_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		int digit = hex_value(text[i]);

		if (digit < 0 || *out > INT64_MAX / 16)
			return false;
		*out = 16 * *out + digit;
	}
	return true;
}

/* MinIO's sequencer of a new object is the time that its listing shows, only
 * finer; eventTime is later. */
static bool
read_order(const struct reader *reader, struct event *event)
{
	const struct json *json;
	const char *sequencer, *time;
	int64_t latest = (reader->now + MAX_AHEAD) * NSEC_PER_USEC;
	usec_t t = reader->now;

	if (!find_text(
		reader, "s3.object.sequencer", false, &json, &sequencer) ||
	    !find_text(reader, "eventTime", false, &json, &time))
		return false;
	if (json != NULL && (!clock_parse(time, json->len, &t) || t < 0))
		return refuse(reader, "eventTime", "must be a time (RFC 3339)");
	if (t > reader->now + MAX_AHEAD)
		t = reader->now;
	if (!parse_sequencer(sequencer, &event->order) || event->order > latest)
		event->order = t * NSEC_PER_USEC;
	event->modified = event->order / NSEC_PER_USEC / USEC_PER_MSEC *
	    USEC_PER_MSEC;
	return true;
}

static bool
read_key(const struct reader *reader, struct event *event)
{
	const struct json *json;
	const char *text;
	char *key;
	size_t len;

	if (!find_text(reader, "s3.object.key", true, &json, &text))
		return false;
	len = json->len;
	key = arena_copy(reader->arena, text, len);
	if (key == NULL)
		return error_memory(reader->err);
	if (percent_decode(key, &len, true))
		layout_parse(key, len, &event->object);
	return true;
}

/* An empty object has no size in Go's JSON. */
static bool
read_content(const struct reader *reader, struct event *event)
{
	char kept[GATHER_ETAG_MAX + 1];
	struct s3_object object = {.modified = event->modified};
	const struct json *json;

	if (!find(reader, "s3.object.size", &json))
		return false;
	if (json != NULL &&
	    (!json_integer(json, &object.size) || object.size < 0))
		return refuse(
		    reader, "s3.object.size", "must be a number of bytes");
	if (!find_text(reader, "s3.object.eTag", false, &json, &object.etag))
		return false;
	event->size = object.size;
	event->etag = gather_etag(kept, &object);
	event->etag = arena_copy(
	    reader->arena, event->etag, strlen(event->etag));
	return event->etag != NULL || error_memory(reader->err);
}

static bool
read_record(const struct reader *reader, struct event *event)
{
	const struct json *json;
	const char *name, *version;

	if (!find_text(reader, "eventName", true, &json, &name) ||
	    !find_text(reader, "s3.bucket.name", true, &json, &event->bucket) ||
	    !find_text(reader, "s3.object.versionId", false, &json, &version) ||
	    !read_key(reader, event) || !read_order(reader, event) ||
	    !read_content(reader, event))
		return false;
	event->kind = kind_of(name);
	event->versioned = event->kind == EVENT_REMOVED && version[0] != '\0';
	return true;
}

/* The first of the records. */
static bool
find_records(struct arena *arena, const char *body, size_t len,
    const struct json **out, struct error *err)
{
	const struct json *records;
	struct json *object;

	if (!json_parse(arena, "body", body, len, &object, err))
		return false;
	if (object->type != JSON_OBJECT)
		return error_set(
		    err, ERROR_INVALID, "body: must be a JSON object");
	if (!json_member(object, "Records", &records, err))
		return false;
	if (records == NULL || records->type != JSON_ARRAY ||
	    records->first == NULL)
		return error_set(err, ERROR_INVALID,
		    "Records: must be an array with at least one event");
	*out = records->first;
	return true;
}

bool
notification_parse(struct arena *arena, const char *body, size_t len,
    usec_t now, struct event **out, struct error *err)
{
	struct reader reader = {.arena = arena, .err = err, .now = now};
	struct event **tail = out;

	*out = NULL;
	if (!find_records(arena, body, len, &reader.record, err))
		return false;
	for (; reader.record != NULL; reader.record = reader.record->next) {
		*tail = arena_alloc(arena, sizeof(**tail));
		if (*tail == NULL)
			return error_memory(err);
		if (!read_record(&reader, *tail))
			return false;
		tail = &(*tail)->next;
		reader.number++;
	}
	return true;
}
