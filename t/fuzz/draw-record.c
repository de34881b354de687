/* SPDX-License-Identifier: MIT */
/* The record of a draw, as `setlink verify-draw` is given it by anybody. */
#include "api/draw_record.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *text = fuzz_rest(&in);
	struct arena arena = ARENA_INIT;
	struct error err = {.code = ERROR_OK};

	if (!draw_record_verify(&arena, text, size, &err)) {
		FUZZ_CHECK(
		    err.code == ERROR_INVALID || err.code == ERROR_CONFLICT);
		FUZZ_CHECK(err.detail[0] != '\0');
	}
	arena_free(&arena);
	free(text);
	return 0;
}
