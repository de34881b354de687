/* SPDX-License-Identifier: MIT */
/* Prepared statements, kept with the connection. */
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "db/connection.h"

static void
stmt_free(struct db_stmt *stmt)
{
	if (stmt == NULL)
		return;
	if (stmt->handle != NULL)
		mysql_stmt_close(stmt->handle);
	free(stmt->sql);
	free(stmt);
}

void
db_stmts_free(struct db *db)
{
	while (db->n_stmts > 0)
		stmt_free(db->stmts[--db->n_stmts]);
}

static bool
stmt_fail(struct db_stmt *stmt, struct error *err)
{
	return db_fail(stmt->db, mysql_stmt_errno(stmt->handle),
	    mysql_stmt_error(stmt->handle), err);
}

static struct db_stmt *
find(struct db *db, const char *sql)
{
	size_t i;

	for (i = 0; i < db->n_stmts; i++)
		if (strcmp(db->stmts[i]->sql, sql) == 0)
			return db->stmts[i];
	return NULL;
}

/* A free place, made by closing the statement not used for longest. */
static size_t
find_place(struct db *db)
{
	size_t i, oldest = 0;

	if (db->n_stmts < DB_MAX_STATEMENTS)
		return db->n_stmts++;
	for (i = 1; i < db->n_stmts; i++)
		if (db->stmts[i]->used < db->stmts[oldest]->used)
			oldest = i;
	stmt_free(db->stmts[oldest]);
	return oldest;
}

static struct db_stmt *
make(struct db *db, const char *sql, struct error *err)
{
	struct db_stmt *stmt = calloc(1, sizeof(*stmt));

	if (stmt != NULL) {
		stmt->db = db;
		stmt->sql = strdup(sql);
		stmt->handle = mysql_stmt_init(db->handle);
	}
	if (stmt == NULL || stmt->sql == NULL || stmt->handle == NULL) {
		stmt_free(stmt);
		(void)error_memory(err);
		return NULL;
	}
	db->asked_at = clock_monotonic();
	if (mysql_stmt_prepare(stmt->handle, sql, strlen(sql)) != 0) {
		(void)stmt_fail(stmt, err);
		stmt_free(stmt);
		return NULL;
	}
	return stmt;
}

static struct db_stmt *
prepare(struct db *db, const char *sql, struct error *err)
{
	struct db_stmt *stmt = find(db, sql);

	if (stmt == NULL) {
		stmt = make(db, sql, err);
		if (stmt == NULL)
			return NULL;
		db->stmts[find_place(db)] = stmt;
		if (!db_check_transaction(db, err))
			return NULL;
	}
	stmt->used = ++db->clock;
	return stmt;
}

/* A time that the server has none for is the first or the last one, which
 * compares with all others as it does. */
static void
time_to_mysql(usec_t t, MYSQL_TIME *out)
{
	struct clock_fields f;

	if (t < CLOCK_MIN)
		t = CLOCK_MIN;
	clock_split(t > CLOCK_MAX ? CLOCK_MAX : t, &f);
	*out = (MYSQL_TIME){
	    .year = (unsigned)f.year,
	    .month = (unsigned)f.month,
	    .day = (unsigned)f.day,
	    .hour = (unsigned)f.hour,
	    .minute = (unsigned)f.minute,
	    .second = (unsigned)f.second,
	    .second_part = (unsigned long)f.usec,
	    .time_type = MYSQL_TIMESTAMP_DATETIME,
	};
}

static bool
time_from_mysql(const MYSQL_TIME *in, usec_t *out)
{
	struct clock_fields f = {
	    .year = (int)in->year,
	    .month = (int)in->month,
	    .day = (int)in->day,
	    .hour = (int)in->hour,
	    .minute = (int)in->minute,
	    .second = (int)in->second,
	    .usec = (int)in->second_part,
	};

	return clock_join(&f, out);
}

/* The library takes parameters through pointers that are not const, but only
 * reads them. */
static void *
writable(const void *p)
{
	union {
		const void *from;
		void *to;
	} pun = {.from = p};

	return pun.to;
}

static void
bind_parameter(MYSQL_BIND *bind, MYSQL_TIME *time, const struct db_value *value)
{
	switch (value->type) {
	case DB_NULL:
		bind->buffer_type = MYSQL_TYPE_NULL;
		break;
	case DB_INT:
	case DB_SPAN:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = writable(&value->as.number);
		break;
	case DB_DOUBLE:
		bind->buffer_type = MYSQL_TYPE_DOUBLE;
		bind->buffer = writable(&value->as.decimal);
		break;
	case DB_TEXT:
		bind->buffer_type = MYSQL_TYPE_STRING;
		bind->buffer = writable(value->as.text.bytes);
		bind->buffer_length = value->as.text.len;
		break;
	case DB_UUID:
		bind->buffer_type = MYSQL_TYPE_BLOB;
		bind->buffer = writable(value->as.id.bytes);
		bind->buffer_length = sizeof(value->as.id.bytes);
		break;
	case DB_TIME:
		time_to_mysql(value->as.time, time);
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer = time;
		break;
	}
}

