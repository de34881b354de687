/* SPDX-License-Identifier: MIT */
/* MinIO's bucket notifications: as they are sent, and as nobody should. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "recorder/notification.h"
#include "tap.h"

#define R      "10b26ce0-75ff-4548-84e1-c91d955b1151"
#define S      "8e2c1d34-91f7-4b8e-a1b5-6d5b7c9e3f02"
#define AT     R "%2Fsessions%2F" S "%2F"
#define BUCKET "\"bucket\":{\"name\":\"session-recorder\"}"
#define TAG    "\"eTag\":\"3efc3ed7df24cabaaad494eabd97114a\""
#define TIME   "\"eventTime\":\"2026-11-23T01:28:08.987Z\""
#define SEQ    "\"sequencer\":\"18EA8852687CF8D2\""

/* One record of a name, with members of the object. */
#define RECORD(name, object)                                             \
	"{\"eventVersion\":\"2.0\"," TIME ",\"eventName\":\"" name "\"," \
	"\"s3\":{" BUCKET ",\"object\":{" object "}}}"
#define BODY(records) "{\"Records\":[" records "]}"
#define KEY(key)      "\"key\":\"" key "\""
#define FLAC          KEY(AT "data.flac")
#define PUT           "s3:ObjectCreated:Put"
#define GONE          "s3:ObjectRemoved:Delete"

/* 2026-11-24T00:00:00Z */
#define NOW (INT64_C(1795478400) * USEC_PER_SEC)

/* What SEQ says, in nanoseconds. */
#define ORDER "1795397288982280402"

struct row {
	const char *what;
	const char *body;
	const char *want; /* an event each, or the detail of the refusal */
};

