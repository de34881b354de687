/* SPDX-License-Identifier: MIT */
/* MariaDB's own programs, for the database of the settings. */
#ifndef SETLINK_DB_CLIENT_H
#define SETLINK_DB_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "db/db.h"

struct db_client {
	const char *program;
	pid_t pid;
	int output; /* what it writes can be read here; -1: /dev/null */
};

/* Start argv[0], which is looked for on PATH, with the other arguments (a list
 * with a NULL at its end), at the host that `db` is connected with. User,
 * password and host come to it in a file that has no name, so they are in no
 * list of processes. It reads `input` (-1: nothing), writes to client->output
 * if `reads`, and its errors to stderr. db_client_end when this returns true.
 */
bool db_client_start(struct db *db, const char *const *argv, int input,
    bool reads, struct db_client *client, struct error *err) MUST_CHECK;

/* Wait for its end; whether it has done it. What is not read by then, it cannot
 * write. */
bool db_client_end(struct db_client *client, struct error *err) MUST_CHECK;

#endif
