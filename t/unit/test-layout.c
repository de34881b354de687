/* SPDX-License-Identifier: MIT */
/* Keys of the bucket: what they mean, and back. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "recorder/layout.h"
#include "tap.h"

#define R       "10b26ce0-75ff-4548-84e1-c91d955b1151"
#define S       "8e2c1d34-91f7-4b8e-a1b5-6d5b7c9e3f02"
#define SESSION R "/sessions/" S "/"

struct row {
	const char *key;
	enum layout_kind want;
};

static const struct row rows[] = {
    {"metadata.json", LAYOUT_SYSTEM_METADATA},
    {R "/metadata.json", LAYOUT_RECORDER_METADATA},
    {SESSION "metadata.json", LAYOUT_SESSION_METADATA},
    {SESSION "chunks/0000000000000000", LAYOUT_CHUNK},
    {SESSION "chunks/0000000000000257", LAYOUT_CHUNK},
    {SESSION "chunks/9999999999999999", LAYOUT_CHUNK},
    {SESSION "data.raw", LAYOUT_RAW},
    {SESSION "data.ogg", LAYOUT_OGG},
    {SESSION "data.flac", LAYOUT_FLAC},
    {SESSION "waveform.dat", LAYOUT_WAVEFORM},
    {SESSION "overview.png", LAYOUT_OVERVIEW},
    {"", LAYOUT_FOREIGN},
    {"/", LAYOUT_FOREIGN},
    {"/metadata.json", LAYOUT_FOREIGN},
    {"metadata.json/", LAYOUT_FOREIGN},
    {"metadata.jso", LAYOUT_FOREIGN},
    {"Metadata.json", LAYOUT_FOREIGN},
    {"README.md", LAYOUT_FOREIGN},
    {R, LAYOUT_FOREIGN},
    {R "/", LAYOUT_FOREIGN},
    {R "metadata.json", LAYOUT_FOREIGN},
    {R "//metadata.json", LAYOUT_FOREIGN},
    {R "/metadata.json.bak", LAYOUT_FOREIGN},
    {R "/data.ogg", LAYOUT_FOREIGN},
    {R "/sessions", LAYOUT_FOREIGN},
    {R "/sessions/", LAYOUT_FOREIGN},
    {R "/sessions/" S, LAYOUT_FOREIGN},
    {R "/sessions/metadata.json", LAYOUT_FOREIGN},
    {R "/Sessions/" S "/data.ogg", LAYOUT_FOREIGN},
    {R "/sessions//" S "/data.ogg", LAYOUT_FOREIGN},
    {SESSION, LAYOUT_FOREIGN},
    {SESSION "/data.ogg", LAYOUT_FOREIGN},
    {SESSION "data.ogg/", LAYOUT_FOREIGN},
    {SESSION "data.OGG", LAYOUT_FOREIGN},
    {SESSION "data.mp3", LAYOUT_FOREIGN},
    {SESSION "data.og", LAYOUT_FOREIGN},
    {SESSION "data.ogg ", LAYOUT_FOREIGN},
    {SESSION "data.ogg\n", LAYOUT_FOREIGN},
    {SESSION "chunks", LAYOUT_FOREIGN},
    {SESSION "chunks/", LAYOUT_FOREIGN},
    {SESSION "chunks/000000000000000", LAYOUT_FOREIGN},
    {SESSION "chunks/00000000000000000", LAYOUT_FOREIGN},
    {SESSION "chunks/000000000000000a", LAYOUT_FOREIGN},
    {SESSION "chunks/-000000000000001", LAYOUT_FOREIGN},
    {SESSION "chunks/0000000000000000/x", LAYOUT_FOREIGN},
    {SESSION "../" S "/data.ogg", LAYOUT_FOREIGN},
    {S "/" SESSION "data.ogg", LAYOUT_FOREIGN},
    {"./" SESSION "data.ogg", LAYOUT_FOREIGN},
    {"10B26CE0-75ff-4548-84e1-c91d955b1151/metadata.json", LAYOUT_FOREIGN},
    {R "/sessions/8E2C1D34-91F7-4B8E-A1B5-6D5B7C9E3F02/data.ogg",
	LAYOUT_FOREIGN},
    {"10b26ce075ff454884e1c91d955b1151/metadata.json", LAYOUT_FOREIGN},
    {"{10b26ce0-75ff-4548-84e1-c91d955b1151}/metadata.json", LAYOUT_FOREIGN},
    {"10b26ce0-75ff-4548-84e1-c91d955b115g/metadata.json", LAYOUT_FOREIGN},
    {"10b26ce0-75ff-4548-84e1-c91d955b11/metadata.json", LAYOUT_FOREIGN},
    {"\xff\xfe/metadata.json", LAYOUT_FOREIGN},
};

#define N_ROWS LENGTH(rows)

static const struct uuid no_id;

/* "R" and "S" for the ids above, "-" for none, "?" for any other. */
static char
name_id(const struct uuid *id)
{
	char text[UUID_TEXT_SIZE];

	uuid_format(id, text);
	if (strcmp(text, R) == 0)
		return 'R';
	if (strcmp(text, S) == 0)
		return 'S';
	return uuid_compare(id, &no_id) == 0 ? '-' : '?';
}