static bool
execute(struct db_stmt *stmt, const struct db_value *args, size_t n_args,
    struct error *err)
{
	MYSQL_BIND binds[DB_MAX_COLUMNS] = {0};
	MYSQL_TIME times[DB_MAX_COLUMNS];
	size_t i;

	if (n_args > DB_MAX_COLUMNS ||
	    n_args != mysql_stmt_param_count(stmt->handle))
		return error_set(err, ERROR_INTERNAL,
		    "a statement has other parameters than it was given");
	for (i = 0; i < n_args; i++)
		bind_parameter(&binds[i], &times[i], &args[i]);
	if (n_args > 0 && mysql_stmt_bind_param(stmt->handle, binds) != 0)
		return stmt_fail(stmt, err);
	stmt->db->asked_at = clock_monotonic();
	if (mysql_stmt_execute(stmt->handle) != 0)
		return stmt_fail(stmt, err);
	return true;
}

static struct db_stmt *
run_once(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, struct error *err)
{
	struct db_stmt *stmt;

	if (db->in_transaction && db->handle == NULL) {
		(void)error_set(err, ERROR_UNAVAILABLE,
		    "the connection to the database was lost");
		return NULL;
	}
	if (!db_connect(db, err))
		return NULL;
	stmt = prepare(db, sql, err);
	return stmt != NULL && execute(stmt, args, n_args, err) ? stmt : NULL;
}

/* Prepare and execute; once more when a kept connection was dead. */
static struct db_stmt *
run_kept(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, struct error *err)
{
	bool kept = db->handle != NULL && !db->in_transaction;
	usec_t began = clock_monotonic();
	struct db_stmt *stmt = run_once(db, sql, args, n_args, err);

	if (stmt == NULL && kept && db->handle == NULL &&
	    clock_monotonic() - began < DB_AT_ONCE)
		stmt = run_once(db, sql, args, n_args, err);
	return stmt;
}

/* Outside a transaction a statement is one of its own, to be run again. */
static struct db_stmt *
run(struct db *db, const char *sql, const struct db_value *args, size_t n_args,
    struct error *err)
{
	struct db_stmt *stmt = run_kept(db, sql, args, n_args, err);
	unsigned attempt;

	for (attempt = 1; stmt == NULL && !db->in_transaction &&
	     db_is_retryable(err->code) && attempt < DB_TRIES;
	     attempt++) {
		db_pause(attempt);
		stmt = run_kept(db, sql, args, n_args, err);
	}
	return stmt;
}

bool
db_exec(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, uint64_t *affected, struct error *err)
{
	struct db_stmt *stmt = run(db, sql, args, n_args, err);

	if (stmt == NULL)
		return false;
	if (affected != NULL)
		*affected = mysql_stmt_affected_rows(stmt->handle);
	return true;
}

/* The rows of a statement that was executed. */
struct rows {
	struct db *db;
	struct db_stmt *stmt;
	unsigned long connection; /* which one the statement belongs to */
	struct arena *arena;
	size_t n_columns;
};

static void
bind_column(struct db_stmt *stmt, size_t i, enum db_type type)
{
	MYSQL_BIND *bind = &stmt->columns[i];

	*bind = (MYSQL_BIND){
	    .buffer = &stmt->cells[i],
	    .buffer_length = sizeof(stmt->cells[i]),
	    .length = &stmt->lengths[i],
	    .is_null = &stmt->nulls[i],
	};
	stmt->types[i] = type;
	switch (type) {
	case DB_INT:
	case DB_SPAN:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		break;
	case DB_DOUBLE:
		bind->buffer_type = MYSQL_TYPE_DOUBLE;
		break;
	case DB_TIME:
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		break;
	case DB_UUID:
	case DB_TEXT:
	case DB_NULL:
		bind->buffer_type = MYSQL_TYPE_BLOB;
		break;
	}
}

static bool
rows_open(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, const enum db_type *types, size_t n_columns,
    struct arena *arena, struct rows *rows, struct error *err)
{
	struct db_stmt *stmt = run(db, sql, args, n_args, err);
	size_t i;

	if (stmt == NULL)
		return false;
	if (n_columns > DB_MAX_COLUMNS ||
	    n_columns != mysql_stmt_field_count(stmt->handle)) {
		mysql_stmt_free_result(stmt->handle);
		return error_set(err, ERROR_INTERNAL,
		    "a statement has other columns than were asked for");
	}
	for (i = 0; i < n_columns; i++)
		bind_column(stmt, i, types[i]);
	if (mysql_stmt_bind_result(stmt->handle, stmt->columns) != 0 ||
	    mysql_stmt_store_result(stmt->handle) != 0)
		return stmt_fail(stmt, err);
	*rows = (struct rows){db, stmt, db->connection, arena, n_columns};
	return true;
}

