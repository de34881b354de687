/* SPDX-License-Identifier: MIT */
/* Error numbers of the server and the client library. */
#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include "base/array.h"
#include "base/log.h"
#include "db/connection.h"

/* Numbers of the server that the headers of the client library do not name. */
#define WSREP_NOT_READY        1047
#define INNODB_FORCED_RECOVERY 1881
#define CONNECTION_KILLED      1927
#define STATEMENT_TIMEOUT      1969
#define CLIENT_IDLE_TOO_LONG   4031

/* The client library fails without a number where it finds no memory for the
 * rows of a statement. */
#define NO_NUMBER 0

struct meaning {
	unsigned number;
	enum error_code code;
	const char *detail;
};

static const char unreachable[] = "the database cannot be reached";
static const char refused[] = "the database refuses the user or the password";
static const char busy[] = "the database has no free connection";
static const char full[] = "the database cannot write";
static const char read_only[] = "the database is read-only";
static const char damaged[] = "the database cannot read a table";
static const char exhausted[] = "the database is out of memory";
static const char no_right[] = "the database user lacks a right on a table";
static const char gave_up[] = "the database gave up on the request";
static const char schema[] = "the database has no tables yet, or those of "
			     "another version: run setlink migrate";
/* Of a node that lost the others at that moment: they may have it. */
static const char commit[] = "the database lost the change, or not";
static const char again[] = "the database was busy with the same rows";

