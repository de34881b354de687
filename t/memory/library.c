/* SPDX-License-Identifier: MIT */
/* Memory that one shared library asks for itself, which fails when the test
 * says so: for libraries that have no hooks. To be preloaded (ld.so,
 * LD_PRELOAD); TEST_MEMORY_OF is a part of the library's name. */
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

/* What the GNU C Library's own malloc is called besides. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* Where the library's code is. */
static uintptr_t from, to;

static int
find_code(struct dl_phdr_info *info, size_t size, void *name)
{
	(void)size;
	if (strstr(info->dlpi_name, name) == NULL)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
			from = info->dlpi_addr + part->p_vaddr;
			to = from + part->p_memsz;
		}
	}
	return 1;
}

static bool
fails_for(const void *caller)
{
	return (uintptr_t)caller >= from && (uintptr_t)caller < to &&
	    memory_fails();
}

void *
malloc(size_t size)
{
	return fails_for(__builtin_return_address(0)) ? NULL
						      : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails_for(__builtin_return_address(0))
	    ? NULL
	    : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails_for(__builtin_return_address(0))
	    ? NULL
	    : __libc_realloc(old, size);
}

__attribute__((constructor)) static void
begin(void)
{
	char *name = getenv("TEST_MEMORY_OF");

	if (name != NULL)
		(void)dl_iterate_phdr(find_code, name);
	memory_begin();
}
