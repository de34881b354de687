/* SPDX-License-Identifier: MIT */
/* setlink backup. */
#include <stdio.h>

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
make(const struct setup *setup, const char *path, struct error *err)
{
	struct dump *dump = dump_new();
	struct outfile *out = NULL;
	bool ok = dump != NULL || error_memory(err);

	/* It may be made before an update, or after it. */
	db_any_schema(setup->db);
	if (ok)
		out = outfile_open(path, err);
	ok = out != NULL && dump_make(dump, setup->db, write_file, out, err) &&
	    outfile_keep(out, err);
	outfile_close(out);
	dump_free(dump);
	return ok;
}

int
command_backup(int argc, char **argv)
{
	return setup_run_on_file(argc, argv, make);
}