static const struct meaning meanings[] = {
    {ER_DUP_ENTRY, ERROR_DUPLICATE, "a row with this key exists"},
    {ER_LOCK_DEADLOCK, ERROR_RETRY, again},
    {ER_LOCK_WAIT_TIMEOUT, ERROR_RETRY, again},
    {ER_CHECKREAD, ERROR_RETRY, again},
    {ER_TABLE_DEF_CHANGED, ERROR_RETRY, again},
    {CR_UNKNOWN_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_SOCKET_CREATE_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_CONNECTION_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_CONN_HOST_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_UNKNOWN_HOST, ERROR_UNAVAILABLE, unreachable},
    {CR_IPSOCK_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_SOCKET_CREATE_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_VERSION_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_SERVER_HANDSHAKE_ERR, ERROR_UNAVAILABLE, unreachable},
    {CR_MALFORMED_PACKET, ERROR_UNAVAILABLE, unreachable},
    {CR_ERR_NET_READ, ERROR_UNAVAILABLE, unreachable},
    {CR_ERR_NET_WRITE, ERROR_UNAVAILABLE, unreachable},
    {ER_NET_PACKETS_OUT_OF_ORDER, ERROR_UNAVAILABLE, unreachable},
    {ER_HANDSHAKE_ERROR, ERROR_UNAVAILABLE, unreachable},
    {ER_NEW_ABORTING_CONNECTION, ERROR_UNAVAILABLE, unreachable},
    {ER_NET_READ_ERROR, ERROR_UNAVAILABLE, unreachable},
    {ER_NET_READ_INTERRUPTED, ERROR_UNAVAILABLE, unreachable},
    {ER_NET_ERROR_ON_WRITE, ERROR_UNAVAILABLE, unreachable},
    {ER_NET_WRITE_INTERRUPTED, ERROR_UNAVAILABLE, unreachable},
    {CR_AUTH_PLUGIN_CANNOT_LOAD, ERROR_UNAVAILABLE,
	"the database asks for a way to log in that is not installed"},
    {CR_AUTH_PLUGIN_ERR, ERROR_UNAVAILABLE, refused},
    {CR_SERVER_GONE_ERROR, ERROR_UNAVAILABLE, unreachable},
    {CR_SERVER_LOST, ERROR_UNAVAILABLE, unreachable},
    {CR_SERVER_LOST_EXTENDED, ERROR_UNAVAILABLE, unreachable},
    {CR_SSL_CONNECTION_ERROR, ERROR_UNAVAILABLE,
	"no TLS connection to the database"},
    {CONNECTION_KILLED, ERROR_UNAVAILABLE, unreachable},
    {CLIENT_IDLE_TOO_LONG, ERROR_UNAVAILABLE, unreachable},
    {ER_SERVER_SHUTDOWN, ERROR_UNAVAILABLE, unreachable},
    {ER_UNKNOWN_STMT_HANDLER, ERROR_UNAVAILABLE, unreachable},
    {ER_NEED_REPREPARE, ERROR_UNAVAILABLE, unreachable},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, ERROR_UNAVAILABLE,
	"the database has no room for another statement"},
    {WSREP_NOT_READY, ERROR_RETRY, "the database node is not ready"},
    {ER_ACCESS_DENIED_ERROR, ERROR_UNAVAILABLE, refused},
    {ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ERROR_UNAVAILABLE, refused},
    {ER_HOST_NOT_PRIVILEGED, ERROR_UNAVAILABLE, refused},
    {ER_HOST_IS_BLOCKED, ERROR_UNAVAILABLE, refused},
    {ER_MUST_CHANGE_PASSWORD, ERROR_UNAVAILABLE, refused},
    {ER_MUST_CHANGE_PASSWORD_LOGIN, ERROR_UNAVAILABLE, refused},
    {ER_ACCOUNT_HAS_BEEN_LOCKED, ERROR_UNAVAILABLE, refused},
    {ER_DBACCESS_DENIED_ERROR, ERROR_UNAVAILABLE,
	"the database user may not use the database"},
    {ER_TABLEACCESS_DENIED_ERROR, ERROR_UNAVAILABLE, no_right},
    {ER_COLUMNACCESS_DENIED_ERROR, ERROR_UNAVAILABLE, no_right},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, ERROR_UNAVAILABLE, no_right},
    {ER_BAD_DB_ERROR, ERROR_UNAVAILABLE, "there is no such database"},
    {ER_CON_COUNT_ERROR, ERROR_UNAVAILABLE, busy},
    {ER_TOO_MANY_USER_CONNECTIONS, ERROR_UNAVAILABLE, busy},
    {ER_USER_LIMIT_REACHED, ERROR_UNAVAILABLE, busy},
    {ER_OUT_OF_RESOURCES, ERROR_UNAVAILABLE, exhausted},
    {ER_CANT_CREATE_THREAD, ERROR_UNAVAILABLE, busy},
    {ER_OPTION_PREVENTS_STATEMENT, ERROR_UNAVAILABLE, read_only},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ERROR_UNAVAILABLE, read_only},
    {ER_READ_ONLY_MODE, ERROR_UNAVAILABLE, read_only},
    {ER_INNODB_READ_ONLY, ERROR_UNAVAILABLE, read_only},
    {INNODB_FORCED_RECOVERY, ERROR_UNAVAILABLE, read_only},
    {ER_CANT_CREATE_FILE, ERROR_UNAVAILABLE, full},
    {ER_DISK_FULL, ERROR_UNAVAILABLE, full},
    {ER_ERROR_ON_WRITE, ERROR_UNAVAILABLE, full},
    {ER_RECORD_FILE_FULL, ERROR_UNAVAILABLE, full},
    {ER_GET_ERRNO, ERROR_UNAVAILABLE, full},
    {ER_TEMP_FILE_WRITE_FAILURE, ERROR_UNAVAILABLE, full},
    {ER_ERROR_DURING_COMMIT, ERROR_UNAVAILABLE, commit},
    {ER_CANT_OPEN_FILE, ERROR_UNAVAILABLE, damaged},
    {ER_FILE_NOT_FOUND, ERROR_UNAVAILABLE, damaged},
    {ER_ERROR_ON_READ, ERROR_UNAVAILABLE, damaged},
    {ER_NOT_FORM_FILE, ERROR_UNAVAILABLE, damaged},
    {ER_NOT_KEYFILE, ERROR_UNAVAILABLE, damaged},
    {ER_CRASHED_ON_USAGE, ERROR_UNAVAILABLE, damaged},
    {ER_TABLESPACE_MISSING, ERROR_UNAVAILABLE, damaged},
    {ER_TABLESPACE_DISCARDED, ERROR_UNAVAILABLE, damaged},
    {ER_NO_SUCH_TABLE_IN_ENGINE, ERROR_UNAVAILABLE, damaged},
    {ER_OUTOFMEMORY, ERROR_UNAVAILABLE, exhausted},
    {ER_OUT_OF_SORTMEMORY, ERROR_UNAVAILABLE, exhausted},
    {ER_LOCK_TABLE_FULL, ERROR_UNAVAILABLE, exhausted},
    {ER_QUERY_INTERRUPTED, ERROR_UNAVAILABLE, gave_up},
    {STATEMENT_TIMEOUT, ERROR_UNAVAILABLE, gave_up},
    {ER_NO_SUCH_TABLE, ERROR_UNAVAILABLE, schema},
    {ER_BAD_FIELD_ERROR, ERROR_UNAVAILABLE, schema},
    {ER_KEY_DOES_NOT_EXISTS, ERROR_UNAVAILABLE, schema},
    {ER_NO_DEFAULT_FOR_FIELD, ERROR_UNAVAILABLE, schema},
    {CR_OUT_OF_MEMORY, ERROR_MEMORY, "out of memory"},
    {NO_NUMBER, ERROR_MEMORY, "out of memory"},
};

