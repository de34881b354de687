/* SPDX-License-Identifier: MIT */
/* The functions of MariaDB Connector/C that src/db calls. */
#include "base/array.h"
#include "fake-rows.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <strings.h>

#include "db/migrate.h"

#define MAX_ROWS 8

/* What the first byte of a statement means. */
#define FIRST_ERROR    0xe0
#define FIRST_NONSENSE 0xf0

/* What else may go wrong; the error is that of a lost connection. */
#define ROLLED_BACK  0xfa
#define NOT_PREPARED 0xfb
#define NO_LAST_ROW  0xfc
#define NOT_STORED   0xfd
#define OTHER_COLUMN 0xfe

struct fake_mysql fake_mysql;

static unsigned connection_error;
static bool in_transaction;

void
fake_mysql_begin(const uint8_t *script, size_t len, usec_t now)
{
	fake_mysql = (struct fake_mysql){.script = {script, len}, .now = now};
	fake_mysql.anything = fuzz_byte(&fake_mysql.script);
	fake_mysql.generous = fake_mysql.anything;
	in_transaction = false;
}

unsigned
fake_mysql_byte(void)
{
	if (fake_mysql.script.left > 0)
		return fuzz_byte(&fake_mysql.script);
	if (fake_mysql.generous == 0)
		return 0;
	/* The constants of POSIX's rand(). */
	fake_mysql.anything = fake_mysql.anything * 1103515245U + 12345U;
	return fake_mysql.anything >> 16 & 0x7f;
}

static void
nonsense(void)
{
	fake_mysql.nonsense = true;
}

/* An error number for `choice`. */
static unsigned
error_number(unsigned choice)
{
	static const unsigned numbers[] = {
	    ER_DUP_ENTRY,
	    ER_LOCK_DEADLOCK,
	    ER_LOCK_WAIT_TIMEOUT,
	    CR_SERVER_GONE_ERROR,
	    CR_SERVER_LOST,
	    1047, /* WSREP: not ready */
	    1927, /* the connection was killed */
	    1969, /* the statement took too long */
	    ER_OPTION_PREVENTS_STATEMENT,
	    ER_UNKNOWN_STMT_HANDLER,
	    ER_TABLEACCESS_DENIED_ERROR,
	    ER_NO_SUCH_TABLE,
	    CR_OUT_OF_MEMORY,
	};
	const size_t count = LENGTH(numbers);

	if (choice < count) {
		if (numbers[choice] == CR_OUT_OF_MEMORY)
			fake_mysql.out_of_memory = true;
		return numbers[choice];
	}
	nonsense();
	/* Without a number, as of a library that has no memory. */
	if (choice == count)
		fake_mysql.out_of_memory = true;
	return choice == count ? 0 : ER_PARSE_ERROR + choice;
}

MYSQL *STDCALL
mysql_init(MYSQL *mysql)
{
	MYSQL *made = calloc(1, sizeof(*made));

	FUZZ_CHECK(mysql == NULL);
	if (made != NULL)
		fake_mysql.handles++;
	return made;
}

int STDCALL
mysql_options(MYSQL *mysql, enum mysql_option option, const void *value)
{
	(void)option;
	FUZZ_CHECK(mysql != NULL && value != NULL);
	return 0;
}

MYSQL *STDCALL
mysql_real_connect(MYSQL *mysql, const char *host, const char *user,
    const char *password, const char *name, unsigned port, const char *socket,
    unsigned long flags)
{
	(void)port;
	(void)flags;
	FUZZ_CHECK(user != NULL && password != NULL && name != NULL);
	FUZZ_CHECK((host == NULL) != (socket == NULL));
	if (fake_mysql_byte() < FIRST_NONSENSE)
		return mysql;
	connection_error = CR_CONN_HOST_ERROR;
	return NULL;
}

unsigned STDCALL
mysql_errno(MYSQL *mysql)
{
	FUZZ_CHECK(mysql != NULL);
	return connection_error;
}

