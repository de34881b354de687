/* SPDX-License-Identifier: MIT */
/* setlink migrate. */
#include "db/migrate.h"

#include <stdio.h>
#include <sysexits.h>

#include "command/commands.h"
#include "command/setup.h"

/* A step may rebuild a large table: seconds. */
#define MIGRATE_TIMEOUT 3600

int
command_migrate(int argc, char **argv)
{
	struct setup setup;
	struct error err;
	int from, to, status;

	if (!command_no_arguments(argc, argv))
		return EX_USAGE;
	status = setup_begin(&setup, MIGRATE_TIMEOUT);
	if (status == 0)
		db_any_schema(setup.db);
	if (status == 0 && !migrate_run(setup.db, &from, &to, &err))
		status = command_fail_error(&err);
	else if (status == 0 && from == to)
		(void)printf("the database has version %d\n", to);
	else if (status == 0)
		(void)printf(
		    "the database has version %d, it had %d\n", to, from);
	setup_end(&setup);
	return status;
}
