/* SPDX-License-Identifier: MIT */
/* The recorder's metadata.json. */
#include "recorder/metadata.h"

#include "base/utf8.h"
#include "fuzz.h"

static void
check_time(usec_t time)
{
	char text[CLOCK_RFC3339_SIZE];
	usec_t again;

	FUZZ_CHECK(time >= 0 && time <= CLOCK_MAX);
	clock_format(time, text);
	FUZZ_CHECK(clock_parse(text, strlen(text), &again) && again == time);
}

static void
check(const struct metadata *metadata)
{
	size_t len = strlen(metadata->name);

	FUZZ_CHECK(utf8_valid(metadata->name, len));
	FUZZ_CHECK(utf8_count(metadata->name, len) <= METADATA_NAME_MAX);
	FUZZ_CHECK(!utf8_has_control(metadata->name, len, false));
	if (metadata->has_start)
		check_time(metadata->start);
	if (metadata->has_end)
		check_time(metadata->end);
	if (metadata->has_start && metadata->has_end)
		FUZZ_CHECK(metadata->end >= metadata->start);
	FUZZ_CHECK(metadata->duration >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *text = fuzz_rest(&in);
	struct arena arena = ARENA_INIT;
	struct metadata metadata;
	struct error err = {.code = ERROR_OK};

	if (metadata_parse(&arena, text, size, &metadata, &err))
		check(&metadata);
	else
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
	arena_free(&arena);
	free(text);
	return 0;
}
