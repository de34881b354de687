/* SPDX-License-Identifier: MIT */
/* Starting MariaDB's own programs. */
#include "db/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "db/connection.h"

/* Where the program finds its options. */
#define OPTIONS_FD 3
#define OPTIONS    "--defaults-file=/dev/fd/3"

/* MariaDB reads a line of an option file into 4096 bytes. */
#define MAX_OPTION 4000

/* A value in quotes, as option files have them. */
static bool
add_option(
    struct buf *out, const char *name, const char *value, struct error *err)
{
	size_t start = out->len;

	buf_printf(out, "%s=\"", name);
	for (; *value != '\0'; value++)
		switch (*value) {
		case '\n':
			buf_puts(out, "\\n");
			break;
		case '\r':
			buf_puts(out, "\\r");
			break;
		case '\\':
		case '"':
			buf_putc(out, '\\');
			/* fall through */
		default:
			buf_putc(out, *value);
		}
	buf_puts(out, "\"\n");
	return out->len - start < MAX_OPTION ||
	    error_set(err, ERROR_INVALID,
		"the %s of the database is too long for its own programs",
		name);
}

/* Another connection to where this one goes. */
static bool
add_place(struct db *db, struct buf *out, struct error *err)
{
	const char *host = NULL;

	if (db->config->db_socket[0] != '\0')
		return add_option(out, "socket", db->config->db_socket, err);
	if (!db_connect(db, err))
		return false;
	if (mariadb_get_infov(db->handle, MARIADB_CONNECTION_HOST, &host) !=
		0 ||
	    host == NULL)
		return error_set(err, ERROR_INTERNAL,
		    "the host of the database is not known");
	buf_printf(out, "port=%u\n", (unsigned)db->config->db_port);
	return add_option(out, "host", host, err);
}

static bool
write_options(struct db *db, struct buf *out, struct error *err)
{
	const struct config *config = db->config;

	buf_puts(out, "[client]\ndefault-character-set=utf8mb4\n");
	if (!add_place(db, out, err) ||
	    !add_option(out, "user", config->db_user, err) ||
	    !add_option(out, "password", config->db_password, err))
		return false;
	if (config->db_ssl_ca[0] == '\0')
		return true;
	buf_puts(out, "ssl\nssl-verify-server-cert\n");
	return add_option(out, "ssl-ca", config->db_ssl_ca, err);
}

/* A file without a name that holds the options; -1 with `err` set. MariaDB's
 * programs pass over option files that others may write. */
static int
make_options(struct db *db, struct error *err)
{
	struct buf text = BUF_INIT;
	int fd = -1;

	if (!write_options(db, &text, err)) {
		buf_free(&text);
		return -1;
	}
	if (buf_text(&text) != NULL)
		fd = memfd_create("setlink", MFD_CLOEXEC);
	if (fd < 0 || fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
	    write(fd, text.data, text.len) != (ssize_t)text.len ||
	    lseek(fd, 0, SEEK_SET) != 0) {
		(void)error_memory(err);
		if (fd >= 0)
			(void)close(fd);
		fd = -1;
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.len);
	buf_free(&text);
	return fd;
}

static int
set_descriptors(
    posix_spawn_file_actions_t *actions, int input, int output, int options)
{
	int failed = 0;

	failed |= input < 0
	    ? posix_spawn_file_actions_addopen(
		  actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
	    : posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
	failed |= output < 0
	    ? posix_spawn_file_actions_addopen(
		  actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
	    : posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	failed |= posix_spawn_file_actions_adddup2(
	    actions, options, OPTIONS_FD);
	failed |= posix_spawn_file_actions_addclosefrom_np(
	    actions, OPTIONS_FD + 1);
	return failed;
}

static int
set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t defaults;
	int failed = 0;

	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)sigaddset(&defaults, SIGXFSZ);
	failed |= posix_spawnattr_setsigdefault(attributes, &defaults);
	failed |= posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
	return failed;
}

/* posix_spawn takes arguments that are not const, but does not write them. */
static char *
writable(const char *argument)
{
	union {
		const char *from;
		char *to;
	} pun = {.from = argument};

	return pun.to;
}

/* The arguments with the one that names the options, which has to be first. */
static char **
make_arguments(const char *const *argv)
{
	size_t count = 0, i;
	char **all;

	while (argv[count] != NULL)
		count++;
	all = calloc(count + 2, sizeof(*all));
	for (i = 0; all != NULL && i < count; i++)
		all[i == 0 ? 0 : i + 1] = writable(argv[i]);
	if (all != NULL)
		all[1] = writable(OPTIONS);
	return all;
}

/* PATH, as it has to be found, is all it gets of our environment: in that are
 * passwords, and variables that are options of MariaDB's programs. */
static char *
make_path(void)
{
	const char *path = getenv("PATH");
	struct buf out = BUF_INIT;

	buf_printf(
	    &out, "PATH=%s", path != NULL ? path : "/usr/local/bin:/usr/bin");
	if (out.failed)
		buf_free(&out);
	return out.data;
}

static int
spawn(struct db_client *client, char **argv, char **env, int input, int output,
    int options)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int failed;

	failed = posix_spawn_file_actions_init(&actions);
	failed |= posix_spawnattr_init(&attributes);
	failed |= set_descriptors(&actions, input, output, options);
	failed |= set_attributes(&attributes);
	if (failed == 0)
		failed = posix_spawnp(&client->pid, client->program, &actions,
		    &attributes, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return failed;
}

static bool
start(struct db_client *client, const char *const *argv, int input, int output,
    int options, struct error *err)
{
	char *env[] = {make_path(), NULL};
	char **all = make_arguments(argv);
	int failed = ENOMEM;

	if (env[0] != NULL && all != NULL)
		failed = spawn(client, all, env, input, output, options);
	free(env[0]);
	free(all);
	if (failed == ENOENT)
		return error_set(err, ERROR_INTERNAL,
		    "there is no %s on the PATH: it is in the package "
		    "mariadb-client",
		    client->program);
	return failed == 0 ||
	    error_set(err, ERROR_INTERNAL, "%s cannot be started: %s",
		client->program, strerror(failed));
}

bool
db_client_start(struct db *db, const char *const *argv, int input, bool reads,
    struct db_client *client, struct error *err)
{
	int fds[2] = {-1, -1}, options;
	bool ok;

	client->program = argv[0];
	options = make_options(db, err);
	if (options < 0)
		return false;
	ok = !reads || pipe2(fds, O_CLOEXEC) == 0 ||
	    error_set(err, ERROR_INTERNAL, "no file descriptor is free");
	ok = ok && start(client, argv, input, fds[1], options, err);
	(void)close(options);
	if (fds[1] >= 0)
		(void)close(fds[1]);
	if (!ok && fds[0] >= 0)
		(void)close(fds[0]);
	client->output = fds[0];
	return ok;
}

bool
db_client_end(struct db_client *client, struct error *err)
{
	int status = 0;
	pid_t pid;

	if (client->output >= 0)
		(void)close(client->output);
	do {
		pid = waitpid(client->pid, &status, 0);
	} while (pid < 0 && errno == EINTR);
	if (pid == client->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return error_set(err, ERROR_INTERNAL, "%s has failed", client->program);
}
