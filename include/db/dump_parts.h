/* SPDX-License-Identifier: MIT */
/* What the files of db/ share of a dump. */
#ifndef SETLINK_DB_DUMP_PARTS_H
#define SETLINK_DB_DUMP_PARTS_H

#include "db/dump.h"

/* Take in a piece of what mariadb-dump writes; ERROR_INVALID when it is of no
 * database of setlink. */
bool dump_take(struct dump *dump, const struct lines_piece *piece,
    struct error *err) MUST_CHECK;

/* Add to the sum of the whole. */
bool dump_sum(struct dump *dump, const void *bytes, size_t len,
    struct error *err) MUST_CHECK;

/* The sum of the whole; nothing can be added then. */
bool dump_end_digest(struct dump *dump, char out[DUMP_DIGEST_SIZE],
    struct error *err) MUST_CHECK;

#endif
