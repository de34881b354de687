/* SPDX-License-Identifier: MIT */
/* An arena of pieces that are allocated one by one, so that each can fail, and
 * so that sanitizers see where each begins and ends. It takes the place of
 * src/base/arena.c. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) unsigned char data[];
};

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = NULL;

	if (size < SIZE_MAX / 2)
		block = calloc(1, sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->data;
}

char *
arena_copy(struct arena *arena, const char *bytes, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

	if (copy != NULL && len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	char *text = NULL, *copy = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len >= 0)
		copy = arena_copy(arena, text, (size_t)len);
	free(len >= 0 ? text : NULL);
	return copy;
}

void
arena_reset(struct arena *arena)
{
	arena_free(arena);
}

void
arena_free(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
}

/* These programs have no secrets, and do not know the size of a piece. */
void
arena_wipe(struct arena *arena)
{
	arena_free(arena);
}
