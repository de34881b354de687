/* SPDX-License-Identifier: MIT */
/* The sandbox of a process. */
#include "base/sandbox.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <link.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/landlock.h"
#include "base/syscalls.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE              65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

/* Libraries and plugins of them; time zones; certificates and names of hosts,
 * which are read whenever a connection is opened. Of /etc the whole folder,
 * since what is replaced there (resolv.conf, with each network) would else be
 * lost; it is for everybody to read, and what is not, the system protects. */
static const char *const to_read[] = {"/dev/urandom", "/etc", "/lib", "/lib64",
    "/usr/lib", "/usr/lib64", "/usr/local/lib",
    "/usr/local/share/ca-certificates", "/usr/share/ca-certificates",
    "/usr/share/zoneinfo"};

void
sandbox_hide_memory(void)
{
	const struct rlimit none = {0, 0};

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

/* AddressSanitizer's leak check traces the process, its reports are files of
 * their own: a list for it would say nothing of the real one. */
bool
sandbox_is_built(void)
{
#ifdef SETLINK_SANITIZERS
	return false;
#else
	return true;
#endif
}

/* A file that can only be there already. */
static bool
allow_one(int rules, const char *path, enum landlock_right right)
{
	return landlock_allow(
	    rules, path, right == LANDLOCK_CREATE ? LANDLOCK_WRITE : right);
}

/* A file that is replaced is another file, so it is its folder that is allowed;
 * but not the whole system for a file in the root folder. */
static bool
allow_folder(int rules, const char *path, enum landlock_right right)
{
	char copy[PATH_MAX];
	const char *folder;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return true;
	folder = dirname(copy);
	if (strcmp(folder, "/") == 0)
		return allow_one(rules, path, right);
	return landlock_allow(rules, folder, right);
}

/* The folder that a path names, and that of the file it leads to; a device has
 * no neighbours that matter. */
static bool
allow_file(int rules, const char *path, enum landlock_right right)
{
	struct stat status;
	char *target;
	bool ok;

	if (path == NULL || path[0] == '\0')
		return true;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return allow_one(rules, path, right);
	ok = allow_folder(rules, path, right);
	target = realpath(path, NULL);
	if (target != NULL)
		ok = allow_folder(rules, target, right) && ok;
	free(target);
	return ok;
}

/* The program that the kernel runs to load another one: ld.so. */
static int
find_loader(struct dl_phdr_info *object, size_t size, void *found)
{
	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type == PT_INTERP) {
			*(ElfW(Addr) *)found = object->dlpi_addr +
			    part->p_vaddr;
			return 1;
		}
	}
	return 0;
}

static bool
allow_command(int rules, const char *command)
{
	ElfW(Addr) loader = 0;

	if (command == NULL)
		return true;
	(void)dl_iterate_phdr(find_loader, &loader);
	return landlock_allow(rules, command, LANDLOCK_EXECUTE) &&
	    (loader == 0 ||
		landlock_allow(rules, (const char *)loader, LANDLOCK_EXECUTE));
}

static bool
allow_all(int rules, const struct config *config, const char *command)
{
	const struct config_file *file;
	bool ok = landlock_allow(rules, "/dev/null", LANDLOCK_WRITE) &&
	    allow_command(rules, command) &&
	    allow_file(rules, "/etc/resolv.conf", LANDLOCK_READ) &&
	    allow_file(rules, config->db_ssl_ca, LANDLOCK_READ) &&
	    allow_file(rules, config->minio_ca_file, LANDLOCK_READ) &&
	    allow_file(rules, getenv("SSL_CERT_FILE"), LANDLOCK_READ) &&
	    allow_file(rules, config->log_file, LANDLOCK_CREATE);

	for (size_t i = 0; i < LENGTH(to_read); i++)
		ok = ok && landlock_allow(rules, to_read[i], LANDLOCK_READ);
	for (file = config->files; file != NULL; file = file->next)
		ok = ok && allow_file(rules, file->path, LANDLOCK_READ);
	return ok;
}

/* Returns the version of Landlock, 0 when there is none. */
static int
confine_files(const struct config *config, const char *command)
{
	int version = landlock_version();
	int rules = version == 0 ? -1 : landlock_begin(version);

	if (rules < 0)
		return 0;
	if (!allow_all(rules, config, command)) {
		(void)close(rules);
		return 0;
	}
	return landlock_enforce(rules) ? version : 0;
}

/* Root, too, is then stopped by the modes of files. */
static bool
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
	    {0}};

	return syscall(SYS_capset, &header, none) == 0;
}

void
sandbox_enter(const struct config *config, const char *command)
{
	int landlock, seccomp = ENOSYS;

	if (!config->sandbox || !sandbox_is_built())
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !drop_capabilities())
		log_line(LOG_WARN, "event=sandbox_partly error=\"%s\"",
		    strerror(errno));
	/* Memory that was written is never run; from Linux 6.3 on. */
	(void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	landlock = confine_files(config, command);
	seccomp = syscalls_confine(command != NULL);
	/* A worker says so when it starts; the command is run too often. */
	if (landlock == 0 || seccomp != 0)
		log_line(command != NULL ? LOG_WARN : LOG_DEBUG,
		    "event=sandbox_partly landlock=%d seccomp=\"%s\"", landlock,
		    seccomp == 0 ? "on" : strerror(seccomp));
}
