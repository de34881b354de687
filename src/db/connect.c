/* SPDX-License-Identifier: MIT */
/* Opening and closing the connection, and transactions on it. */
#include <mysql.h>
#include <mysqld_error.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/network.h"
#include "db/connection.h"
#include "db/migrate.h"

/* In seconds. No setting is below it. */
#define CONNECT_TIMEOUT 2
#define LOCK_TIMEOUT    3

struct db *
db_new(const struct config *config, unsigned timeout)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db != NULL) {
		db->config = config;
		db->timeout = timeout;
	}
	return db;
}

void
db_any_schema(struct db *db)
{
	db->any_schema = true;
}

void
db_close(struct db *db)
{
	/* Statements end with the connection: closed before, each would be
	 * told the server. */
	if (db->handle != NULL)
		mysql_close(db->handle);
	db_stmts_free(db);
	db->handle = NULL;
	db->connection++;
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	db_close(db);
	free(db);
}

unsigned long
db_commits(const struct db *db)
{
	return db->commits;
}

void
db_library_end(void)
{
	mysql_library_end();
}

/* The session: UTC, refusals instead of silent cuts, no gap locks, which
 * nothing here relies on (each "only one" is a UNIQUE key), and less than any
 * time limit of ours for a lock: such a wait ends with an error that makes the
 * transaction run again. A node of a cluster first applies what the others have
 * committed: a read (1) sees what was written before on any node, and so does
 * an UPDATE or a DELETE (2); servers without Galera pay nothing for it. */
#define VARIABLES                                      \
	"SET time_zone = '+00:00', sql_mode = "        \
	"'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', " \
	"innodb_lock_wait_timeout = %u"
#define MORE_VARIABLES ", tx_isolation = 'READ-COMMITTED', wsrep_sync_wait = 3"

/* In place of MORE_VARIABLES for servers that know one of them by another name,
 * or not at all. */
#define ISOLATION     "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
#define WAIT_FOR_NODE "SET SESSION wsrep_sync_wait = 3"

static bool
set_options(struct db *db, MYSQL *handle)
{
	const struct config *config = db->config;
	unsigned connect = CONNECT_TIMEOUT, off = 0;
	my_bool yes = 1;
	int failed = 0;

	failed |= mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
	failed |= mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &db->timeout);
	failed |= mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &db->timeout);
	failed |= mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/* A hostile server could ask for our files otherwise. */
	failed |= mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &off);
	if (config->db_ssl_ca[0] != '\0') {
		failed |= mysql_options(
		    handle, MYSQL_OPT_SSL_CA, config->db_ssl_ca);
		failed |= mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
		failed |= mysql_options(
		    handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
	}
	return failed == 0;
}

static bool
set_variables(const struct db *db, MYSQL *handle, const char *more)
{
	char command[256];

	(void)snprintf(command, sizeof(command), VARIABLES "%s",
	    db->timeout > LOCK_TIMEOUT ? LOCK_TIMEOUT : db->timeout - 1, more);
	return mysql_query(handle, command) == 0;
}

/* Whether the last command failed for a variable that the server has not. */
static bool
is_unknown_variable(MYSQL *handle)
{
	return mysql_errno(handle) == ER_UNKNOWN_SYSTEM_VARIABLE;
}

/* One statement where that will do, since a CGI program makes a connection for
 * each request. Not by MYSQL_INIT_COMMAND, for which the client library follows
 * a null pointer when memory is short. */
static bool
set_session(const struct db *db, MYSQL *handle)
{
	if (set_variables(db, handle, MORE_VARIABLES))
		return true;
	return is_unknown_variable(handle) && set_variables(db, handle, "") &&
	    mysql_query(handle, ISOLATION) == 0 &&
	    (mysql_query(handle, WAIT_FOR_NODE) == 0 ||
		is_unknown_variable(handle));
}

/* In tables of another version something would be missing, or not be kept up.
 * A worker that has its connection goes on with what it knows. */
