/* Opening and closing the connection, and transactions on it. */
#include <mysql.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/network.h"
#include "db/connection.h"

#define CONNECT_TIMEOUT 2 /* seconds */

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
db_close(struct db *db)
{
	db_stmts_free(db);
	if (db->handle != NULL)
		mysql_close(db->handle);
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

/* The session: UTC, refusals instead of silent cuts, and no gap locks, which
 * nothing here relies on (each "only one" is a UNIQUE key). */
static const char *const session_commands[] = {
    "SET time_zone = '+00:00', sql_mode = "
    "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    /* Less than any time limit of ours: a wait for a lock ends with an error
     * that makes the transaction run again. */
    "SET SESSION innodb_lock_wait_timeout = 3",
};

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

/* Not by MYSQL_INIT_COMMAND, for which the client library follows a null
 * pointer when memory is short. */
static bool
set_session(MYSQL *handle)
{
	size_t i;

	for (i = 0; i < sizeof(session_commands) / sizeof(session_commands[0]);
	     i++)
		if (mysql_query(handle, session_commands[i]) != 0)
			return false;
	return true;
}

/* One attempt; `host` is NULL for the Unix socket. */
static bool
open_host(struct db *db, const char *host, struct error *err)
{
	const struct config *config = db->config;
	MYSQL *handle = mysql_init(NULL);
	unsigned number;

	if (handle == NULL || !set_options(db, handle)) {
		mysql_close(handle);
		return error_memory(err);
	}
	if (mysql_real_connect(handle, host, config->db_user,
		config->db_password, config->db_name, (unsigned)config->db_port,
		host == NULL ? config->db_socket : NULL,
		CLIENT_FOUND_ROWS) != NULL &&
	    set_session(handle)) {
		db->handle = handle;
		return true;
	}
	number = mysql_errno(handle);
	mysql_close(handle);
	return db_fail(db, number, err);
}

/* The host at `index` of the list, counted round; NULL when there is none. */
static char *
host_at(const char *list, unsigned index, unsigned *count)
{
	const char *item, *p = list;
	char *host = NULL;
	size_t len;
	unsigned n = 0;

	for (*count = 0; network_list_item(&p, &len) != NULL;)
		(*count)++;
	for (p = list; (item = network_list_item(&p, &len)) != NULL; n++)
		if (n == index % *count)
			host = strndup(item, len);
	return host;
}

/* Try each host once, beginning with the one that was good last. */
bool
db_connect(struct db *db, struct error *err)
{
	unsigned tries = 0, count;

	if (db->handle != NULL)
		return true;
	if (db->config->db_socket[0] != '\0')
		return open_host(db, NULL, err);
	do {
		char *host = host_at(db->config->db_host, db->host, &count);
		bool ok;

		if (count == 0)
			return error_set(err, ERROR_UNAVAILABLE,
			    "SETLINK_DB_HOST names no host");
		if (host == NULL)
			return error_memory(err);
		ok = open_host(db, host, err);
		free(host);
		if (ok)
			return true;
		db->host = (db->host + 1) % count;
	} while (++tries < count);
	return false;
}

/* Transaction control; `sql` is one of our own words. */
static bool
control(struct db *db, const char *sql, struct error *err)
{
	if (db->handle == NULL)
		return error_set(err, ERROR_UNAVAILABLE,
		    "the connection to the database was lost");
	if (mysql_query(db->handle, sql) == 0)
		return true;
	return db_fail(db, mysql_errno(db->handle), err);
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

/* A connection on which ROLLBACK fails is not used again. */
static void
roll_back(struct db *db)
{
	struct error ignored;

	if (db->handle != NULL && !control(db, "ROLLBACK", &ignored))
		db_close(db);
}

/* COMMIT; nobody knows what became of it when the connection is lost by it. */
static bool
commit(struct db *db, struct error *err)
{
	db->commits++;
	if (control(db, "COMMIT", err))
		return true;
	if (db->handle == NULL)
		(void)error_set(err, ERROR_UNAVAILABLE,
		    "the connection to the database was lost at the last "
		    "moment: look whether the change has been made");
	return false;
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

/* A growing pause, so that two transactions do not meet again and again. */
static void
pause_before(unsigned attempt)
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
		pause_before(attempt);
	}
	return error_set(err, ERROR_UNAVAILABLE,
	    "the database was too busy with the same rows");
}
