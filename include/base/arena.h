/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once: what one request, or one page of a
 * listing, allocates. */
#ifndef SETLINK_BASE_ARENA_H
#define SETLINK_BASE_ARENA_H

#include <stddef.h>

#include "base/error.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* A zeroed struct arena is empty and ready for use. */
#define ARENA_INIT \
	{          \
		0  \
	}

/* Zeroed memory, aligned for any type, that lives until arena_reset or
 * arena_free; NULL when memory is short. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* A NUL-terminated copy of `len` bytes; NULL when memory is short. */
char *arena_copy(struct arena *arena, const char *bytes, size_t len) MUST_CHECK;

/* printf into the arena; NULL when memory is short. */
char *arena_printf(struct arena *arena, const char *fmt, ...)
    MUST_CHECK PRINTF_LIKE(2, 3);

/* Forget all allocations, but keep one block for the next round. */
void arena_reset(struct arena *arena);

/* Give everything back. The arena can be used again. */
void arena_free(struct arena *arena);

/* The same for an arena with secrets in it: they are overwritten first. */
void arena_wipe(struct arena *arena);

#endif
