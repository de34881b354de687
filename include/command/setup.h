/* SPDX-License-Identifier: MIT */
/* What the commands share: settings, a connection, failures. */
#ifndef SETLINK_COMMAND_SETUP_H
#define SETLINK_COMMAND_SETUP_H

#include <stdbool.h>

#include "base/config.h"
#include "base/error.h"
#include "db/db.h"

/* How long the database may take for an answer, in seconds. */
#define SETUP_TIMEOUT 30

/* The settings and a connection that is opened when it is needed. */
struct setup {
	struct config config;
	struct db *db;
};

/* setup_end also after a failure. */
bool setup_open(struct setup *setup, unsigned timeout, struct error *err)
    MUST_CHECK;

/* setup_open, with its failure told. Returns 0 or the exit status; setup_end in
 * both cases. */
int setup_begin(struct setup *setup, unsigned timeout) MUST_CHECK;

void setup_end(struct setup *setup);

/* A command whose one argument is a file, which it reads or writes; without the
 * sandbox, as it runs programs of MariaDB. Returns the exit status. */
typedef bool setup_work(
    const struct setup *setup, const char *path, struct error *err);
int setup_run_on_file(int argc, char **argv, setup_work *work);

/* Tell a failure on stderr; returns `status`. */
int command_fail(int status, const char *detail);

/* The same for an error; returns the exit status for it. */
int command_fail_error(const struct error *err);

/* Whether there is nothing behind the name of the command. */
bool command_no_arguments(int argc, char **argv) MUST_CHECK;

#endif
