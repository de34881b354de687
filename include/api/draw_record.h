/* SPDX-License-Identifier: MIT */
/* Checking the public record of a draw. */
#ifndef SETLINK_API_DRAW_RECORD_H
#define SETLINK_API_DRAW_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* Recompute a draw from the JSON that GET /api/lottery/draws/{id} answers.
 * ERROR_INVALID for what is no such record, or one of a draw that has not been
 * made; ERROR_CONFLICT for one that cannot have come about. */
bool draw_record_verify(struct arena *arena, const char *text, size_t len,
    struct error *err) MUST_CHECK;

/* The same for a draw in the database, from what is public of it. NOT_FOUND
 * without one. */
bool draw_record_verify_stored(struct db *db, struct arena *arena,
    const struct uuid *id, struct error *err) MUST_CHECK;

#endif
