/* SPDX-License-Identifier: MIT */
/* What the files of db/ share of a connection. */
#ifndef SETLINK_DB_CONNECTION_H
#define SETLINK_DB_CONNECTION_H

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/db.h"

/* More distinct statements than this do not occur; the one that was not used
 * for longest makes room. */
#define DB_MAX_STATEMENTS 192

/* As many columns or parameters at most. */
#define DB_MAX_COLUMNS 56

/* A kept connection that the server closed meanwhile fails at once; one that
 * fails later had a statement that is slow, or a server that hangs. */
#define DB_AT_ONCE (USEC_PER_SEC / 2)

/* Room for a column. A text that is longer is fetched by itself. */
union db_cell {
	int64_t number;
	double decimal;
	MYSQL_TIME time;
	unsigned char id[16];
	char text[64];
};

struct db_stmt {
	char *sql;
	MYSQL_STMT *handle;
	unsigned long used; /* db->clock when it was last used */
	enum db_type types[DB_MAX_COLUMNS];
	MYSQL_BIND columns[DB_MAX_COLUMNS];
	union db_cell cells[DB_MAX_COLUMNS];
	unsigned long lengths[DB_MAX_COLUMNS];
	my_bool nulls[DB_MAX_COLUMNS];
	struct db *db;
};

struct db {
	const struct config *config;
	unsigned timeout; /* seconds */
	usec_t deadline;  /* by clock_monotonic; 0: none */
	bool any_schema;
	MYSQL *handle; /* NULL while closed */
	bool in_transaction;
	unsigned host;   /* index in the list of hosts, counted round */
	usec_t asked_at; /* when the last statement was sent */
	unsigned long connection; /* counts connections */
	unsigned long clock;      /* counts statements */
	unsigned long commits;    /* counts transactions */
	struct db_stmt *stmts[DB_MAX_STATEMENTS];
	size_t n_stmts;
};

/* Open the connection unless it is open. */
bool db_connect(struct db *db, struct error *err) MUST_CHECK;

/* Whether the error number means that the connection is gone. */
bool db_error_is_lost(unsigned number);

/* Fill `err` from an error number, log it, and close a lost connection. `text`
 * is what the server or the client library says of it. The next connection is
 * to another host when this one is not ready, or does not answer. */
bool db_fail(
    struct db *db, unsigned number, const char *text, struct error *err);

/* Outside a transaction, or in one that the server still knows of: ERROR_RETRY
 * when it has rolled it back and said nothing, as Galera does when what another
 * node wrote meets a PREPARE. */
bool db_check_transaction(struct db *db, struct error *err) MUST_CHECK;

/* A pause that grows, so that two transactions do not meet again and again. */
void db_pause(unsigned attempt);

/* Close all statements. */
void db_stmts_free(struct db *db);

#endif
