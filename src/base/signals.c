/* Waiting for signals. */
#include "base/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int signal_fd = -1;

bool
signals_hold(struct error *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t held;

	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGHUP);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGUSR1);
	if (sigaction(SIGPIPE, &ignore, NULL) == 0 &&
	    sigaction(SIGXFSZ, &ignore, NULL) == 0 &&
	    sigaction(SIGCHLD, &ignore, NULL) == 0 &&
	    sigprocmask(SIG_BLOCK, &held, NULL) == 0)
		signal_fd = signalfd(
		    signal_fd, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	return signal_fd >= 0 ||
	    error_set(err, ERROR_INTERNAL, "signals: %s", strerror(errno));
}

enum signals_event
signals_wait(int fd, int milliseconds)
{
	struct pollfd pfds[2] = {
	    {.fd = signal_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	struct signalfd_siginfo info;

	if (poll(pfds, 2, milliseconds) < 1 || pfds[0].revents == 0 ||
	    read(signal_fd, &info, sizeof(info)) != sizeof(info))
		return SIGNALS_NOTHING;
	return info.ssi_signo == SIGHUP ? SIGNALS_RELOAD : SIGNALS_END;
}
