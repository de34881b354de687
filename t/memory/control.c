/* SPDX-License-Identifier: MIT */
/* The file that TEST_MEMORY names is shared with the test. It counts from one
 * request to the next, since the test sets it to zero. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct control {
	int64_t pid;   /* of the process that counts; 0: of any */
	int64_t count; /* allocations so far */
	int64_t first; /* the one that fails; 0: none does */
	int64_t last;  /* the last one that fails */
	int64_t failed;
};

static struct control *control;

void
memory_begin(void)
{
	const char *path = getenv("TEST_MEMORY");
	void *shared;
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	shared = mmap(
	    NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		abort();
	(void)close(fd);
	control = shared;
}

bool
memory_fails(void)
{
	int64_t n;

	if (control == NULL ||
	    (control->pid != 0 && control->pid != (int64_t)getpid()))
		return false;
	n = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
	if (n < control->first || n > control->last)
		return false;
	(void)__atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
	errno = ENOMEM;
	return true;
}
