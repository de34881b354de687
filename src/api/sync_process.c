/* SPDX-License-Identifier: MIT */
/* Starting the command `setlink`. */
#include "api/sync_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

void
sync_process_find(char path[SYNC_PROCESS_PATH])
{
	static const char name[] = "setlink";
	ssize_t len = readlink(
	    "/proc/self/exe", path, SYNC_PROCESS_PATH - sizeof(name));
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		memcpy(slash + 1, name, sizeof(name));
		if (access(path, X_OK) == 0)
			return;
	}
	(void)snprintf(path, SYNC_PROCESS_PATH, "%s/%s", SETLINK_BINDIR, name);
}

/* Our environment without what a CGI request put there: headers (the admin
 * token is one) are no business of another process. */
static char **
clean_environment(void)
{
	size_t count = 0, kept = 0, i;
	char **env;

	while (environ[count] != NULL)
		count++;
	env = calloc(count + 1, sizeof(*env));
	for (i = 0; env != NULL && i < count; i++)
		if (strncmp(environ[i], "HTTP_", 5) != 0 &&
		    strncmp(environ[i], "QUERY_STRING=", 13) != 0)
			env[kept++] = environ[i];
	return env;
}

/* stdin and, unless `output` is a pipe, stdout are /dev/null. */
static int
set_descriptors(posix_spawn_file_actions_t *actions, int output)
{
	int failed = 0;

	failed |= posix_spawn_file_actions_addopen(
	    actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (output < 0)
		failed |= posix_spawn_file_actions_addopen(
		    actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	else
		failed |= posix_spawn_file_actions_adddup2(
		    actions, output, STDOUT_FILENO);
	failed |= posix_spawn_file_actions_addclosefrom_np(
	    actions, STDERR_FILENO + 1);
	return failed;
}

/* A session of its own, and the signals as a program expects them: the worker
 * ignores some and blocks others. */
static int
set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t defaults, none;
	int failed = 0;

	(void)sigemptyset(&none);
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGCHLD);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)sigaddset(&defaults, SIGTERM);
	failed |= posix_spawnattr_setsigdefault(attributes, &defaults);
	failed |= posix_spawnattr_setsigmask(attributes, &none);
	failed |= posix_spawnattr_setflags(attributes,
	    POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETSIGMASK);
	return failed;
}

/* posix_spawn takes arguments that are not const, but does not write them. */
static char *const *
writable_arguments(const char *const *argv)
{
	union {
		const char *const *from;
		char *const *to;
	} pun = {.from = argv};

	return pun.to;
}

static bool
spawn(const char *const *argv, int output, struct error *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char path[SYNC_PROCESS_PATH] = "";
	char **env = clean_environment();
	pid_t pid;
	int failed;

	if (env == NULL)
		return error_memory(err);
	sync_process_find(path);
	failed = posix_spawn_file_actions_init(&actions);
	failed |= posix_spawnattr_init(&attributes);
	failed |= set_descriptors(&actions, output);
	failed |= set_attributes(&attributes);
	if (failed == 0)
		failed = posix_spawn(&pid, path, &actions, &attributes,
		    writable_arguments(argv), env);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	free(env);
	if (failed == 0)
		return true;
	log_line(LOG_ERROR, "event=spawn path=%s error=\"%s\"", path,
	    strerror(failed));
	return error_set(err, ERROR_UNAVAILABLE, "setlink cannot be started");
}

bool
sync_process_start(const char *const *argv, struct error *err)
{
	return spawn(argv, -1, err);
}

/* Read until the end of the output, or the deadline. */
static bool
read_until(int fd, usec_t deadline, size_t max, struct buf *out)
{
	char chunk[1024];

	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		usec_t left = deadline - clock_monotonic();
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&pfd, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		if ((size_t)n > max - out->len)
			n = (ssize_t)(max - out->len);
		buf_add(out, chunk, (size_t)n);
	}
}

bool
sync_process_run(const char *const *argv, int milliseconds, size_t max,
    struct buf *out, bool *ended, struct error *err)
{
	usec_t deadline = clock_monotonic() + milliseconds * (usec_t)1000;
	int fds[2];
	bool ok;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return error_set(
		    err, ERROR_UNAVAILABLE, "no file descriptor is free");
	ok = spawn(argv, fds[1], err);
	(void)close(fds[1]);
	if (ok)
		*ended = read_until(fds[0], deadline, max, out);
	(void)close(fds[0]);
	return ok;
}