static const struct row rows[] = {
    {"a file",
	"{\"EventName\":\"s3:ObjectCreated:Put\",\"Key\":\"session-recorder/"
	"x\",\"Records\":[{\"eventVersion\":\"2.0\",\"eventSource\":"
	"\"minio:s3\",\"awsRegion\":\"\"," TIME ",\"eventName\":\"" PUT "\","
	"\"userIdentity\":{\"principalId\":\"admin\"},\"requestParameters\":"
	"{\"region\":\"\"},\"responseElements\":{\"x-amz-request-id\":\"1\"},"
	"\"s3\":{\"s3SchemaVersion\":\"1.0\"," BUCKET ",\"object\":{" FLAC
	",\"size\":3017218," TAG ",\"contentType\":\"application/octet-"
	"stream\",\"userMetadata\":{\"a\":\"b\"}," SEQ "}},\"source\":"
	"{\"host\":\"127.0.0.1\"}}]}",
	"created session-recorder flac 3017218 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},
    {"a removal", BODY(RECORD(GONE, FLAC "," SEQ)),
	"removed session-recorder flac 0 none-0-1795397288982000 " ORDER},
    {"nothing was there to be removed",
	BODY(RECORD("s3:ObjectRemoved:NoOP", FLAC "," SEQ)),
	"removed session-recorder flac 0 none-0-1795397288982000 " ORDER},
    {"a delete marker",
	BODY(RECORD("s3:ObjectRemoved:DeleteMarkerCreated",
	    FLAC ",\"versionId\":\"v\"," SEQ)),
	"removed session-recorder flac 0 none-0-1795397288982000 " ORDER
	" versioned"},
    {"a version is removed",
	BODY(RECORD(GONE, FLAC ",\"versionId\":\"v\"," SEQ)),
	"removed session-recorder flac 0 none-0-1795397288982000 " ORDER
	" versioned"},
    {"an empty version id", BODY(RECORD(GONE, FLAC ",\"versionId\":\"\"," SEQ)),
	"removed session-recorder flac 0 none-0-1795397288982000 " ORDER},
    {"a version is stored",
	BODY(RECORD(PUT, FLAC "," TAG ",\"versionId\":\"v\"," SEQ)),
	"created session-recorder flac 0 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},
    {"a copy", BODY(RECORD("s3:ObjectCreated:Copy", FLAC "," TAG "," SEQ)),
	"created session-recorder flac 0 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},
    {"in parts",
	BODY(RECORD("s3:ObjectCreated:CompleteMultipartUpload",
	    FLAC ",\"size\":2,\"eTag\":\"ab-2\"," SEQ)),
	"created session-recorder flac 2 ab-2 " ORDER},
    {"without s3:", BODY(RECORD("ObjectCreated:Post", FLAC "," TAG "," SEQ)),
	"created session-recorder flac 0 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},
    {"tags", BODY(RECORD("s3:ObjectCreated:PutTagging", FLAC "," TAG "," SEQ)),
	"other session-recorder flac 0 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},
    {"a read", BODY(RECORD("s3:ObjectAccessed:Get", FLAC "," TAG "," SEQ)),
	"other session-recorder flac 0 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},
    {"no name", BODY(RECORD("", FLAC "," TAG "," SEQ)),
	"other session-recorder flac 0 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},
    {"two records",
	BODY(RECORD(GONE, KEY(AT "data.ogg") "," SEQ) "," RECORD(
	    PUT, KEY(AT "chunks%2F0000000000000012") "," TAG "," SEQ)),
	"removed session-recorder ogg 0 none-0-1795397288982000 " ORDER "; "
	"created session-recorder chunk 12 0 "
	"3efc3ed7df24cabaaad494eabd97114a " ORDER},

    /* Keys. */
    {"a key that is not encoded",
	BODY(RECORD(GONE, KEY(R "/sessions/" S "/data.flac") "," SEQ)),
	"removed session-recorder flac 0 none-0-1795397288982000 " ORDER},
    {"lower-case digits",
	BODY(RECORD(GONE, KEY(R "%2fsessions%2f" S "%2fdata%2eflac") "," SEQ)),
	"removed session-recorder flac 0 none-0-1795397288982000 " ORDER},
    {"a plus is a space", BODY(RECORD(GONE, KEY(AT "data+.flac") "," SEQ)),
	"removed session-recorder foreign 0 none-0-1795397288982000 " ORDER},
    {"a key that is none",
	BODY(RECORD(GONE, KEY(R "%2Fnotes%2F%C3%9Cber+%26+50%25.txt") "," SEQ)),
	"removed session-recorder foreign 0 none-0-1795397288982000 " ORDER},
    {"a key that does not decode", BODY(RECORD(GONE, KEY(AT "%2") "," SEQ)),
	"removed session-recorder foreign 0 none-0-1795397288982000 " ORDER},
    {"a NUL in the key", BODY(RECORD(GONE, KEY(AT "data.flac%00") "," SEQ)),
	"removed session-recorder foreign 0 none-0-1795397288982000 " ORDER},
    {"a NUL of JSON", BODY(RECORD(GONE, KEY(AT "data.flac\\u0000") "," SEQ)),
	"removed session-recorder foreign 0 none-0-1795397288982000 " ORDER},
    {"an empty key", BODY(RECORD(GONE, KEY("") "," SEQ)),
	"removed session-recorder foreign 0 none-0-1795397288982000 " ORDER},

    /* ETags as the index holds them. */
    {"an ETag that is not ASCII",
	BODY(RECORD(PUT, FLAC ",\"size\":7,\"eTag\":\"\\u00e4\"," SEQ)),
	"created session-recorder flac 7 none-7-1795397288982000 " ORDER},

    /* Times. */
    {"no sequencer", BODY(RECORD(GONE, FLAC)),
	"removed session-recorder flac 0 none-0-1795397288987000 "
	"1795397288987000000"},
    {"another sequencer",
	BODY(RECORD(GONE, FLAC ",\"sequencer\":\"0055AED6DCD90281E5\"")),
	"removed session-recorder flac 0 none-0-1795397288987000 "
	"1795397288987000000"},
    {"a sequencer that is none",
	BODY(RECORD(GONE, FLAC ",\"sequencer\":\"18EA88526-7CF8D2\"")),
	"removed session-recorder flac 0 none-0-1795397288987000 "
	"1795397288987000000"},
    {"a sequencer over all bounds",
	BODY(RECORD(GONE, FLAC ",\"sequencer\":\"FFFFFFFFFFFFFFFF\"")),
	"removed session-recorder flac 0 none-0-1795397288987000 "
	"1795397288987000000"},
    {"a sequencer of the future",
	BODY(RECORD(GONE, FLAC ",\"sequencer\":\"7FFFFFFFFFFFFFFF\"")),
	"removed session-recorder flac 0 none-0-1795397288987000 "
	"1795397288987000000"},
    {"no time at all",
	BODY("{\"eventName\":\"" GONE "\",\"s3\":{" BUCKET ",\"object\":{" FLAC
	     "}}}"),
	"removed session-recorder flac 0 none-0-1795478400000000 "
	"1795478400000000000"},
    {"a time of the future",
	BODY("{\"eventName\":\"" GONE "\",\"eventTime\":\"9999-01-01T00:00:00Z"
	     "\",\"s3\":{" BUCKET ",\"object\":{" FLAC "}}}"),
	"removed session-recorder flac 0 none-0-1795478400000000 "
	"1795478400000000000"},
    {"null is as good as nothing",
	BODY("{\"eventName\":\"" GONE "\",\"eventTime\":null,\"s3\":{" BUCKET
	     ",\"object\":{" FLAC ",\"sequencer\":null,\"size\":null,"
	     "\"eTag\":null,\"versionId\":null}}}"),
	"removed session-recorder flac 0 none-0-1795478400000000 "
	"1795478400000000000"},

    /* No notification. */
    {"nothing", "", "body: not valid JSON (near byte 1)"},
    {"no JSON", "hello", "body: not valid JSON (near byte 1)"},
    {"cut off", "{\"Records\":[{\"s3\"", "body: not valid JSON (near byte 1)"},
    {"no object", "[]", "body: must be a JSON object"},
    {"a number", "1", "body: must be a JSON object"},
    {"no records", "{}", "Records: must be an array with at least one event"},
    {"records are no array", "{\"Records\":{}}",
	"Records: must be an array with at least one event"},
    {"records are null", "{\"Records\":null}",
	"Records: must be an array with at least one event"},
    {"no record", "{\"Records\":[]}",
	"Records: must be an array with at least one event"},
    {"records twice", "{\"Records\":[],\"Records\":[]}",
	"Records: given twice"},
    {"a record that is no object", BODY("null"),
	"Records[0].eventName: what it is in must be an object"},
    {"an empty record", BODY("{}"), "Records[0].eventName: is required"},
    {"a name that is none", BODY("{\"eventName\":1}"),
	"Records[0].eventName: must be a string"},
    {"a name twice", BODY("{\"eventName\":\"a\",\"eventName\":\"a\"}"),
	"Records[0].eventName: is there twice"},
    {"no s3", BODY("{\"eventName\":\"" PUT "\"}"),
	"Records[0].s3.bucket.name: is required"},
    {"s3 is no object", BODY("{\"eventName\":\"" PUT "\",\"s3\":\"\"}"),
	"Records[0].s3.bucket.name: what it is in must be an object"},
    {"no key", BODY(RECORD(PUT, "\"size\":1")),
	"Records[0].s3.object.key: is required"},
    {"a key that is a number", BODY(RECORD(PUT, "\"key\":1")),
	"Records[0].s3.object.key: must be a string"},
    {"a size that is none", BODY(RECORD(PUT, FLAC ",\"size\":\"1\"")),
	"Records[0].s3.object.size: must be a number of bytes"},
    {"a size with a fraction", BODY(RECORD(PUT, FLAC ",\"size\":1.5")),
	"Records[0].s3.object.size: must be a number of bytes"},
    {"a size below nothing", BODY(RECORD(PUT, FLAC ",\"size\":-1")),
	"Records[0].s3.object.size: must be a number of bytes"},
    {"a size over all bounds",
	BODY(RECORD(PUT, FLAC ",\"size\":9223372036854775808")),
	"Records[0].s3.object.size: must be a number of bytes"},
    {"an ETag that is none", BODY(RECORD(PUT, FLAC ",\"eTag\":[]")),
	"Records[0].s3.object.eTag: must be a string"},
    {"a version that is none", BODY(RECORD(PUT, FLAC ",\"versionId\":1")),
	"Records[0].s3.object.versionId: must be a string"},
    {"a sequencer that is a number", BODY(RECORD(PUT, FLAC ",\"sequencer\":1")),
	"Records[0].s3.object.sequencer: must be a string"},
    {"a time that is none",
	BODY("{\"eventName\":\"" PUT "\",\"eventTime\":\"now\",\"s3\":{" BUCKET
	     ",\"object\":{" FLAC "}}}"),
	"Records[0].eventTime: must be a time (RFC 3339)"},
    {"the second record is wrong", BODY(RECORD(PUT, FLAC) ",{}"),
	"Records[1].eventName: is required"},
};

static const char *
kind_name(enum layout_kind kind)
{
	return kind == LAYOUT_FLAC   ? "flac"
	    : kind == LAYOUT_OGG     ? "ogg"
	    : kind == LAYOUT_CHUNK   ? "chunk"
	    : kind == LAYOUT_FOREIGN ? "foreign"
				     : "?";
}

static const char *
describe(struct arena *arena, const struct event *event)
{
	static const char *const kinds[] = {"created", "removed", "other"};
	const char *text = "";

	for (; event != NULL; event = event->next) {
		const char *chunk = event->object.kind != LAYOUT_CHUNK
		    ? ""
		    : arena_printf(arena, " %" PRId64, event->object.chunk);

		text = arena_printf(arena,
		    "%s%s%s %s %s%s %" PRId64 " %s %" PRId64 "%s", text,
		    text[0] == '\0' ? "" : "; ", kinds[event->kind],
		    event->bucket, kind_name(event->object.kind), chunk,
		    event->size, event->etag, event->order,
		    event->versioned ? " versioned" : "");
		if (text == NULL)
			abort();
	}
	return text;
}

int
main(void)
{
	struct arena arena = ARENA_INIT;

	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct row *row = &rows[i];
		struct error err;
		struct event *events;

		arena_reset(&arena);
		if (notification_parse(&arena, row->body, strlen(row->body),
			NOW, &events, &err))
			tap_is_str(describe(&arena, events), row->want, "%s",
			    row->what);
		else
			tap_is_str(err.detail, row->want, "%s", row->what);
	}
	arena_free(&arena);
	return tap_done();
}
