/* SPDX-License-Identifier: MIT */
/* A bump allocator over a list of blocks. */
#include "base/arena.h"

#include <openssl/crypto.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One block serves an ordinary request; larger needs get their own. */
#define BLOCK_SIZE (16 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t size; /* of data */
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

static struct arena_block *
add_block(struct arena *arena, size_t size)
{
	struct arena_block *block;

	if (size > SIZE_MAX / 2)
		return NULL;
	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	block = malloc(sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	block->next = arena->blocks;
	block->size = size;
	block->used = 0;
	arena->blocks = block;
	return block;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *block = arena->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + align - 1) / align * align;
	if (block == NULL || block->size - block->used < size)
		block = add_block(arena, size);
	if (block == NULL)
		return NULL;
	p = block->data + block->used;
	block->used += size;
	return memset(p, 0, size);
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
	va_list args, again;
	char *text = NULL;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len >= 0)
		text = arena_alloc(arena, (size_t)len + 1);
	if (text != NULL)
		(void)vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(args);
	return text;
}

void
arena_reset(struct arena *arena)
{
	struct arena_block *block, *next, *kept = NULL;

	for (block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		if (kept == NULL && block->size == BLOCK_SIZE)
			kept = block;
		else
			free(block);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
	}
	arena->blocks = kept;
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

void
arena_wipe(struct arena *arena)
{
	struct arena_block *block;

	for (block = arena->blocks; block != NULL; block = block->next)
		OPENSSL_cleanse(block->data, block->used);
	arena_free(arena);
}
