/* SPDX-License-Identifier: MIT */
/* Keys of the bucket: what is known of one makes the same key again. */
#include "recorder/layout.h"

#include "fuzz.h"

static void
check_known(const struct layout_object *object, const char *key, size_t len)
{
	char again[LAYOUT_KEY_SIZE];

	if (object->kind == LAYOUT_RECORDER_METADATA) {
		FUZZ_CHECK(layout_recorder_key(
		    &object->recorder_id, again, sizeof(again)));
	} else if (layout_file(object->kind) != NULL) {
		FUZZ_CHECK(layout_key(object->kind, &object->recorder_id,
		    &object->session_id, again, sizeof(again)));
	} else {
		FUZZ_CHECK(object->kind == LAYOUT_CHUNK ||
		    object->kind == LAYOUT_SYSTEM_METADATA);
		return;
	}
	FUZZ_CHECK(strlen(again) == len && memcmp(again, key, len) == 0);
}

static void
check_parse(const char *key, size_t len)
{
	static const struct layout_object nothing = {.kind = LAYOUT_FOREIGN};
	struct layout_object object;

	layout_parse(key, len, &object);
	if (object.kind == LAYOUT_FOREIGN) {
		FUZZ_CHECK(uuid_compare(
			       &object.recorder_id, &nothing.recorder_id) == 0);
		FUZZ_CHECK(
		    uuid_compare(&object.session_id, &nothing.session_id) == 0);
		FUZZ_CHECK(object.chunk == 0);
	} else {
		check_known(&object, key, len);
	}
	FUZZ_CHECK(object.chunk >= 0);
	FUZZ_CHECK(object.chunk == 0 || object.kind == LAYOUT_CHUNK);
}

/* The bytes as ids, and the way back. */
static void
check_make(const char *bytes, size_t len, size_t size)
{
	struct layout_object object;
	struct uuid recorder = {{0}}, session = {{0}};
	char key[LAYOUT_KEY_SIZE];
	enum layout_kind kind = (enum layout_kind)(size % (LAYOUT__MAX + 1));

	memcpy(recorder.bytes, bytes, len < 16 ? len : 16);
	if (len > 16)
		memcpy(session.bytes, bytes + 16, len < 32 ? len - 16 : 16);
	if (!layout_key(kind, &recorder, &session, key, size)) {
		FUZZ_CHECK(layout_file(kind) == NULL || size < 97);
		return;
	}
	FUZZ_CHECK(strlen(key) < size);
	layout_parse(key, strlen(key), &object);
	FUZZ_CHECK(object.kind == kind);
	FUZZ_CHECK(uuid_compare(&object.recorder_id, &recorder) == 0);
	FUZZ_CHECK(uuid_compare(&object.session_id, &session) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *key = fuzz_rest(&in);
	size_t room = size == 0 ? 0 : data[size - 1] % (LAYOUT_KEY_SIZE + 1);

	check_parse(key, size);
	check_make(key, size, room);
	free(key);
	return 0;
}
