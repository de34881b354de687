/* SPDX-License-Identifier: MIT */
/* Landlock, by system calls: the C library has no functions for it. */
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the headers of older systems do not know yet, by version. */
#define ACCESS_FS_TRUNCATE  (UINT64_C(1) << 14) /* 3 */
#define ACCESS_FS_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */
#define ACCESS_NET_BIND_TCP (UINT64_C(1) << 0)  /* 4 */
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)  /* 6 */
#define SCOPE_SIGNAL        (UINT64_C(1) << 1)  /* 6 */

/* struct landlock_ruleset_attr of version 6; an older kernel takes one that is
 * longer, as long as it knows nothing of what is not 0. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

#define FS_READ    LANDLOCK_ACCESS_FS_READ_FILE
#define FS_WRITE   (FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define FS_CREATE  (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)
#define FS_EXECUTE (FS_READ | LANDLOCK_ACCESS_FS_EXECUTE)

int
landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

/* TCP ports to connect to are not limited: the settings name several, any host
 * may be behind one, and they may be read anew while the process runs. None is
 * ever listened on: the worker's socket is given to it. */
int
landlock_begin(int version)
{
	/* The rights of version 1 are its lowest 13 bits. */
	struct ruleset rules = {.fs = LANDLOCK_ACCESS_FS_REFER - 1};

	if (version >= 2)
		rules.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		rules.fs |= ACCESS_FS_TRUNCATE;
	if (version >= 4)
		rules.net = ACCESS_NET_BIND_TCP;
	if (version >= 5)
		rules.fs |= ACCESS_FS_IOCTL_DEV;
	if (version >= 6)
		rules.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	return (int)syscall(
	    SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
}

bool
landlock_allow(int rules, const char *path, enum landlock_right right)
{
	static const uint64_t rights[] = {
	    [LANDLOCK_READ] = FS_READ,
	    [LANDLOCK_WRITE] = FS_WRITE,
	    [LANDLOCK_CREATE] = FS_CREATE,
	    [LANDLOCK_EXECUTE] = FS_EXECUTE,
	};
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = rights[right],
	    .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	bool ok;

	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
	ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		 &rule, 0) == 0;
	(void)close(rule.parent_fd);
	return ok;
}

bool
landlock_enforce(int rules)
{
	bool ok = syscall(SYS_landlock_restrict_self, rules, 0) == 0;

	(void)close(rules);
	return ok;
}
