/* SPDX-License-Identifier: MIT */
/* A backup: what mariadb-dump writes of the database, between a first line that
 * says whose it is and last lines that say what is in it:
 *
 *     -- setlink backup 1
 *     (the dump: each row is a line)
 *     -- setlink table NAME rows N sha256 (of these lines)
 *     -- setlink schema N
 *     -- setlink end sha256 (of all before)
 */
#ifndef SETLINK_DB_DUMP_H
#define SETLINK_DB_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/lines.h"
#include "db/db.h"

#define DUMP_MAX_TABLES  64
#define DUMP_NAME_SIZE   65
#define DUMP_DIGEST_SIZE 65

struct dump_table {
	char name[DUMP_NAME_SIZE];
	int64_t rows;
	char digest[DUMP_DIGEST_SIZE]; /* SHA-256 in hex */
};

/* What is in a dump, as far as it was read. */
struct dump {
	int64_t schema; /* the version of the tables */
	struct dump_table tables[DUMP_MAX_TABLES];
	size_t n_tables;
	bool complete; /* whether mariadb-dump has come to its end */

	struct lines lines;
	void *all; /* EVP_MD_CTX; of the whole, of the rows of a table */
	void *table;
	bool row; /* whether the line is one */
};

/* NULL when memory is short. */
struct dump *dump_new(void) MUST_CHECK;
void dump_free(struct dump *dump);

/* Called with all bytes, a piece at a time. */
typedef bool dump_write(
    void *context, const void *bytes, size_t len, struct error *err);

/* Have mariadb-dump write all tables of the database as they are at one
 * moment, while others may write to them. `write` gets the whole backup. It is
 * to be thrown away when this returns false. */
bool dump_make(struct dump *dump, struct db *db, dump_write *write,
    void *context, struct error *err) MUST_CHECK;

/* Read a backup to its end. ERROR_INVALID says what is wrong with it: it is
 * another file, or not as dump_make has made it. */
bool dump_read(struct dump *dump, int fd, struct error *err) MUST_CHECK;

/* Whether both have the same rows in the same tables; ERROR_CONFLICT names the
 * first table that differs. */
bool dump_same(const struct dump *want, const struct dump *have,
    struct error *err) MUST_CHECK;

#endif
