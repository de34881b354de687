/* SPDX-License-Identifier: MIT */
/* Pages of ListObjectsV2. */
#include "s3/listing.h"

#include "fuzz.h"
#include "recorder/layout.h"

static void
check_page(const struct s3_page *page)
{
	struct layout_object object;
	size_t count = 0;

	for (const struct s3_object *o = page->objects; o; o = o->next) {
		FUZZ_CHECK(o->key_len > 0 && strlen(o->key) == o->key_len);
		FUZZ_CHECK(o->etag != NULL && o->size >= -1);
		FUZZ_CHECK(
		    o->modified >= CLOCK_MIN && o->modified <= CLOCK_MAX);
		layout_parse(o->key, o->key_len, &object);
		count++;
	}
	FUZZ_CHECK(count == page->count);
	FUZZ_CHECK(page->next_token == NULL || page->next_token[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *xml = fuzz_rest(&in);
	struct arena arena = ARENA_INIT;
	struct s3_page page;
	struct error err = {.code = ERROR_OK};

	if (s3_listing_parse(&arena, xml, size, &page, &err)) {
		check_page(&page);
	} else {
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
		FUZZ_CHECK(page.objects == NULL && page.next_token == NULL);
	}
	arena_free(&arena);
	free(xml);
	return 0;
}
