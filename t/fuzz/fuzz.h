/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is the function libFuzzer calls; it
 * links with libFuzzer's main, or with that of replay.c. */
#ifndef SETLINK_FUZZ_FUZZ_H
#define SETLINK_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to hold whatever the input is. */
#define FUZZ_CHECK(condition) \
	((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

static inline void
fuzz_fail(const char *condition, const char *file, int line)
{
	(void)fprintf(
	    stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

/* What is left of an input; an empty one goes on with zeros. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

static inline unsigned
fuzz_byte(struct fuzz_input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

/* Below `n`, which is at most 65536. */
static inline size_t
fuzz_below(struct fuzz_input *in, size_t n)
{
	unsigned high = n > 256 ? fuzz_byte(in) : 0;

	return (high << 8 | fuzz_byte(in)) % n;
}

/* Up to the next NUL, or all that is left. Each text is a block of its own, so
 * that AddressSanitizer knows where it ends; the caller frees it. */
static inline char *
fuzz_text(struct fuzz_input *in)
{
	size_t len = in->left == 0 ? 0
				   : strnlen((const char *)in->at, in->left);
	char *text = malloc(len + 1);

	if (text == NULL)
		abort();
	if (len > 0)
		memcpy(text, in->at, len);
	text[len] = '\0';
	in->at += len < in->left ? len + 1 : len;
	in->left -= len < in->left ? len + 1 : len;
	return text;
}

/* All that is left, in a block of its very length. */
static inline char *
fuzz_rest(const struct fuzz_input *in)
{
	char *bytes = calloc(1, in->left == 0 ? 1 : in->left);

	if (bytes == NULL)
		abort();
	if (in->left > 0)
		memcpy(bytes, in->at, in->left);
	return bytes;
}

#endif
