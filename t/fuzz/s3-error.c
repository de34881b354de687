/* SPDX-License-Identifier: MIT */
/* The error bodies of an object store. The first byte is the room for the
 * name, the second one makes the HTTP status. */
#include <ctype.h>

#include "fuzz.h"
#include "s3/status.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	size_t room = 1 + fuzz_below(&in, 96);
	long status = (long)fuzz_below(&in, 700);
	char *name = malloc(room), *xml = fuzz_rest(&in);
	enum error_code code;

	if (name == NULL)
		abort();
	memset(name, '!', room);
	s3_status_name(xml, in.left, name, room);
	FUZZ_CHECK(memchr(name, '\0', room) != NULL);
	for (const char *p = name; *p != '\0'; p++)
		FUZZ_CHECK(isalnum((unsigned char)*p));
	code = s3_status_from_http(status, name);
	FUZZ_CHECK((code == ERROR_OK) == (status >= 200 && status <= 299));
	FUZZ_CHECK(code < ERROR__MAX);
	free(xml);
	free(name);
	return 0;
}