static const char *
ids_of(enum layout_kind kind)
{
	if (kind == LAYOUT_FOREIGN || kind == LAYOUT_SYSTEM_METADATA)
		return "--";
	return kind == LAYOUT_RECORDER_METADATA ? "R-" : "RS";
}

static void
test_row(const struct row *row)
{
	struct layout_object o;
	char ids[3] = "";

	layout_parse(row->key, strlen(row->key), &o);
	tap_is_int(o.kind, row->want, "kind of key %d", (int)(row - rows));
	ids[0] = name_id(&o.recorder_id);
	ids[1] = name_id(&o.session_id);
	tap_is_str(ids, ids_of(row->want), "its ids");
}

/* A key is as long as it says, whatever bytes are in it. */
static void
test_length(void)
{
	static const char key[] = SESSION "data.ogg\0.flac";
	struct layout_object o;
	size_t found = 0;

	layout_parse(key, sizeof(key) - 1, &o);
	tap_is_int(o.kind, LAYOUT_FOREIGN, "a NUL does not end a key");
	for (size_t len = 0; len < strlen(key); len++) {
		layout_parse(key, len, &o);
		found += o.kind != LAYOUT_FOREIGN;
	}
	tap_is_int((long long)found, 0, "no beginning of a key is a key");
}

static void
test_key(const char *name, enum layout_kind kind)
{
	struct uuid recorder, session;
	struct layout_object o;
	char key[LAYOUT_KEY_SIZE] = "", want[LAYOUT_KEY_SIZE];
	bool ok = uuid_parse(R, strlen(R), &recorder) &&
	    uuid_parse(S, strlen(S), &session);

	snprintf(want, sizeof(want), SESSION "%s", name);
	ok = ok && layout_key(kind, &recorder, &session, key, sizeof(key));
	tap_ok(ok, "a key for %s", name);
	tap_is_str(key, want, "and it is right");
	layout_parse(key, strlen(key), &o);
	tap_is_int(o.kind, kind, "and read back");
	tap_ok(layout_key(kind, &recorder, &session, key, strlen(want) + 1),
	    "room for the key and its NUL is enough");
	tap_ok(!layout_key(kind, &recorder, &session, key, strlen(want)),
	    "a byte less is not");
}

static void
test_no_key(void)
{
	static const enum layout_kind kinds[] = {LAYOUT_FOREIGN, LAYOUT_CHUNK,
	    LAYOUT_SYSTEM_METADATA, LAYOUT_RECORDER_METADATA, LAYOUT__MAX};
	char key[LAYOUT_KEY_SIZE];

	for (size_t i = 0; i < LENGTH(kinds); i++) {
		tap_ok(!layout_key(kinds[i], &no_id, &no_id, key, sizeof(key)),
		    "no file of a session: kind %d", (int)kinds[i]);
		tap_ok(layout_file(kinds[i]) == NULL, "and not in the table");
	}
}

static void
test_recorder_key(void)
{
	static const char want[] =
	    "00000000-0000-0000-0000-000000000000/metadata.json";
	struct layout_object object;
	char key[LAYOUT_KEY_SIZE];

	tap_ok(layout_recorder_key(&no_id, key, sizeof(want)), "a recorder");
	tap_is_str(key, want, "its key");
	layout_parse(key, strlen(key), &object);
	tap_is_int(object.kind, LAYOUT_RECORDER_METADATA, "is read as such");
	tap_ok(!layout_recorder_key(&no_id, key, sizeof(want) - 1),
	    "a byte less is too small");
}

static void
test_format(const char *format, enum layout_kind kind, const char *type,
    const char *extension)
{
	const struct layout_file *file = layout_file_by_format(format);

	if (!tap_ok(file != NULL && file->kind == kind, "format %s", format))
		return;
	tap_is_str(file->type, type, "its media type");
	tap_is_str(file->extension, extension, "its extension");
	tap_ok(layout_file(kind) == file, "found by its kind too");
}

int
main(void)
{
	const char *const wrong[] = {"", "OGG", "ogg ", "og", "raw", "json"};

	tap_plan(2 * (int)N_ROWS + 2 + 6 * 5 + 5 * 2 + 4 + 4 * 4 + 6);
	for (size_t i = 0; i < N_ROWS; i++)
		test_row(&rows[i]);
	test_length();
	test_key("metadata.json", LAYOUT_SESSION_METADATA);
	test_key("data.raw", LAYOUT_RAW);
	test_key("data.ogg", LAYOUT_OGG);
	test_key("data.flac", LAYOUT_FLAC);
	test_key("waveform.dat", LAYOUT_WAVEFORM);
	test_key("overview.png", LAYOUT_OVERVIEW);
	test_no_key();
	test_recorder_key();
	test_format("ogg", LAYOUT_OGG, "audio/ogg", "ogg");
	test_format("flac", LAYOUT_FLAC, "audio/flac", "flac");
	test_format(
	    "waveform", LAYOUT_WAVEFORM, "application/octet-stream", "dat");
	test_format("overview", LAYOUT_OVERVIEW, "image/png", "png");
	for (size_t i = 0; i < LENGTH(wrong); i++)
		tap_ok(layout_file_by_format(wrong[i]) == NULL,
		    "no format \"%s\"", wrong[i]);
	return tap_done();
}
