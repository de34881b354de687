/* SPDX-License-Identifier: MIT */
/* setlink restore. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/setup.h"
#include "db/client.h"
#include "db/dump.h"
#include "db/migrate.h"

static bool
copy_all(int from, int to, struct error *err)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(from, chunk, sizeof(chunk))) > 0)
		if (write(to, chunk, (size_t)n) != n)
			return error_set(err, ERROR_INTERNAL,
			    "the backup cannot be kept in %.80s: %s", P_tmpdir,
			    strerror(errno));
	return n == 0 ||
	    error_set(
		err, ERROR_INTERNAL, "standard input: %s", strerror(errno));
}

/* The backup is read twice: what comes from a pipe goes into a file without a
 * name first. */
static int
open_backup(const char *path, struct error *err)
{
	int fd;

	if (strcmp(path, "-") != 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			(void)error_set(err, ERROR_INVALID, "%.120s: %s", path,
			    strerror(errno));
		return fd;
	}
	fd = open(P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		(void)error_set(err, ERROR_INTERNAL,
		    "no file can be made in %.80s: %s", P_tmpdir,
		    strerror(errno));
	else if (!copy_all(STDIN_FILENO, fd, err)) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static bool
rewind_backup(int fd, struct error *err)
{
	return lseek(fd, 0, SEEK_SET) == 0 ||
	    error_set(err, ERROR_INVALID,
		"the backup can be read only once: give it as a file");
}

/* Read it to the end, before anything is done. */
static bool
check_backup(int fd, struct dump *backup, struct error *err)
{
	struct error why;

	if (!rewind_backup(fd, err))
		return false;
	if (!dump_read(backup, fd, &why))
		return error_set(
		    err, why.code, "the backup is not used: %s", why.detail);
	return backup->schema <= migrate_version() ||
	    error_set(err, ERROR_CONFLICT,
		"the backup has version %lld, this program knows %d: "
		"install a newer setlink",
		(long long)backup->schema, migrate_version());
}

static bool
count_tables(struct db *db, int64_t *count, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	struct arena arena = ARENA_INIT;
	struct db_value value;
	bool found, ok;

	ok = db_select_one(db,
	    "SELECT COUNT(*) FROM information_schema.tables "
	    "WHERE table_schema = DATABASE()",
	    NULL, 0, types, &value, 1, &arena, &found, err);
	if (ok)
		*count = found ? value.as.number : 0;
	arena_free(&arena);
	return ok;
}

static bool
check_empty(const struct setup *setup, struct error *err)
{
	int64_t count;

	if (!count_tables(setup->db, &count, err))
		return false;
	return count == 0 ||
	    error_set(err, ERROR_CONFLICT,
		"the database %s is not empty: restore into a new one",
		setup->config.db_name);
}

/* Without the client's own commands, some of which run programs. */
static bool
run_client(const struct setup *setup, int fd, struct error *err)
{
	const char *argv[] = {"mariadb", "--batch", "--binary-mode",
	    "--local-infile=0", "--", setup->config.db_name, NULL};
	struct db_client client;

	return rewind_backup(fd, err) &&
	    db_client_start(setup->db, argv, fd, false, &client, err) &&
	    db_client_end(&client, err);
}

static bool
write_nowhere(void *context, const void *bytes, size_t len, struct error *err)
{
	(void)context;
	(void)bytes;
	(void)len;
	(void)err;
	return true;
}

/* Dump what is there now: it has to be the same. */
static bool
verify(const struct setup *setup, const struct dump *backup, struct error *err)
{
	struct dump *now = dump_new();
	bool ok = now != NULL || error_memory(err);

	ok = ok && dump_make(now, setup->db, write_nowhere, NULL, err) &&
	    dump_same(backup, now, err);
	dump_free(now);
	return ok;
}

/* MariaDB cannot undo CREATE TABLE, so somebody has to when it fails. */
static bool
load(const struct setup *setup, int fd, const struct dump *backup,
    struct error *err)
{
	struct error why, ignored;
	int64_t count;

	if (run_client(setup, fd, &why) && verify(setup, backup, &why))
		return true;
	if (count_tables(setup->db, &count, &ignored) && count == 0)
		return error_set(err, why.code,
		    "%.150s; the database %s is as empty as it was", why.detail,
		    setup->config.db_name);
	return error_set(err, why.code,
	    "%.100s; do not use the database %s, a part may be missing: DROP "
	    "and CREATE it, then restore again",
	    why.detail, setup->config.db_name);
}

static void
report(const struct dump *backup)
{
	int64_t rows = 0;

	for (size_t i = 0; i < backup->n_tables; i++)
		rows += backup->tables[i].rows;
	(void)printf("restored %zu tables with %lld rows, version %lld\n",
	    backup->n_tables, (long long)rows, (long long)backup->schema);
	if (backup->schema < migrate_version())
		(void)printf("it is older than this program: run setlink "
			     "migrate\n");
}

static bool
restore(const struct setup *setup, const char *path, struct error *err)
{
	struct dump *backup = dump_new();
	bool ok = backup != NULL || error_memory(err);
	int fd = -1;

	db_any_schema(setup->db);
	ok = ok && check_empty(setup, err);
	if (ok)
		fd = open_backup(path, err);
	ok = fd >= 0 && check_backup(fd, backup, err) &&
	    load(setup, fd, backup, err);
	if (ok)
		report(backup);
	if (fd >= 0)
		(void)close(fd);
	dump_free(backup);
	return ok;
}

int
command_restore(int argc, char **argv)
{
	return setup_run_on_file(argc, argv, restore);
}
