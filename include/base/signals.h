/* SPDX-License-Identifier: MIT */
/* The signals of a worker. They interrupt nothing, as that would cut a read
 * short; a worker asks for them when it has nothing in hand. */
#ifndef SETLINK_BASE_SIGNALS_H
#define SETLINK_BASE_SIGNALS_H

#include "base/error.h"

enum signals_event {
	SIGNALS_NOTHING, /* none is to be dealt with now */
	SIGNALS_RELOAD,  /* SIGHUP */
	SIGNALS_END      /* SIGTERM or SIGUSR1 */
};

/* Hold these back from now on. What a write does is told by its error, not by
 * SIGPIPE or SIGXFSZ, and children need not be waited for. */
bool signals_hold(struct error *err) MUST_CHECK;

/* Prepare to wait, for signals that are held and connections to this socket. */
bool signals_listen(int listener, struct error *err) MUST_CHECK;

/* Wait for a signal, or for a connection to accept. Of all workers that wait a
 * connection wakes one (EPOLLEXCLUSIVE): with poll(2) it would wake all, to no
 * avail. */
enum signals_event signals_wait_to_accept(void);

/* Wait for a signal, or until this connection can be read. */
enum signals_event signals_wait_to_read(int fd);

#endif
