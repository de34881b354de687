/* setlink backup. */
#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/outfile.h"
#include "command/commands.h"
#include "command/setup.h"
#include "db/dump.h"

static bool
write_file(void *context, const void *bytes, size_t len, struct error *err)
{
	return outfile_write(context, bytes, len, err);
}

static bool
make(struct db *db, const char *path, struct error *err)
{
	struct dump *dump = dump_new();
	struct outfile *out = NULL;
	bool ok = dump != NULL || error_memory(err);

	/* It may be made before an update, or after it. */
	db_any_schema(db);
	if (ok)
		out = outfile_open(path, err);
	ok = out != NULL && dump_make(dump, db, write_file, out, err) &&
	    outfile_keep(out, err);
	outfile_close(out);
	dump_free(dump);
	return ok;
}

int
command_backup(int argc, char **argv)
{
	static const struct option none[] = {{0}};
	struct setup setup;
	struct error err;
	int status;

	if (getopt_long(argc, argv, "", none, NULL) != -1 || optind != argc - 1)
		return EX_USAGE;
	status = setup_begin_free(&setup, SETUP_TIMEOUT);
	if (status == 0 && !make(setup.db, argv[optind], &err))
		status = command_fail_error(&err);
	setup_end(&setup);
	return status;
}
