/* SPDX-License-Identifier: MIT */
/* yajl's memory, taken from an arena. */
#ifndef SETLINK_BASE_JSON_MEMORY_H
#define SETLINK_BASE_JSON_MEMORY_H

#include <setjmp.h>
#include <yajl/yajl_common.h>

#include "base/arena.h"

/* yajl writes through the result of a failed allocation, so an allocation that
 * fails must not return: it jumps to `failed`. Nothing is lost by that, since
 * all that yajl holds is the arena's. */
struct json_memory {
	struct arena *arena;
	jmp_buf failed;
};

/* The hooks for yajl_alloc and yajl_gen_alloc. The caller does setjmp on
 * memory->failed before each call into yajl that may allocate. */
yajl_alloc_funcs json_memory_funcs(struct json_memory *memory);

#endif
