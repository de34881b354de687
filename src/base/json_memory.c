/* SPDX-License-Identifier: MIT */
/* yajl's memory, taken from an arena. */
#include "base/json_memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* Stands before each piece, since realloc must know the old size. */
struct header {
	alignas(max_align_t) size_t size;
};

static void *
take(void *context, size_t size)
{
	struct json_memory *memory = context;
	struct header *header = NULL;

	if (size < SIZE_MAX - sizeof(*header))
		header = arena_alloc(memory->arena, sizeof(*header) + size);
	if (header == NULL)
		longjmp(memory->failed, 1);
	header->size = size;
	return header + 1;
}

static void *
retake(void *context, void *old, size_t size)
{
	void *new = take(context, size);

	if (old != NULL) {
		size_t old_size = ((struct header *)old - 1)->size;

		memcpy(new, old, old_size < size ? old_size : size);
	}
	return new;
}

static void
leave(void *context, void *old)
{
	(void)context;
	(void)old;
}

yajl_alloc_funcs
json_memory_funcs(struct json_memory *memory)
{
	yajl_alloc_funcs funcs = {take, retake, leave, memory};

	return funcs;
}