/* A text into the arena. */
static bool
read_text(struct rows *rows, size_t i, struct db_value *out, struct error *err)
{
	const union db_cell *cell = &rows->stmt->cells[i];
	unsigned long len = rows->stmt->lengths[i];
	char *text = arena_alloc(rows->arena, (size_t)len + 1);
	MYSQL_BIND bind = {
	    .buffer_type = MYSQL_TYPE_BLOB,
	    .buffer = text,
	    .buffer_length = len,
	};

	if (text == NULL)
		return error_memory(err);
	if (len <= sizeof(cell->text))
		memcpy(text, cell->text, len);
	else if (mysql_stmt_fetch_column(
		     rows->stmt->handle, &bind, (unsigned)i, 0) != 0)
		return stmt_fail(rows->stmt, err);
	out->as.text.bytes = text;
	out->as.text.len = len;
	return true;
}

/* NULL in a column of this type. A text can be read all the same. */
static struct db_value
absent(enum db_type type)
{
	return type == DB_TEXT
	    ? (struct db_value){.type = DB_NULL, .as.text.bytes = ""}
	    : db_null();
}

static bool
read_column(
    struct rows *rows, size_t i, struct db_value *out, struct error *err)
{
	const struct db_stmt *stmt = rows->stmt;

	*out = absent(stmt->types[i]);
	if (stmt->nulls[i])
		return true;
	out->type = stmt->types[i];
	switch (out->type) {
	case DB_INT:
		out->as.number = stmt->cells[i].number;
		return true;
	case DB_SPAN:
		out->as.number = stmt->cells[i].number;
		if (out->as.number > CLOCK_MAX - CLOCK_MIN ||
		    out->as.number < CLOCK_MIN - CLOCK_MAX)
			break;
		return true;
	case DB_DOUBLE:
		out->as.decimal = stmt->cells[i].decimal;
		return true;
	case DB_UUID:
		if (stmt->lengths[i] != sizeof(out->as.id.bytes))
			break;
		memcpy(out->as.id.bytes, stmt->cells[i].id,
		    sizeof(out->as.id.bytes));
		return true;
	case DB_TIME:
		if (!time_from_mysql(&stmt->cells[i].time, &out->as.time))
			break;
		return true;
	case DB_TEXT:
	case DB_NULL:
		return read_text(rows, i, out, err);
	}
	return error_set(
	    err, ERROR_INTERNAL, "a value in the database is malformed");
}

/* A connection that is closed takes its statements with it. */
static bool
is_open(const struct rows *rows)
{
	return rows->stmt != NULL && rows->db->connection == rows->connection;
}

static bool
rows_next(
    struct rows *rows, struct db_value *columns, bool *found, struct error *err)
{
	int result;
	size_t i;

	*found = false;
	if (!is_open(rows))
		return error_set(err, ERROR_UNAVAILABLE,
		    "the connection to the database was lost");
	result = mysql_stmt_fetch(rows->stmt->handle);
	if (result == MYSQL_NO_DATA)
		return true;
	/* A text may have no room in its cell. */
	if (result != 0 && result != MYSQL_DATA_TRUNCATED)
		return stmt_fail(rows->stmt, err);
	for (i = 0; i < rows->n_columns; i++)
		if (!read_column(rows, i, &columns[i], err))
			return false;
	*found = true;
	return true;
}

static void
rows_close(struct rows *rows)
{
	if (is_open(rows))
		mysql_stmt_free_result(rows->stmt->handle);
	rows->stmt = NULL;
}

bool
db_each(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, const enum db_type *types, size_t n_columns,
    struct arena *arena, db_visit *visit, void *context, struct error *err)
{
	struct db_value row[DB_MAX_COLUMNS];
	struct rows rows = {0};
	bool found = true, ok;

	ok = rows_open(
	    db, sql, args, n_args, types, n_columns, arena, &rows, err);
	while (ok && found)
		ok = rows_next(&rows, row, &found, err) &&
		    (!found || visit(context, row, err));
	rows_close(&rows);
	return ok;
}

bool
db_each_of_page(struct db *db, const char *first, const char *next,
    const struct db_page *page, const enum db_type *types, size_t n_columns,
    struct arena *arena, db_visit *visit, void *context, struct error *err)
{
	const struct db_value args[] = {
	    db_time(page->time),
	    db_time(page->time),
	    db_uuid(&page->id),
	    db_int(page->limit),
	};

	if (page->has_after)
		return db_each(db, next, args, 4, types, n_columns, arena,
		    visit, context, err);
	return db_each(db, first, &args[3], 1, types, n_columns, arena, visit,
	    context, err);
}

bool
db_select_one(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, const enum db_type *types, struct db_value *columns,
    size_t n_columns, struct arena *arena, bool *found, struct error *err)
{
	struct rows rows = {0};
	size_t i;
	bool ok;

	for (i = 0; i < n_columns; i++)
		columns[i] = absent(types[i]);
	ok = rows_open(
		 db, sql, args, n_args, types, n_columns, arena, &rows, err) &&
	    rows_next(&rows, columns, found, err);
	rows_close(&rows);
	return ok;
}
