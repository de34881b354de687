/* SPDX-License-Identifier: MIT */
/* The night as it stands in the database: the open pool, the event that is
 * planned or runs, and whose turn is when. */
#ifndef SETLINK_DJ_NIGHT_H
#define SETLINK_DJ_NIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "dj/djs.h"
#include "dj/plan.h"

/* Nobody needs to see more of a queue than this many. */
#define NIGHT_MAX_TURNS 1000

#define EVENT_MAX_SLOT   1440 /* minutes */
#define EVENT_MAX_CUTOFF 168  /* hours */

struct event {
	struct uuid id;
	struct uuid pool_id;
	usec_t started_at; /* to come, for one that is planned */
	bool ended;
	usec_t ended_at;
	int64_t slot_minutes;
	int64_t cutoff_hours; /* who registers later after the start is late */
};

struct night {
	struct uuid pool_id; /* the open one */
	int64_t round;       /* of the pool */
	bool overlong;       /* a session runs that nobody ended in time */
	bool has_event;
	struct event event;
	/* Without an event nothing of it but the turns counts, and there are
	 * no slots and no estimates. */
	struct plan plan;
};

/* Read it and compute the plan; all texts are in the arena. */
bool night_read(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct night *out, struct error *err) MUST_CHECK;

/* Who has the desk. */
struct night_current {
	bool any;
	struct uuid dj_id;
	const char *dj_name;
	usec_t slot; /* when the slot began */
};

/* The session that was started last of those that run in the event, else the
 * one whose turn it is by the plan. */
struct night_current night_current(const struct night *night);

/* Fill in the place of a DJ in the queue, and when their turn is expected. */
void night_place(const struct night *night, struct dj *dj);

/* Visit those who wait in the queue, in order, with their places. */
bool night_queue(const struct night *night, djs_visit *visit, void *context,
    struct error *err) MUST_CHECK;

/* Have two transactions that change the queue of the open pool meet: a write
 * of the pool's row, to be the first statement of each. */
bool night_lock(struct db *db, struct error *err) MUST_CHECK;

#endif