static bool
check_schema(struct db *db, struct error *err)
{
	MYSQL_RES *result = NULL;
	MYSQL_ROW row;
	long version = 0;

	if (db->any_schema)
		return true;
	if (mysql_query(
		db->handle, "SELECT MAX(version) FROM schema_migrations") == 0)
		result = mysql_store_result(db->handle);
	if (result == NULL)
		return db_fail(
		    db, mysql_errno(db->handle), mysql_error(db->handle), err);
	row = mysql_fetch_row(result);
	if (row != NULL && row[0] != NULL)
		version = strtol(row[0], NULL, 10);
	mysql_free_result(result);
	return migrate_judge((int)version, err);
}

/* In place of the C library's, for the whole process: Connector/C asks for the
 * port of "mysql" when it starts, though it is always told one, and nothing
 * else asks. To look where nsswitch.conf says is a fifth of what a CGI program
 * takes. */
struct servent *
getservbyname(const char *name, const char *protocol)
{
	(void)name;
	(void)protocol;
	return NULL;
}

/* Whatever keeps a connection from being made, it is the database that cannot
 * be used. */
static bool
refuse(struct db *db, MYSQL *handle, struct error *err)
{
	(void)db_fail(db, mysql_errno(handle), mysql_error(handle), err);
	mysql_close(handle);
	if (err->code == ERROR_INTERNAL)
		(void)error_set(
		    err, ERROR_UNAVAILABLE, "the database cannot be used");
	return false;
}

/* One attempt; `host` is NULL for the Unix socket. */
static bool
open_host(struct db *db, const char *host, unsigned port, struct error *err)
{
	const struct config *config = db->config;
	MYSQL *handle = mysql_init(NULL);

	if (handle == NULL || !set_options(db, handle)) {
		mysql_close(handle);
		return error_memory(err);
	}
	if (mysql_real_connect(handle, host, config->db_user,
		config->db_password, config->db_name, port,
		host == NULL ? config->db_socket : NULL,
		CLIENT_FOUND_ROWS) == NULL ||
	    !set_session(db, handle))
		return refuse(db, handle, err);
	db->handle = handle;
	db->asked_at = clock_monotonic();
	if (check_schema(db, err))
		return true;
	db_close(db);
	return false;
}

/* The host at `index` of the list, counted round; false when there is none. */
static bool
host_at(
    const char *list, unsigned index, unsigned *count, struct network_host *out)
{
	const char *item, *p = list;
	size_t len;
	unsigned n;

	for (*count = 0; network_list_item(&p, &len) != NULL;)
		(*count)++;
	for (p = list, n = 0; (item = network_list_item(&p, &len)) != NULL; n++)
		if (n == index % *count)
			return network_parse_host(item, len, out);
	return false;
}

static bool
open_named(struct db *db, const struct network_host *at, struct error *err)
{
	char *name = strndup(at->name, at->len);
	unsigned port = at->port != 0 ? at->port
				      : (unsigned)db->config->db_port;
	bool ok;

	if (name == NULL)
		return error_memory(err);
	ok = open_host(db, name, port, err);
	free(name);
	return ok;
}

void
db_limit_time(struct db *db)
{
	db->deadline = clock_monotonic() + 2 * db->timeout * USEC_PER_SEC;
}

static bool
is_late(const struct db *db)
{
	return db->deadline != 0 && clock_monotonic() >= db->deadline;
}

static bool
refuse_late(struct error *err)
{
	return error_set(
	    err, ERROR_UNAVAILABLE, "the database does not answer in time");
}

/* Try each host once, beginning with the one that was good last. */
bool
db_connect(struct db *db, struct error *err)
{
	unsigned next = db->host, tries = 0, count;

	if (is_late(db))
		return refuse_late(err);
	if (db->handle != NULL)
		return true;
	if (db->config->db_socket[0] != '\0')
		return open_host(db, NULL, 0, err);
	do {
		struct network_host host;

		db->host = next++;
		if (!host_at(db->config->db_host, db->host, &count, &host))
			return error_set(err, ERROR_UNAVAILABLE,
			    "SETLINK_DB_HOST names no host");
		if (open_named(db, &host, err))
			return true;
	} while (++tries < count && !is_late(db));
	db->host = next;
	return false;
}

