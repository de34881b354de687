/* SPDX-License-Identifier: MIT */
/* Files that are written as a whole. */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

struct outfile {
	FILE *file;
	const char *path;
	bool named; /* false for standard output */
};

/* The name it has for now, for who handles a signal, too; "" for none. */
static char temporary[PATH_MAX];

static const int signals[] = {SIGHUP, SIGINT, SIGTERM};

static void
remove_and_end(int number)
{
	(void)unlink(temporary);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* One that is ignored (nohup) stays so. */
static void
catch_signals(void)
{
	for (size_t i = 0; i < LENGTH(signals); i++)
		if (signal(signals[i], remove_and_end) == SIG_IGN)
			(void)signal(signals[i], SIG_IGN);
}

static bool
failed(const struct outfile *out, struct error *err)
{
	return error_set(err, ERROR_INTERNAL, "%.120s cannot be written: %s",
	    out->path, strerror(errno));
}

/* The descriptor, or -1. mkostemp makes files of mode 0600. */
static int
make_temporary(const char *path)
{
	int len = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	int fd;

	if (len < 0 || (size_t)len >= sizeof(temporary)) {
		temporary[0] = '\0';
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		temporary[0] = '\0';
	return fd;
}

struct outfile *
outfile_open(const char *path, struct error *err)
{
	struct outfile *out = calloc(1, sizeof(*out));
	int fd;

	if (out == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	out->named = strcmp(path, "-") != 0;
	out->path = out->named ? path : "standard output";
	catch_signals();
	fd = out->named ? make_temporary(path)
			: fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	out->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (out->file != NULL)
		return out;
	(void)failed(out, err);
	if (fd >= 0)
		(void)close(fd);
	outfile_close(out);
	return NULL;
}

bool
outfile_write(
    struct outfile *out, const void *bytes, size_t len, struct error *err)
{
	return fwrite(bytes, 1, len, out->file) == len || failed(out, err);
}

/* The name is on the disk when the folder is. */
static bool
sync_folder(const char *path)
{
	char copy[PATH_MAX];
	bool ok;
	int fd;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static bool
close_file(struct outfile *out)
{
	FILE *file = out->file;

	out->file = NULL;
	return fclose(file) == 0;
}

bool
outfile_keep(struct outfile *out, struct error *err)
{
	if (fflush(out->file) != 0 ||
	    (out->named && fsync(fileno(out->file)) != 0) || !close_file(out))
		return failed(out, err);
	if (!out->named)
		return true;
	if (rename(temporary, out->path) != 0)
		return failed(out, err);
	temporary[0] = '\0';
	return sync_folder(out->path) || failed(out, err);
}

void
outfile_close(struct outfile *out)
{
	if (out == NULL)
		return;
	if (out->file != NULL)
		(void)fclose(out->file);
	if (temporary[0] != '\0')
		(void)unlink(temporary);
	temporary[0] = '\0';
	free(out);
}
