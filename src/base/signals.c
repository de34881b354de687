/* SPDX-License-Identifier: MIT */
/* Waiting for signals and for requests. */
#include "base/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int signal_fd = -1;
static int epoll_fd = -1;

static bool
watch(int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool
fail(struct error *err)
{
	return error_set(err, ERROR_INTERNAL, "signals: %s", strerror(errno));
}

static void
fill_held(sigset_t *held)
{
	(void)sigemptyset(held);
	(void)sigaddset(held, SIGHUP);
	(void)sigaddset(held, SIGTERM);
	(void)sigaddset(held, SIGUSR1);
}

bool
signals_hold(struct error *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t held;

	fill_held(&held);
	return (sigaction(SIGPIPE, &ignore, NULL) == 0 &&
		   sigaction(SIGXFSZ, &ignore, NULL) == 0 &&
		   sigaction(SIGCHLD, &ignore, NULL) == 0 &&
		   sigprocmask(SIG_BLOCK, &held, NULL) == 0) ||
	    fail(err);
}

bool
signals_listen(int listener, struct error *err)
{
	sigset_t held;

	fill_held(&held);
	signal_fd = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return (signal_fd >= 0 && epoll_fd >= 0 && watch(signal_fd, EPOLLIN) &&
		   watch(listener, EPOLLIN | EPOLLEXCLUSIVE)) ||
	    fail(err);
}

static enum signals_event
take_signal(void)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return SIGNALS_NOTHING;
	return info.ssi_signo == SIGHUP ? SIGNALS_RELOAD : SIGNALS_END;
}

/* A connection that came with a signal is accepted first: no other worker has
 * been woken for it. The next one waits, so that a signal is not put off again
 * and again. */
enum signals_event
signals_wait_to_accept(void)
{
	static bool put_off;
	struct epoll_event events[2];
	int i, n = epoll_wait(epoll_fd, events, 2, -1);
	bool signalled = false;

	for (i = 0; i < n; i++)
		if (events[i].data.fd == signal_fd)
			signalled = true;
	put_off = signalled && n > 1 && !put_off;
	return signalled && !put_off ? take_signal() : SIGNALS_NOTHING;
}

enum signals_event
signals_wait_to_read(int fd)
{
	struct pollfd pfds[2] = {
	    {.fd = signal_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	if (poll(pfds, 2, -1) < 1 || pfds[0].revents == 0)
		return SIGNALS_NOTHING;
	return take_signal();
}
