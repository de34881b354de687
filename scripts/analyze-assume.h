/* SPDX-License-Identifier: MIT */
/* What analyzers, which look at one source at a time, cannot know; read before
 * each source but src/base/error.c. */
#include "base/error.h"

#define error_set(...) ((void)error_set(__VA_ARGS__), false)
#define error_memory(err) ((void)error_memory(err), false)