void STDCALL
mysql_close(MYSQL *mysql)
{
	if (mysql == NULL)
		return;
	fake_mysql.handles--;
	free(mysql);
}

const char *STDCALL
mysql_error(MYSQL *mysql)
{
	FUZZ_CHECK(mysql != NULL);
	return "what the server says";
}

/* Whether the next byte of the script is this one; it is taken then. */
static bool
is_next(unsigned byte)
{
	struct fuzz_input *script = &fake_mysql.script;

	if (script->left == 0 || *script->at != byte)
		return false;
	(void)fuzz_byte(script);
	return true;
}

/* The words of a transaction take a byte; what sets up a connection none,
 * unless it fails. */
int STDCALL
mysql_query(MYSQL *mysql, const char *sql)
{
	unsigned choice = 0;

	FUZZ_CHECK(mysql != NULL && sql != NULL);
	if (strncmp(sql, "SE", 2) != 0 && strcmp(sql, "DO 0") != 0)
		choice = fake_mysql_byte();
	else if (is_next(NOT_PREPARED))
		choice = FIRST_NONSENSE | fuzz_byte(&fake_mysql.script);
	if (choice < FIRST_NONSENSE) {
		in_transaction = strcmp(sql, "START TRANSACTION") == 0 ||
		    (in_transaction && strcmp(sql, "DO 0") == 0);
		return 0;
	}
	connection_error = error_number(choice & 0x0f);
	return 1;
}

/* Asked for one thing alone: whether a transaction goes on. */
my_bool
mariadb_get_infov(MYSQL *mysql, enum mariadb_value value, void *to, ...)
{
	unsigned status = SERVER_STATUS_IN_TRANS;

	FUZZ_CHECK(mysql != NULL && value == MARIADB_CONNECTION_SERVER_STATUS);
	if (is_next(ROLLED_BACK))
		in_transaction = false;
	if (!in_transaction)
		status = 0;
	memcpy(to, &status, sizeof(status));
	return 0;
}

/* The one query that is no prepared statement asks for the version. */
struct fake_result {
	char text[16];
	char *row[1];
};

MYSQL_RES *STDCALL
mysql_store_result(MYSQL *mysql)
{
	struct fake_result *result = calloc(1, sizeof(*result));

	FUZZ_CHECK(mysql != NULL);
	connection_error = CR_OUT_OF_MEMORY;
	if (result == NULL)
		return NULL;
	fake_mysql.handles++;
	(void)snprintf(result->text, sizeof(result->text), "%d",
	    migrate_version() + (is_next(OTHER_COLUMN) ? 1 : 0));
	result->row[0] = result->text;
	return (MYSQL_RES *)(void *)result;
}

MYSQL_ROW STDCALL
mysql_fetch_row(MYSQL_RES *result)
{
	struct fake_result *fake = (struct fake_result *)(void *)result;

	return is_next(NO_LAST_ROW) ? NULL : fake->row;
}

void STDCALL
mysql_free_result(MYSQL_RES *result)
{
	fake_mysql.handles--;
	free(result);
}

void STDCALL
mysql_server_end(void)
{
}

static struct fake_stmt *
fake(MYSQL_STMT *stmt)
{
	FUZZ_CHECK(stmt != NULL);
	return (struct fake_stmt *)(void *)stmt;
}

MYSQL_STMT *STDCALL
mysql_stmt_init(MYSQL *mysql)
{
	struct fake_stmt *stmt = calloc(1, sizeof(*stmt));

	FUZZ_CHECK(mysql != NULL);
	if (stmt == NULL)
		return NULL;
	stmt->mysql = mysql;
	fake_mysql.handles++;
	return (MYSQL_STMT *)(void *)stmt;
}

static void
free_texts(struct fake_stmt *stmt)
{
	for (size_t i = 0; i < FAKE_COLUMNS; i++) {
		free(stmt->texts[i]);
		stmt->texts[i] = NULL;
	}
}

