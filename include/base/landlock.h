/* SPDX-License-Identifier: MIT */
/* Landlock: the files that the process may open from now on (landlock(7)). */
#ifndef SETLINK_BASE_LANDLOCK_H
#define SETLINK_BASE_LANDLOCK_H

#include "base/error.h"

enum landlock_right {
	LANDLOCK_READ,   /* a file, or each in a folder, but no list of it */
	LANDLOCK_WRITE,  /* a file, also to read it */
	LANDLOCK_CREATE, /* to make and write files in a folder */
	LANDLOCK_EXECUTE /* a program, also to read it */
};

/* The version of Landlock in the running kernel; 0: it has none. */
int landlock_version(void);

/* Begin a set of rules: a file descriptor, -1 with errno when that fails. What
 * no rule allows will be refused, as far as the kernel's version knows it. */
int landlock_begin(int version) MUST_CHECK;

/* A rule for a path, whose links are followed. One that is not there needs
 * none. Rules hold for the file, not for its name: for one that may be
 * replaced, allow its folder. False with errno. */
bool landlock_allow(int rules, const char *path, enum landlock_right right)
    MUST_CHECK;

/* Have the rules hold for this process and all that it starts, and close
 * `rules`. PR_SET_NO_NEW_PRIVS comes before. False with errno. */
bool landlock_enforce(int rules) MUST_CHECK;

#endif