/* Transaction control; `sql` is one of our own words. */
static bool
control(struct db *db, const char *sql, struct error *err)
{
	if (db->handle == NULL)
		return error_set(err, ERROR_UNAVAILABLE,
		    "the connection to the database was lost");
	db->asked_at = clock_monotonic();
	if (mysql_query(db->handle, sql) == 0)
		return true;
	return db_fail(
	    db, mysql_errno(db->handle), mysql_error(db->handle), err);
}

static bool
begin_once(struct db *db, struct error *err)
{
	return db_connect(db, err) && control(db, "START TRANSACTION", err);
}

/* A kept connection may have been closed by the server. */
static bool
begin(struct db *db, struct error *err)
{
	bool kept = db->handle != NULL;
	usec_t began = clock_monotonic();

	db->in_transaction = begin_once(db, err) ||
	    (kept && db->handle == NULL &&
		clock_monotonic() - began < DB_AT_ONCE && begin_once(db, err));
	return db->in_transaction;
}

/* A connection on which ROLLBACK fails is not used again; the server rolls back
 * when it is closed. */
static void
roll_back(struct db *db)
{
	struct error ignored;

	if (db->handle != NULL &&
	    (is_late(db) || !control(db, "ROLLBACK", &ignored)))
		db_close(db);
}

/* By the last answer. */
static bool
server_in_transaction(struct db *db)
{
	unsigned status = 0;

	return mariadb_get_infov(db->handle, MARIADB_CONNECTION_SERVER_STATUS,
		   &status) == 0 &&
	    (status & SERVER_STATUS_IN_TRANS) != 0;
}

static bool
require_transaction(struct db *db, struct error *err)
{
	return server_in_transaction(db) ||
	    error_set(
		err, ERROR_RETRY, "the database rolled the transaction back");
}

/* The answer to PREPARE does not tell, and what is executed next would stand
 * for itself: so the server is asked. COM_PING is too little for that. */
bool
db_check_transaction(struct db *db, struct error *err)
{
	return !db->in_transaction ||
	    (control(db, "DO 0", err) && require_transaction(db, err));
}

/* COMMIT; nobody knows what became of it when the connection is lost by it. An
 * error that lets the transaction run again says that it was rolled back. */
static bool
commit(struct db *db, struct error *err)
{
	if (is_late(db))
		return refuse_late(err);
	if (db->handle != NULL && !require_transaction(db, err))
		return false;
	db->commits++;
	if (control(db, "COMMIT", err)) {
		/* A request that gets on may do much. */
		if (db->deadline != 0)
			db_limit_time(db);
		return true;
	}
	if (db->handle != NULL)
		return false;
	(void)error_set(err, ERROR_UNAVAILABLE,
	    "the connection to the database was lost at the last moment");
	return error_unsure(err);
}

static bool
run_once(struct db *db, db_work *work, void *context, struct error *err)
{
	bool ok;

	if (!begin(db, err))
		return false;
	ok = work(db, context, err) && commit(db, err);
	if (!ok)
		roll_back(db);
	db->in_transaction = false;
	return ok;
}

void
db_pause(unsigned attempt)
{
	long milliseconds = (long)(clock_monotonic() % 4 + 1) * (long)attempt;
	struct timespec pause = {0, milliseconds * 1000 * 1000};

	(void)nanosleep(&pause, NULL);
}

bool
db_transaction(struct db *db, db_work *work, void *context, struct error *err)
{
	unsigned attempt;

	for (attempt = 1; attempt <= DB_TRIES; attempt++) {
		if (run_once(db, work, context, err))
			return true;
		if (!db_is_retryable(err->code))
			return false;
		log_line(LOG_DEBUG, "event=transaction attempt=%u", attempt);
		db_pause(attempt);
	}
	err->code = ERROR_UNAVAILABLE;
	return false;
}
