/* SPDX-License-Identifier: MIT */
/* Whose turn is when: pure functions over the queue, the sessions that run and
 * the time.
 *
 * Turns follow each other in slots of one length. Each draw plans the slot
 * behind the last one that is planned, and is due when half of that last one
 * has passed; the first, some time before the event starts. Slots stay where
 * they were planned: a set that runs over moves only the estimates. */
#ifndef SETLINK_DJ_PLAN_H
#define SETLINK_DJ_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "dj/djs.h"

/* An entry of the queue that waits, or has its turn. */
struct plan_turn {
	struct dj dj;
	int64_t position; /* the key of the entry */
	bool waiting;
	bool has_session; /* of one that does not wait */
	bool planned;     /* whether it has a slot */
	usec_t slot;      /* when that begins */
	usec_t began;     /* of one that plays without a session */
	usec_t estimate;  /* of one that waits, by plan_compute */
};

/* A session of the event that runs. */
struct plan_session {
	struct uuid dj_id;
	const char *dj_name;
	usec_t started_at;
	usec_t length; /* 0: a slot's */
	bool planned;  /* whether its DJ was in the queue for a slot */
	usec_t slot;
};

struct plan {
	/* Of the event. */
	usec_t started_at;
	usec_t slot_length;
	usec_t first_draw;   /* so long before the start */
	usec_t replanned_at; /* no draw is due before */
	/* Of those who have played. */
	bool has_last_slot;
	usec_t last_slot; /* the latest */
	usec_t free_at;   /* when the last one, or any set, ended; 0 without */
	/* In the order of the queue; who waits comes last. */
	struct plan_turn *turns;
	size_t n_turns;
	/* In the order of their starts. */
	const struct plan_session *sessions;
	size_t n_sessions;
	/* What plan_compute finds. */
	usec_t draw_due; /* when the next draw is due */
	size_t next;     /* the first turn that waits; n_turns: none */
	usec_t next_due; /* when it is to begin; while a session runs, the
			  * time of that is not known: CLOCK_MAX */
};

/* Compute what is due when, and the estimates, which never lie before `now`. */
void plan_compute(struct plan *plan, usec_t now);

/* The slot of the DJ that a draw, due at that time, adds to the queue. */
usec_t plan_next_slot(const struct plan *plan, usec_t due);

/* Plan the slots of those who wait anew, after the queue has changed at `now`:
 * one behind the other, from the end of the slot that began last. */
void plan_slots(struct plan *plan, usec_t now);

#endif
