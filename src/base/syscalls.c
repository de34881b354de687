/* SPDX-License-Identifier: MIT */
/* The system calls of setlink, by libseccomp.
 *
 * What is listed is allowed. The rest is of two kinds:
 *
 * - What only serves to look into other processes, to change the kernel or the
 *   machine, or to leave the confinement, ends the process. Neither setlink
 *   nor a library of it ever asks for that; whoever does has taken it over,
 *   and another try is not given. The web server's supervisor starts another
 *   worker; the kernel's log has the line (SIGSYS).
 * - All else fails as on a kernel that does not have it, ENOSYS: libraries ask
 *   for what is new and fall back on what is old, a newer one of them too. A
 *   worker must not die on a night because glibc was updated. (EPERM would not
 *   do: glibc takes it for an answer, as of clone3.)
 *
 * One list serves the worker and the command that it starts, since a list is
 * inherited: so libcurl's threads are in the worker's, which has none. Only
 * running a program is taken from the command. */
#include "base/syscalls.h"

#include <errno.h>
#include <stddef.h>

#ifdef HAVE_LIBSECCOMP

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/array.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Also the names that 32-bit machines have; a name that this machine, or this
 * libseccomp, does not know is left out. */
static const char *const allowed[] = {
    /* memory */
    "brk", "madvise", "mmap", "mmap2", "mprotect", "mremap", "munmap",

    /* files and pipes; Landlock says which */
    "_llseek", "access", "close", "close_range", "dup", "dup2", "dup3",
    "faccessat", "faccessat2", "fcntl", "fcntl64", "fstat", "fstat64",
    "fstatat64", "ioctl", "lseek", "lstat", "lstat64", "newfstatat", "open",
    "openat", "pipe", "pipe2", "pread64", "pwrite64", "read", "readlink",
    "readlinkat", "readv", "stat", "stat64", "statx", "write", "writev",

    /* connections, see also add_sockets; none is listened on that has not
     * been before */
    "accept", "accept4", "connect", "eventfd2", "getpeername", "getsockname",
    "getsockopt", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg",
    "send", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",

    /* waiting, and the time */
    "_newselect", "clock_getres", "clock_getres_time64", "clock_gettime",
    "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "gettimeofday",
    "nanosleep", "poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64",
    "restart_syscall", "select", "setitimer", "time",

    /* signals to itself */
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigtimedwait", "sigaltstack", "signalfd4", "sigreturn", "tgkill",

    /* threads, and what a program does when it starts and ends */
    "arch_prctl", "cacheflush", "exit", "exit_group", "futex", "futex_time64",
    "getcpu", "getegid", "getegid32", "geteuid", "geteuid32", "getgid",
    "getgid32", "getpid", "getppid", "getrandom", "getrlimit", "gettid",
    "getuid", "getuid32", "membarrier", "prlimit64", "rseq",
    "sched_getaffinity", "sched_yield", "set_robust_list", "set_tid_address",
    "set_tls", "sysinfo", "ugetrlimit", "uname",

    /* confining itself further */
    "capset", "landlock_add_rule", "landlock_create_ruleset",
    "landlock_restrict_self", "seccomp"};

/* What posix_spawn takes. */
static const char *const to_run[] = {"execve", "setsid", "wait4", "waitid"};

static const char *const deadly[] = {"_sysctl", "acct", "add_key", "adjtimex",
    "bpf", "chroot", "clock_adjtime", "clock_settime", "create_module",
    "delete_module", "fanotify_init", "finit_module", "fsconfig", "fsmount",
    "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register",
    "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load",
    "keyctl", "lookup_dcookie", "mount", "mount_setattr", "move_mount",
    "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree",
    "perf_event_open", "personality", "pidfd_getfd", "pivot_root",
    "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace",
    "quotactl", "reboot", "request_key", "setdomainname", "sethostname",
    "setns", "settimeofday", "stime", "swapoff", "swapon", "syslog", "umount",
    "umount2", "unshare", "userfaultfd", "vhangup"};

static int
add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		int failed = number == __NR_SCMP_ERROR
		    ? 0
		    : seccomp_rule_add(filter, action, number, 0);

		if (failed != 0)
			return failed;
	}
	return 0;
}

/* No raw sockets, no netlink, no family whose code hardly anybody uses. */
static int
add_sockets(scmp_filter_ctx filter)
{
	static const uint64_t families[] = {AF_UNIX, AF_INET, AF_INET6};
	static const uint64_t types[] = {SOCK_STREAM, SOCK_DGRAM};
	const uint64_t flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
	int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
	    SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));

	for (size_t i = 0; i < LENGTH(families) * LENGTH(types); i++)
		if (failed == 0)
			failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    SCMP_SYS(socket), 2,
			    SCMP_A0(SCMP_CMP_EQ, families[i / 2]),
			    SCMP_A1(SCMP_CMP_MASKED_EQ, (uint32_t)~flags,
				types[i % 2]));
	return failed;
}

/* Threads and processes, but no namespace of their own: in one of users, the
 * process would be root. (clone3 has its flags in memory, where no filter can
 * see them; without it glibc uses clone.) */
static int
add_clone(scmp_filter_ctx filter)
{
	const uint64_t namespaces = CLONE_NEWCGROUP | CLONE_NEWIPC |
	    CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUSER |
	    CLONE_NEWUTS;

#ifdef __s390__
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A1(SCMP_CMP_MASKED_EQ, namespaces, 0));
#else
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0));
#endif
}

/* What sandbox.c does, and the C library's names of threads and memory. */
static int
add_prctl(scmp_filter_ctx filter)
{
	static const uint64_t options[] = {PR_SET_DUMPABLE, PR_SET_MDWE,
	    PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_SET_VMA};
	int failed = 0;

	for (size_t i = 0; i < LENGTH(options) && failed == 0; i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, options[i]));
	return failed;
}

int
syscalls_confine(bool may_run)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int failed;

	if (filter == NULL)
		return ENOMEM;
	failed = seccomp_attr_set(
	    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (failed == 0)
		failed = add_names(
		    filter, SCMP_ACT_ALLOW, allowed, LENGTH(allowed));
	if (failed == 0 && may_run)
		failed = add_names(
		    filter, SCMP_ACT_ALLOW, to_run, LENGTH(to_run));
	if (failed == 0)
		failed = add_names(
		    filter, SCMP_ACT_KILL_PROCESS, deadly, LENGTH(deadly));
	if (failed == 0)
		failed = add_sockets(filter);
	if (failed == 0)
		failed = add_clone(filter);
	if (failed == 0)
		failed = add_prctl(filter);
	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return -failed;
}

#else

int
syscalls_confine(bool may_run)
{
	(void)may_run;
	return ENOSYS;
}

#endif
