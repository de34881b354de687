/* SPDX-License-Identifier: MIT */
/* Who is in a draw, and with which weight. */
#ifndef SETLINK_DJ_PARTICIPANTS_H
#define SETLINK_DJ_PARTICIPANTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "db/db.h"
#include "dj/lottery.h"
#include "dj/night.h"

/* Read into out->participants (in the arena) those of the open pool who can be
 * drawn: registered by `due`, active, and not in the queue of this round, in
 * the order of their ids, with the weights of that moment. Where jokers are
 * guaranteed and there is one, the weight of all others is 0. */
bool participants_read(struct db *db, const struct config *config,
    struct arena *arena, const struct night *night, usec_t due,
    struct lottery_result *out, struct error *err) MUST_CHECK;

/* When the first of those registers who can be drawn, but registered after
 * `due` and up to `now`; *found is false when there is none. */
bool participants_first(struct db *db, struct arena *arena,
    const struct night *night, usec_t due, usec_t now, usec_t *first,
    bool *found, struct error *err) MUST_CHECK;

/* Whether anybody registered by `now` can be drawn. */
bool participants_any(struct db *db, struct arena *arena,
    const struct night *night, usec_t now, bool *any, struct error *err)
    MUST_CHECK;

#endif
