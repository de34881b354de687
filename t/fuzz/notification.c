/* SPDX-License-Identifier: MIT */
/* Bucket events, as anybody who can reach the route may send them. */
#include "recorder/notification.h"

#include "fuzz.h"

/* 2026-11-24T00:00:00Z */
#define NOW (INT64_C(1795478400) * USEC_PER_SEC)

static void
check(const struct event *event)
{
	char text[CLOCK_RFC3339_SIZE];

	FUZZ_CHECK(event->kind <= EVENT_OTHER);
	FUZZ_CHECK(event->bucket != NULL && event->etag != NULL);
	FUZZ_CHECK(event->size >= 0 && event->order >= 0);
	FUZZ_CHECK(event->modified >= 0 && event->modified <= CLOCK_MAX);
	FUZZ_CHECK(event->modified % 1000 == 0);
	FUZZ_CHECK(event->order / 1000 <= NOW + 24 * USEC_PER_HOUR);
	clock_format(event->modified, text);
	FUZZ_CHECK(event->object.kind < LAYOUT__MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *body = fuzz_rest(&in);
	struct arena arena = ARENA_INIT;
	struct event *events = NULL;
	struct error err = {.code = ERROR_OK};

	if (notification_parse(&arena, body, size, NOW, &events, &err))
		for (; events != NULL; events = events->next)
			check(events);
	else
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
	arena_free(&arena);
	free(body);
	return 0;
}
