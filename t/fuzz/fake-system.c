/* SPDX-License-Identifier: MIT */
/* The system below a fuzz target. */
#include "fake-system.h"

#include <time.h>
#include <unistd.h>

struct fake_system fake_system;

usec_t
clock_now(void)
{
	return fake_system.now + fake_system.passed;
}

usec_t
clock_monotonic(void)
{
	return USEC_PER_HOUR + fake_system.passed;
}

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);
ssize_t __wrap_getrandom(void *to, size_t len, unsigned flags);
ssize_t __wrap_write(int fd, const void *from, size_t len);
ssize_t __real_write(int fd, const void *from, size_t len);

static bool
memory_is_short(void)
{
	if (!fake_system.watched || fake_system.allocations_left == 0 ||
	    --fake_system.allocations_left > 0)
		return false;
	fake_system.memory_was_short = true;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return memory_is_short() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return memory_is_short() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return memory_is_short() ? NULL : __real_realloc(old, size);
}

int
__wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
	(void)left;
	fake_system.passed += pause->tv_sec * USEC_PER_SEC +
	    pause->tv_nsec / 1000 + 1;
	return 0;
}

ssize_t
__wrap_getrandom(void *to, size_t len, unsigned flags)
{
	(void)flags;
	memset(to, (int)(fake_system.passed & 0xff), len);
	fake_system.passed++;
	return (ssize_t)len;
}

/* No text forges a line. */
ssize_t
__wrap_write(int fd, const void *from, size_t len)
{
	const char *line = from;

	if (fd != STDERR_FILENO || !fake_system.watched)
		return __real_write(fd, from, len);
	FUZZ_CHECK(len > 1 && line[len - 1] == '\n');
	for (size_t i = 0; i + 1 < len; i++)
		FUZZ_CHECK(line[i] >= 0x20 && line[i] < 0x7f);
	if (fake_system.check_line != NULL)
		fake_system.check_line(line, len);
	return (ssize_t)len;
}
