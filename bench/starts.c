/* SPDX-License-Identifier: MIT */
/* Milliseconds from start to exit of a program: starts COUNT PROGRAM. The
 * median of so many runs, with nothing to read and nobody to read what it
 * writes. A program of its own, since a process with much memory takes long to
 * fork. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static void
die(const char *what, int number)
{
	(void)fprintf(stderr, "starts: %s: %s\n", what, strerror(number));
	exit(EXIT_FAILURE);
}

static int
compare(const void *a, const void *b)
{
	const usec_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static usec_t
run_once(char **argv, const posix_spawn_file_actions_t *actions)
{
	usec_t begun = clock_monotonic();
	int status, failed;
	pid_t pid;

	failed = posix_spawn(&pid, argv[0], actions, NULL, argv, environ);
	if (failed != 0)
		die(argv[0], failed);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid", errno);
	if (status != 0)
		die(argv[0], ECHILD);
	return clock_monotonic() - begun;
}

int
main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	posix_spawn_file_actions_t actions;
	usec_t *times;

	if (count < 1)
		die("usage: starts COUNT PROGRAM", EINVAL);
	times = calloc((size_t)count, sizeof(*times));
	if (times == NULL || posix_spawn_file_actions_init(&actions) != 0)
		die("memory", ENOMEM);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (posix_spawn_file_actions_addopen(
			&actions, fd, "/dev/null", O_RDWR, 0) != 0)
			die("/dev/null", ENOMEM);
	for (long i = 0; i < count; i++)
		times[i] = run_once(argv + 2, &actions);
	qsort(times, (size_t)count, sizeof(*times), compare);
	(void)printf("%.3f\n", (double)times[count / 2] / 1000);
	(void)posix_spawn_file_actions_destroy(&actions);
	free(times);
	return EXIT_SUCCESS;
}
