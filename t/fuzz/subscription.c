/* SPDX-License-Identifier: MIT */
/* The bucket's notification configuration: the name of a webhook, or nothing,
 * then the XML. */
#include "s3/subscription.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *name = fuzz_text(&in), *xml = fuzz_rest(&in);
	bool named = s3_webhook_valid(name);
	struct s3_subscription found;
	struct error err = {.code = ERROR_OK};

	if (s3_subscription_find(
		xml, in.left, named ? name : NULL, &found, &err)) {
		FUZZ_CHECK(memchr(found.arn, '\0', sizeof(found.arn)) != NULL);
		FUZZ_CHECK(found.arn[0] == '\0' || !named ||
		    strstr(found.arn, name) != NULL);
	} else {
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
	}
	free(xml);
	free(name);
	return 0;
}
