/* SPDX-License-Identifier: MIT */
/* What a metadata.json says of a recorder session, or of a recorder. */
#include "recorder/metadata.h"

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

/* Go's zero time is in year 1, and what is outside these two is a broken
 * clock: 1970-01-01 and 9999-01-01, so that an offset or an hour added to a
 * time never leaves the four-digit years of the database. */
#define TIME_MIN INT64_C(0)
#define TIME_MAX (INT64_C(253370764800) * USEC_PER_SEC)

/* A year and a day, in nanoseconds: no session lasts longer. */
#define DURATION_MAX (INT64_C(366) * 24 * 3600 * 1000000000)

/* The member, NULL when it is absent, there twice or of another type. */
static const struct json *
find(const struct json *object, const char *name, enum json_type type)
{
	const struct json *member;
	struct error ignored;

	if (!json_member(object, name, &member, &ignored) || member == NULL)
		return NULL;
	return member->type == type ? member : NULL;
}

static bool
find_bool(const struct json *object, const char *name)
{
	const struct json *member = find(object, name, JSON_BOOL);

	return member != NULL && member->truth;
}

static bool
find_time(const struct json *object, const char *name, usec_t *out)
{
	const struct json *member = find(object, name, JSON_STRING);
	usec_t t;

	if (member == NULL || !clock_parse(member->text, member->len, &t) ||
	    t < TIME_MIN || t >= TIME_MAX)
		return false;
	*out = t;
	return true;
}

static int64_t
find_duration(const struct json *object)
{
	const struct json *member = find(object, "duration", JSON_NUMBER);
	int64_t duration;

	if (member == NULL || !json_integer(member, &duration) ||
	    duration < 0 || duration > DURATION_MAX)
		return 0;
	return duration;
}

/* Copy at most METADATA_NAME_MAX characters of `from`, controls as spaces.
 * Returns the number of bytes, none when the text is not UTF-8. */
static size_t
clean_name(const char *from, size_t len, char *to)
{
	size_t used = 0, at = 0, n;
	uint32_t code;

	for (int i = 0; i < METADATA_NAME_MAX && at < len; i++) {
		n = utf8_decode(from + at, len - at, &code);
		if (n == 0)
			return 0;
		if (utf8_is_control(code)) {
			to[used++] = ' ';
		} else {
			memcpy(to + used, from + at, n);
			used += n;
		}
		at += n;
	}
	return used;
}

static bool
find_name(struct arena *arena, const struct json *object, const char **out,
    struct error *err)
{
	const struct json *member = find(object, "name", JSON_STRING);
	char name[METADATA_NAME_MAX * 4];
	size_t len = 0;

	if (member != NULL)
		len = clean_name(member->text, member->len, name);
	*out = arena_copy(arena, name, len);
	return *out != NULL || error_memory(err);
}

bool
metadata_parse(struct arena *arena, const char *text, size_t len,
    struct metadata *out, struct error *err)
{
	struct json *object;

	*out = (struct metadata){.name = ""};
	if (!json_parse(arena, "metadata", text, len, &object, err))
		return false;
	if (object->type != JSON_OBJECT)
		return error_set(
		    err, ERROR_INVALID, "metadata is not a JSON object");
	if (!find_name(arena, object, &out->name, err))
		return false;
	out->has_start = find_time(object, "start_time", &out->start);
	out->has_end = find_time(object, "end_time", &out->end);
	if (out->has_start && out->has_end && out->end < out->start) {
		out->has_end = false;
		out->end = 0;
	}
	out->duration = find_duration(object);
	out->closed = find_bool(object, "is_closed");
	out->keep = find_bool(object, "keep");
	return true;
}
