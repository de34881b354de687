/* SPDX-License-Identifier: MIT */
/* seccomp: the system calls that the process may make from now on. */
#ifndef SETLINK_BASE_SYSCALLS_H
#define SETLINK_BASE_SYSCALLS_H

#include "base/error.h"

/* Have the list hold for this process and all that it starts; `may_run`: with
 * what it takes to run a program. A second call can only take more away.
 * Returns 0 or the error number; ENOSYS: this build or kernel has none. */
int syscalls_confine(bool may_run) MUST_CHECK;

#endif
