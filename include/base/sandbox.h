/* SPDX-License-Identifier: MIT */
/* Giving up what the process does not need, so that a bug in it is worth less
 * to who finds it. */
#ifndef SETLINK_BASE_SANDBOX_H
#define SETLINK_BASE_SANDBOX_H

#include "base/config.h"

/* Keep what is in memory, and with it each secret, from other processes of the
 * same user and from core files (prctl(2), PR_SET_DUMPABLE). For the beginning
 * of main; holds also where the sandbox is off. */
void sandbox_hide_memory(void);

/* Confine the process, and all that it starts, for good: no new privileges,
 * no capabilities, Landlock and seccomp. `command` is the only program that it
 * may run afterwards; NULL: none. For the time after the settings are read and
 * before anything else is. What the kernel lacks is logged, and done without.
 * Nothing is done when the settings say so, or in a build with sanitizers. */
void sandbox_enter(const struct config *config, const char *command);

/* Whether sandbox_enter does anything in this build. */
bool sandbox_is_built(void) MUST_CHECK;

#endif
