/* SPDX-License-Identifier: MIT */
/* What a process can still do after it has confined itself. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/landlock.h"
#include "base/sandbox.h"
#include "base/syscalls.h"
#include "tap.h"

#define COMMAND "/bin/true"
#define KILLED  1000 /* more than any error number */

static char outside[] = "/tmp/setlink-test-sandbox-XXXXXX";
static char settings[] = "/tmp/setlink-test-sandbox-XXXXXX/setlink.env";

/* The error number of a call. */
static int
failed(long result)
{
	return result < 0 ? errno : 0;
}

static int
try_open(const char *path, int flags)
{
	return failed(open(path, flags | O_CLOEXEC, 0600));
}

static int
read_hosts(void)
{
	return try_open("/etc/hosts", O_RDONLY);
}

static int
read_settings(void)
{
	return try_open(settings, O_RDONLY);
}

static int
write_settings(void)
{
	return try_open(settings, O_WRONLY);
}

static int
write_shadow(void)
{
	return try_open("/etc/shadow", O_WRONLY);
}

static int
read_outside(void)
{
	return try_open(outside, O_RDONLY);
}

static int
truncate_outside(void)
{
	return try_open(outside, O_WRONLY | O_TRUNC);
}

static int
make_file(void)
{
	return try_open("/tmp/setlink-test-sandbox-new", O_WRONLY | O_CREAT);
}

static int
list_root(void)
{
	return try_open("/", O_RDONLY | O_DIRECTORY);
}

static int
read_environment(void)
{
	return try_open("/proc/self/environ", O_RDONLY);
}

static int
write_null(void)
{
	return try_open("/dev/null", O_WRONLY);
}

static int
execute(const char *path)
{
	char *const none[] = {NULL};

	return failed(execve(path, none, none));
}

static int
run_shell(void)
{
	return execute("/bin/sh");
}

static int
run_command(void)
{
	return execute(COMMAND);
}

static int
set_user(void)
{
	return failed(setuid(65534));
}

static int
signal_parent(void)
{
	return failed(kill(getppid(), 0));
}

