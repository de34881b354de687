/* SPDX-License-Identifier: MIT */
/* setlink: the command line. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/array.h"
#include "base/crypto.h"
#include "base/sandbox.h"
#include "command/commands.h"
#include "command/setup.h"
#include "db/db.h"

struct command {
	const char *name;
	const char *arguments;
	const char *meaning;
	int (*run)(int argc, char **argv); /* returns the exit status */
};

static int
run_version(int argc, char **argv)
{
	if (!command_no_arguments(argc, argv))
		return EX_USAGE;
	(void)printf("setlink %s\n", PACKAGE_VERSION);
	return 0;
}

static int run_help(int argc, char **argv);

static const struct command commands[] = {
    {"migrate", "", "bring the database to the version of this program",
	command_migrate},
    {"sync", "[--if-stale] [--wait SECONDS] [--json]",
	"bring the index up to date with the bucket", command_sync},
    {"relink", "[--since DATE] [--dry-run]",
	"look again for the recordings of sets, and say what came of it",
	command_relink},
    {"check", "", "look for what is wrong, and say what to do", command_check},
    {"probe", "", "say whether MinIO answers, in little more than a second",
	command_probe},
    {"events", "setup [--webhook NAME] | drain [--lease ID]",
	"have MinIO send its events | do what events have left",
	command_events},
    {"tick", "", "do what is due: draws, turns, sessions that nobody ends",
	command_tick},
    {"token", "create NAME [--until TIME | --days N] | list | revoke NAME",
	"make a token for an admin, show them, take one back", command_token},
    {"verify-draw", "ID|FILE|-", "recompute a draw of the lottery",
	command_verify_draw},
    {"backup", "FILE|-", "write all that is in the database to a file",
	command_backup},
    {"restore", "FILE|-", "fill an empty database from a backup, and compare",
	command_restore},
    {"version", "", "print the version", run_version},
    {"help", "", "print this", run_help},
};

#define N_COMMANDS LENGTH(commands)

static void
print_usage(FILE *out)
{
	(void)fprintf(out, "usage: setlink COMMAND\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		(void)fprintf(out, "  %s %s\n        %s\n", commands[i].name,
		    commands[i].arguments, commands[i].meaning);
	(void)fprintf(out,
	    "\nSettings come from the environment, then from the file that "
	    "SETLINK_ENV_FILE\nnames (default /etc/setlink/setlink.env).\n\n"
	    "Exit status: 0 done, 1 failed or check found something, 64 wrong "
	    "usage,\n69 the database or MinIO cannot be reached, 75 another "
	    "refresh is running,\n78 wrong settings.\n");
}

static int
run_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_usage(stdout);
	return 0;
}

static const struct command *
find_command(const char *name)
{
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct error err;
	int status;

	sandbox_hide_memory();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	opterr = 0;
	command = argc < 2 ? NULL : find_command(argv[1]);
	if (command == NULL) {
		if (argc > 1)
			(void)fprintf(stderr,
			    "setlink: there is no command \"%s\"\n", argv[1]);
		print_usage(stderr);
		return EX_USAGE;
	}
	if (!crypto_begin(true, &err))
		return command_fail_error(&err);
	status = command->run(argc - 1, argv + 1);
	if (status == EX_USAGE)
		(void)fprintf(stderr, "setlink: usage: setlink %s %s\n",
		    command->name, command->arguments);
	db_library_end();
	if (fflush(stdout) != 0 && status == 0)
		status = command_fail(
		    EXIT_FAILURE, "the output cannot be written");
	return status;
}
