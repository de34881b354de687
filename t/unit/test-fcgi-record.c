/* SPDX-License-Identifier: MIT */
/* Long answers as records of FastCGI. */
#include "base/array.h"
#include "base/fcgi_record.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define LONGEST 200000

static char sent[LONGEST];

static bool
read_all(int fd, void *to, size_t len)
{
	char *p = to;

	while (len > 0) {
		ssize_t n = read(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* Whether records of FCGI_STDOUT (6) of request 513 with just these bytes come,
 * and nothing after them. */
static bool
are_received(int fd, size_t len)
{
	static char got[65536];
	unsigned char header[8];
	size_t done = 0;

	while (done < len) {
		size_t n;

		if (!read_all(fd, header, sizeof(header)))
			return false;
		n = (size_t)header[4] << 8 | header[5];
		if (header[0] != 1 || header[1] != 6 || header[2] != 2 ||
		    header[3] != 1 || n == 0 || header[6] != 0 ||
		    n > len - done || !read_all(fd, got, n) ||
		    memcmp(got, sent + done, n) != 0)
			return false;
		done += n;
	}
	return read(fd, header, 1) == 0;
}

/* A process of its own reads, so that the socket is full now and then. */
static bool
arrives(size_t len)
{
	int fds[2], small = 4096, status;
	pid_t pid;
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0 ||
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)))
		return false;
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		_exit(are_received(fds[1], len) ? 0 : 1);
	}
	(void)close(fds[1]);
	ok = fcgi_record_write(fds[0], 513, sent, len);
	(void)close(fds[0]);
	return waitpid(pid, &status, 0) == pid && ok && status == 0;
}

static bool
fails_when_nobody_reads(void)
{
	int fds[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return false;
	(void)close(fds[1]);
	ok = fcgi_record_write(fds[0], 1, sent, LONGEST);
	(void)close(fds[0]);
	return !ok;
}

int
main(void)
{
	static const size_t lengths[] = {
	    0, 1, 8, 65527, 65528, 65529, 131056, LONGEST};
	size_t i;

	(void)signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < LONGEST; i++)
		sent[i] = (char)(i * 7 + i / 251);
	for (i = 0; i < LENGTH(lengths); i++)
		tap_ok(arrives(lengths[i]), "%zu bytes arrive", lengths[i]);
	tap_ok(fails_when_nobody_reads(), "a broken connection is told");
	return tap_done();
}
