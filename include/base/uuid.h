/* SPDX-License-Identifier: MIT */
/* UUIDs (RFC 9562) as the 16 bytes that tables hold. */
#ifndef SETLINK_BASE_UUID_H
#define SETLINK_BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

/* 36 characters and a NUL. */
#define UUID_TEXT_SIZE 37

struct uuid {
	unsigned char bytes[16];
};

/* Version 7: sorts by `now`, the rest is random. Fails only when the system
 * has no random numbers. */
bool uuid_make(usec_t now, struct uuid *out, struct error *err) MUST_CHECK;

/* The 8-4-4-4-12 form in any case, and nothing around it. */
bool uuid_parse(const char *text, size_t len, struct uuid *out) MUST_CHECK;

/* Lower case. */
void uuid_format(const struct uuid *id, char out[UUID_TEXT_SIZE]);

/* As memcmp: the order of the bytes is the order of the lower-case texts. */
int uuid_compare(const struct uuid *a, const struct uuid *b);

#endif
