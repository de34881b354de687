/* The signals of a worker. They interrupt nothing, as that would cut a read
 * short; a worker asks for them when it has nothing in hand. */
#ifndef SETLINK_BASE_SIGNALS_H
#define SETLINK_BASE_SIGNALS_H

#include "base/error.h"

enum signals_event {
	SIGNALS_NOTHING, /* the descriptor is ready, or the time is over */
	SIGNALS_RELOAD,  /* SIGHUP */
	SIGNALS_END      /* SIGTERM or SIGUSR1 */
};

/* Hold these back from now on. What a write does is told by its error, not by
 * SIGPIPE or SIGXFSZ, and children need not be waited for. */
bool signals_hold(struct error *err) MUST_CHECK;

/* Wait for a signal, until `fd` can be read (-1: none), and at most for so many
 * milliseconds (-1: for ever). A signal comes first. */
enum signals_event signals_wait(int fd, int milliseconds);

#endif