my_bool STDCALL
mysql_stmt_close(MYSQL_STMT *stmt)
{
	free_texts(fake(stmt));
	fake_mysql.handles--;
	free(stmt);
	return 0;
}

/* Whether one of the words of a list that ends with NULL is in a text. */
static bool
holds(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strstr(text, *words) != NULL)
			return true;
	return false;
}

static void
note_column(struct fake_stmt *stmt, const char *from, size_t len)
{
	static const char *const wide[] = {"_ns", "_us", "_size", "bytes",
	    "weight", "changes", "tolerance", "recordings", NULL};
	static const char *const truth[] = {
	    " = ", "NULL", "is_", "EXISTS", "closed", "keep", NULL};
	static const char *const hex[] = {"seed", "commitment", "hash", NULL};
	char *text = strndup(from, len);

	if (text == NULL)
		abort();
	FUZZ_CHECK(stmt->columns < FAKE_COLUMNS);
	stmt->wide[stmt->columns] = holds(text, wide);
	stmt->truth[stmt->columns] = holds(text, truth);
	stmt->hex[stmt->columns] = holds(text, hex);
	stmt->count[stmt->columns] = strstr(text, "COUNT(") != NULL;
	stmt->email[stmt->columns++] = strstr(text, "email") != NULL;
	free(text);
}

/* The LIMIT of a whole statement holds: the rows may be hostile, but MariaDB
 * itself is not. */
static void
note_limit(struct fake_stmt *stmt, const char *after)
{
	stmt->limited = true;
	stmt->limit_at = after[0] == '?' ? stmt->params : FAKE_COLUMNS;
	stmt->limit = atoi(after);
}

/* Count the parameters, and the columns of the first SELECT that is not in
 * parentheses. */
static void
read_sql(struct fake_stmt *stmt, const char *sql)
{
	const char *column = NULL, *p;
	bool quoted = false, done = false;
	int depth = 0;

	for (p = sql; *p != '\0'; p++) {
		if (*p == '\'')
			quoted = !quoted;
		if (quoted)
			continue;
		depth += (*p == '(') - (*p == ')');
		if (*p == '?')
			stmt->params++;
		if (depth == 0 && strncmp(p, "LIMIT ", 6) == 0)
			note_limit(stmt, p + 6);
		if (depth > 0 || done)
			continue;
		if (column == NULL && strncmp(p, "SELECT ", 7) == 0)
			column = p += 6;
		if (column != NULL && strncmp(p, " FROM ", 6) == 0)
			done = true;
		if (column != NULL && (*p == ',' || done)) {
			note_column(stmt, column, (size_t)(p - column));
			column = p + 1;
		}
	}
	FUZZ_CHECK(!quoted && depth == 0);
	if (column != NULL && !done)
		note_column(stmt, column, (size_t)(p - column));
}

int STDCALL
mysql_stmt_prepare(MYSQL_STMT *stmt, const char *sql, unsigned long len)
{
	FUZZ_CHECK(strlen(sql) == len);
	read_sql(fake(stmt), sql);
	if (!is_next(NOT_PREPARED))
		return 0;
	fake(stmt)->error = error_number(fuzz_byte(&fake_mysql.script) & 0x0f);
	return 1;
}

unsigned long STDCALL
mysql_stmt_param_count(MYSQL_STMT *stmt)
{
	return fake(stmt)->params;
}

unsigned STDCALL
mysql_stmt_field_count(MYSQL_STMT *stmt)
{
	return fake(stmt)->columns + (fake(stmt)->failure == OTHER_COLUMN);
}

unsigned STDCALL
mysql_stmt_errno(MYSQL_STMT *stmt)
{
	return fake(stmt)->error;
}

const char *STDCALL
mysql_stmt_error(MYSQL_STMT *stmt)
{
	FUZZ_CHECK(stmt != NULL);
	return "what the server says";
}

