/* SPDX-License-Identifier: MIT */
/* A database that answers what the input says: it stands in for MariaDB
 * Connector/C below src/db.
 *
 * Each statement that is run takes a byte of the script. Most of them are a
 * number of rows, whose cells take a byte each: a choice among values that
 * could be in such a column. Others are errors, or rows that no table of ours
 * could hold. Behind the end of the script as many statements as its first byte
 * says find rows whose cells are anything, and then none finds a row. */
#ifndef SETLINK_FUZZ_FAKE_MYSQL_H
#define SETLINK_FUZZ_FAKE_MYSQL_H

#include "base/clock.h"
#include "base/uuid.h"
#include "fuzz.h"

#define FAKE_IDS 8

/* What a column whose name has "email" in it holds. */
#define FAKE_EMAIL "hidden@mail.example"

struct fake_mysql {
	struct fuzz_input script;
	unsigned generous; /* statements behind its end that find rows */
	uint32_t anything; /* what they find */
	usec_t now;        /* what the times in rows are near to */
	bool nonsense; /* it gave what MariaDB with our tables does not give */
	bool out_of_memory; /* it said that of itself */
	unsigned handles;   /* that are open, connections and statements */
};

extern struct fake_mysql fake_mysql;

/* Begin with a script. */
void fake_mysql_begin(const uint8_t *script, size_t len, usec_t now);

/* The next byte of the script, or what comes behind its end. */
unsigned fake_mysql_byte(void);

/* The ids that occur in rows. */
struct uuid fake_mysql_id(size_t index);

/* The words that occur in rows. */
extern const char *const fake_mysql_words[];
extern const size_t fake_mysql_words_count;

#endif
