/* SPDX-License-Identifier: MIT */
/* The statements of the fake database, and their cells. */
#ifndef SETLINK_FUZZ_FAKE_ROWS_H
#define SETLINK_FUZZ_FAKE_ROWS_H

#include <mysql.h>

#include "fake-mysql.h"

#define FAKE_COLUMNS 64

struct fake_stmt {
	MYSQL *mysql;
	unsigned params, columns;
	bool email[FAKE_COLUMNS];
	bool hex[FAKE_COLUMNS];   /* a seed or its hash: a word may be one */
	bool truth[FAKE_COLUMNS]; /* yes or no */
	bool wide[FAKE_COLUMNS];  /* BIGINT */
	bool count[FAKE_COLUMNS]; /* of rows: MariaDB's own, so it is one */
	unsigned error;
	bool limited; /* LIMIT: by a parameter, the one at `limit_at`, or not */
	unsigned limit_at;
	int64_t limit;
	unsigned rows;
	bool nonsense;
	unsigned failure; /* a byte of the script; 0: none */
	bool stored;
	const MYSQL_BIND *binds;
	char *texts[FAKE_COLUMNS]; /* of the row in hand */
	size_t lengths[FAKE_COLUMNS];
};

/* Put the next value of the script into the column that is bound. */
void fake_cell(struct fake_stmt *stmt, size_t i);

#endif