/* Parameters are read to their last byte, as the library does. */
my_bool STDCALL
mysql_stmt_bind_param(MYSQL_STMT *stmt, MYSQL_BIND *binds)
{
	struct fake_stmt *s = fake(stmt);
	unsigned sum = 0;

	for (unsigned i = 0; i < s->params; i++) {
		const MYSQL_BIND *bind = &binds[i];
		const MYSQL_TIME *time = bind->buffer;

		if (s->limited && i == s->limit_at)
			memcpy(&s->limit, bind->buffer, sizeof(s->limit));
		if (bind->buffer_type == MYSQL_TYPE_DATETIME)
			FUZZ_CHECK(time->year >= 1 && time->year <= 9999 &&
			    time->month >= 1 && time->month <= 12 &&
			    time->second_part < 1000000);
		else if (bind->buffer_type == MYSQL_TYPE_STRING ||
		    bind->buffer_type == MYSQL_TYPE_BLOB)
			for (unsigned long j = 0; j < bind->buffer_length; j++)
				sum += ((const unsigned char *)bind->buffer)[j];
	}
	/* It is never that much, but the compiler does not know. */
	return sum == UINT32_MAX;
}

int STDCALL
mysql_stmt_execute(MYSQL_STMT *stmt)
{
	struct fake_stmt *s = fake(stmt);
	unsigned choice = fake_mysql_byte();

	if (fake_mysql.script.left == 0 && fake_mysql.generous > 0) {
		fake_mysql.generous--;
		choice = 1 + choice % 2;
	}
	/* Its rows would be lost to whoever reads them. */
	FUZZ_CHECK(!s->stored);
	if (choice >= FIRST_ERROR && choice < FIRST_NONSENSE) {
		s->error = error_number(choice & 0x0f);
		return 1;
	}
	s->failure = choice >= NOT_PREPARED ? choice : 0;
	s->error = CR_SERVER_LOST;
	s->nonsense = choice >= FIRST_NONSENSE && s->failure == 0;
	if (s->nonsense || s->failure == OTHER_COLUMN)
		nonsense();
	s->rows = choice % MAX_ROWS;
	FUZZ_CHECK(!s->limited || s->limit >= 0);
	if (s->limited && s->rows > s->limit)
		s->rows = (unsigned)s->limit;
	return 0;
}

my_ulonglong STDCALL
mysql_stmt_affected_rows(MYSQL_STMT *stmt)
{
	return fake(stmt)->rows;
}

my_bool STDCALL
mysql_stmt_bind_result(MYSQL_STMT *stmt, MYSQL_BIND *binds)
{
	fake(stmt)->binds = binds;
	return 0;
}

int STDCALL
mysql_stmt_store_result(MYSQL_STMT *stmt)
{
	fake(stmt)->stored = fake(stmt)->failure != NOT_STORED;
	return fake(stmt)->stored ? 0 : 1;
}

my_bool STDCALL
mysql_stmt_free_result(MYSQL_STMT *stmt)
{
	free_texts(fake(stmt));
	fake(stmt)->stored = false;
	return 0;
}

int STDCALL
mysql_stmt_fetch(MYSQL_STMT *stmt)
{
	struct fake_stmt *s = fake(stmt);

	FUZZ_CHECK(s->stored && s->binds != NULL);
	if (s->rows == 0)
		return s->failure == NO_LAST_ROW ? 1 : MYSQL_NO_DATA;
	s->rows--;
	for (size_t i = 0; i < s->columns; i++)
		fake_cell(s, i);
	return MYSQL_DATA_TRUNCATED;
}

int STDCALL
mysql_stmt_fetch_column(
    MYSQL_STMT *stmt, MYSQL_BIND *bind, unsigned column, unsigned long offset)
{
	const struct fake_stmt *s = fake(stmt);

	FUZZ_CHECK(column < s->columns && s->texts[column] != NULL);
	FUZZ_CHECK(offset == 0 && bind->buffer_length <= s->lengths[column]);
	memcpy(bind->buffer, s->texts[column], bind->buffer_length);
	return 0;
}