static const struct meaning *
find(unsigned number)
{
	static const struct meaning other = {
	    0, ERROR_INTERNAL, "the database refused a statement"};
	size_t i;

	for (i = 0; i < LENGTH(meanings); i++)
		if (meanings[i].number == number)
			return &meanings[i];
	return &other;
}

enum error_code
db_error_code(unsigned number)
{
	return find(number)->code;
}

bool
db_is_retryable(enum error_code code)
{
	return code == ERROR_RETRY;
}

bool
db_error_is_lost(unsigned number)
{
	switch (number) {
	case CR_SERVER_GONE_ERROR:
	case CR_SERVER_LOST:
	case CR_SERVER_LOST_EXTENDED:
	case CR_COMMANDS_OUT_OF_SYNC:
	case CONNECTION_KILLED:
	case WSREP_NOT_READY: /* another node may be */
	case ER_UNKNOWN_STMT_HANDLER:
	case ER_NEED_REPREPARE: /* statements are made anew with it */
	case CR_MALFORMED_PACKET:
	case CR_ERR_NET_READ:
	case CR_ERR_NET_WRITE:
	case ER_NET_PACKETS_OUT_OF_ORDER:
	case CLIENT_IDLE_TOO_LONG:
	case ER_SERVER_SHUTDOWN:
	case CR_OUT_OF_MEMORY: /* in the middle of an answer, maybe */
	case NO_NUMBER:
		return true;
	default:
		return false;
	}
}

/* What makes the database unavailable is told in words that quote no data.
 * Other texts of the server may: of those only the number is told. */
static void
log_failure(const struct meaning *meaning, unsigned number, const char *text)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "event=database error=%s number=%u",
	    error_name(meaning->code), number);
	if (meaning->code == ERROR_UNAVAILABLE) {
		buf_puts(&line, " reason=");
		log_value(&line, text);
	}
	if (buf_text(&line) != NULL)
		log_line(LOG_WARN, "%s", line.data);
	buf_free(&line);
}

bool
db_fail(struct db *db, unsigned number, const char *text, struct error *err)
{
	const struct meaning *meaning = find(number);

	if (meaning->code != ERROR_DUPLICATE && meaning->code != ERROR_RETRY)
		log_failure(meaning, number, text);
	if (db_error_is_lost(number)) {
		if (number == WSREP_NOT_READY ||
		    clock_monotonic() - db->asked_at >= DB_AT_ONCE)
			db->host++;
		db_close(db);
	}
	(void)error_set(err, meaning->code, "%s", meaning->detail);
	if (number == ER_ERROR_DURING_COMMIT)
		(void)error_unsure(err);
	return false;
}
