/* SPDX-License-Identifier: MIT */
/* MariaDB: one kept connection, prepared statements kept with it,
 * transactions that are run again when the server rolled them back. */
#ifndef SETLINK_DB_DB_H
#define SETLINK_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"

struct db;

/* DB_SPAN is for columns only: a whole number of microseconds that is to be
 * added to a time. One that no two times are apart is malformed, so that no
 * such sum is too large for usec_t. */
enum db_type { DB_NULL, DB_INT, DB_DOUBLE, DB_TEXT, DB_UUID, DB_TIME, DB_SPAN };

/* A parameter, or a column of a row. A column's type is what the caller asked
 * for, or DB_NULL when it holds NULL; its value is zero then, or the empty
 * text: who reads a column that is NOT NULL in sql/ need not ask. */
struct db_value {
	enum db_type type;
	union {
		int64_t number;
		double decimal;
		struct uuid id;
		usec_t time;
		struct {
			const char *bytes; /* NUL-terminated in rows */
			size_t len;
		} text;
	} as;
};

struct db_value db_int(int64_t number);
struct db_value db_double(double number);
struct db_value db_text(const char *text);      /* NULL is SQL's NULL */
struct db_value db_uuid(const struct uuid *id); /* NULL likewise */
struct db_value db_time(usec_t time);
struct db_value db_null(void);

/* A closed connection: nothing is sent before the first statement. `config`
 * is borrowed for as long as the connection lives. An answer may take
 * `timeout` seconds, 2 at least. NULL when memory is short. */
struct db *db_new(const struct config *config, unsigned timeout) MUST_CHECK;
void db_free(struct db *db);

/* Connect to a database of whatever version: otherwise one that is not that of
 * this program (db/migrate.h) is ERROR_UNAVAILABLE. */
void db_any_schema(struct db *db);

/* A request begins: twice `timeout` seconds from now on, or from the last
 * transaction that was committed, nothing more is sent, but ERROR_UNAVAILABLE
 * returned, whatever was tried until then, on how many hosts. So a database
 * that fails holds a request for three times `timeout` at most, and one that
 * can only be read has time for that when a write has waited in vain. */
void db_limit_time(struct db *db);

/* Give back what the client library holds for the process; at its end. */
void db_library_end(void);

/* Drop the connection; the next statement opens a new one. */
void db_close(struct db *db);

/* Run a statement without rows. `affected` may be NULL. Errors: DUPLICATE,
 * RETRY (in a transaction; run it again), UNAVAILABLE, INTERNAL. Outside a
 * transaction it is tried again as a transaction is, and a kept connection that
 * turns out to be dead is replaced and the statement sent again: it must be one
 * that may run twice. */
bool db_exec(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, uint64_t *affected, struct error *err) MUST_CHECK;

/* Called once a row. */
typedef bool db_visit(
    void *context, const struct db_value *row, struct error *err);

/* Run a statement with rows, which the client library holds until the last one
 * has been visited: `visit` may run statements with another text. `types` says
 * how each column is wanted; texts live in the arena. Errors as those of
 * db_exec. */
bool db_each(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, const enum db_type *types, size_t n_columns,
    struct arena *arena, db_visit *visit, void *context, struct error *err)
    MUST_CHECK;

/* A page of a list that is sorted by a time and an id, newest first. */
struct db_page {
	bool has_after; /* whether it begins after (time, id) */
	usec_t time;
	struct uuid id;
	unsigned limit;
};

/* db_each for a page. `first` has the parameter LIMIT; `next`, for a page that
 * begins after something, has: time, time, id, LIMIT. */
bool db_each_of_page(struct db *db, const char *first, const char *next,
    const struct db_page *page, const enum db_type *types, size_t n_columns,
    struct arena *arena, db_visit *visit, void *context, struct error *err)
    MUST_CHECK;

/* db_each for at most one row. Without one all columns are NULL. */
bool db_select_one(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, const enum db_type *types, struct db_value *columns,
    size_t n_columns, struct arena *arena, bool *found, struct error *err)
    MUST_CHECK;

/* What a transaction does. It may be run several times, and must have no
 * effect but on the database and on what `context` points at. */
typedef bool db_work(struct db *db, void *context, struct error *err);

/* Run `work` in a transaction and commit it; roll back when it returns false.
 * ERROR_RETRY is answered by running it again, DB_TRIES times at most; then it
 * is ERROR_UNAVAILABLE. A connection that is lost while COMMIT is on its way
 * is ERROR_UNAVAILABLE: nobody knows then whether it took place. */
#define DB_TRIES 24
bool db_transaction(
    struct db *db, db_work *work, void *context, struct error *err) MUST_CHECK;

/* How many transactions have been committed, or were to be when the connection
 * was lost. */
unsigned long db_commits(const struct db *db);

/* The code for an error number of the server or of the client library. */
enum error_code db_error_code(unsigned number);

/* "The transaction is to be run again from its start." */
bool db_is_retryable(enum error_code code);

#endif