static int
open_inet(void)
{
	return failed(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
open_packet(void)
{
	return failed(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
open_netlink(void)
{
	return failed(socket(AF_NETLINK, SOCK_DGRAM, 0));
}

static int
open_raw(void)
{
	return failed(socket(AF_INET, SOCK_RAW, 1));
}

static int
bind_port(void)
{
	const struct sockaddr any = {.sa_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return failed(bind(fd, &any, sizeof(any)));
}

static int
listen_port(void)
{
	return failed(listen(socket(AF_INET, SOCK_STREAM, 0), 1));
}

static int
make_namespace(void)
{
	return failed(
	    syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
}

static int
run_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return failed(p == MAP_FAILED ? -1 : 0);
}

static int
trace(void)
{
	return failed(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int
load_bpf(void)
{
	return failed(syscall(SYS_bpf, 0, NULL, 0));
}

static int
use_keyring(void)
{
	return failed(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

static int
mount_folder(void)
{
	return failed(syscall(SYS_mount, "/", "/", NULL, 0, NULL));
}

static int
read_process(void)
{
	return failed(
	    syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static int
begin_io_uring(void)
{
	return failed(syscall(SYS_io_uring_setup, 1, NULL));
}

static int
leave_namespace(void)
{
	return failed(unshare(CLONE_NEWNS));
}

static const struct {
	const char *name;
	int (*call)(void);
	int worker, command; /* 0, the error number, or KILLED */
} cases[] = {
    {"reads the names of hosts", read_hosts, 0, 0},
    {"reads its settings again", read_settings, 0, 0},
    {"writes to /dev/null", write_null, 0, 0},
    {"changes its settings", write_settings, EACCES, EACCES},
    {"changes passwords", write_shadow, EACCES, EACCES},
    {"reads a file of others", read_outside, EACCES, EACCES},
    {"empties a file of others", truncate_outside, EACCES, EACCES},
    {"makes a file", make_file, EACCES, EACCES},
    {"lists a folder", list_root, EACCES, EACCES},
    {"reads an environment", read_environment, EACCES, EACCES},
    {"runs the command", run_command, 0, ENOSYS},
    {"runs a shell", run_shell, EACCES, ENOSYS},
    {"becomes another user", set_user, ENOSYS, ENOSYS},
    {"sends a signal", signal_parent, ENOSYS, ENOSYS},
    {"opens a TCP socket", open_inet, 0, 0},
    {"opens a packet socket", open_packet, ENOSYS, ENOSYS},
    {"opens a netlink socket", open_netlink, ENOSYS, ENOSYS},
    {"opens a raw socket", open_raw, ENOSYS, ENOSYS},
    {"takes a port", bind_port, ENOSYS, ENOSYS},
    {"listens", listen_port, ENOSYS, ENOSYS},
    {"makes a namespace", make_namespace, ENOSYS, ENOSYS},
    {"runs what it writes", run_memory, EACCES, EACCES},
    {"traces a process", trace, KILLED, KILLED},
    {"loads a BPF program", load_bpf, KILLED, KILLED},
    {"uses a keyring", use_keyring, KILLED, KILLED},
    {"mounts", mount_folder, KILLED, KILLED},
    {"reads a process", read_process, KILLED, KILLED},
    {"begins io_uring", begin_io_uring, KILLED, KILLED},
    {"leaves its namespace", leave_namespace, KILLED, KILLED},
};

/* What the call gives in a process of its own that enters the sandbox so many
 * times: the command does a second time, in that of the worker. */
static int
outcome(const struct config *config, int (*call)(void), const char *command,
    int times)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		while (times-- > 0)
			sandbox_enter(config, times > 0 ? COMMAND : command);
		_exit(call());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? (WTERMSIG(status) == SIGSYS ? KILLED : -1)
				   : WEXITSTATUS(status);
}

static int
list_calls(void)
{
	return syscalls_confine(true);
}

static bool
make_files(void)
{
	char *folder = settings;
	char *slash = strrchr(settings, '/');
	int fd = mkstemp(outside), second;

	*slash = '\0';
	if (fd < 0 || mkdtemp(folder) == NULL)
		return false;
	*slash = '/';
	second = open(settings, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return close(fd) == 0 && second >= 0 && close(second) == 0;
}

static void
remove_files(void)
{
	(void)unlink(outside);
	(void)unlink(settings);
	*strrchr(settings, '/') = '\0';
	(void)rmdir(settings);
}

int
main(void)
{
	struct config_file file = {.path = settings};
	struct config config = {
	    .sandbox = true, .db_ssl_ca = "", .files = &file};
	struct config off = {.sandbox = false};

	if (!sandbox_is_built() || landlock_version() == 0 ||
	    outcome(&off, list_calls, NULL, 0) != 0) {
		printf("1..0 # SKIP this build or kernel has no sandbox\n");
		return 0;
	}
	if (!make_files())
		return 1;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		tap_is_int(outcome(&config, cases[i].call, COMMAND, 1),
		    cases[i].worker, "a worker %s", cases[i].name);
		tap_is_int(outcome(&config, cases[i].call, NULL, 1),
		    cases[i].command, "the command %s", cases[i].name);
	}
	tap_is_int(outcome(&config, run_command, NULL, 2), ENOSYS,
	    "the command confines itself in the worker's sandbox");
	tap_is_int(outcome(&config, read_settings, NULL, 2), 0,
	    "and reads its settings there");
	tap_is_int(outcome(&off, read_outside, COMMAND, 1), 0,
	    "without the sandbox files can be read");
	tap_is_int(outcome(&off, listen_port, COMMAND, 1), 0,
	    "and ports be listened on");
	remove_files();
	return tap_done();
}
