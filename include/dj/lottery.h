/* SPDX-License-Identifier: MIT */
/* The lottery over the open pool, its records, and the queue. */
#ifndef SETLINK_DJ_LOTTERY_H
#define SETLINK_DJ_LOTTERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "dj/djs.h"
#include "dj/draw.h"

/* Of a pool of more only those with the lowest ids are drawn from: who has been
 * a DJ here for longest. */
#define LOTTERY_MAX_PARTICIPANTS 2000

/* A draw, prepared or done. What is only known afterwards is NULL or not
 * given before: the seed is a secret until then. */
struct lottery_draw {
	struct uuid id;
	struct uuid pool_id;
	int64_t number;
	const char *commitment;
	usec_t committed_at;
	bool drawn;
	const char *seed; /* hex */
	usec_t due_at, drawn_at;
	struct uuid winner_id;
	const char *winner_name;
	/* By what the weights were made; old records do not tell. */
	bool has_rules;
	struct draw_rules rules;
};

/* Somebody in a draw. */
struct lottery_participant {
	struct dj dj;   /* of a record: only id and name */
	int64_t weight; /* millionths */
	struct draw_reasons reasons;
	bool late;
};

/* Prepare the next draw of a pool unless one is prepared: make a seed and
 * publish the commitment to it. In a transaction. */
bool lottery_prepare(struct db *db, struct arena *arena,
    const struct uuid *pool_id, struct error *err) MUST_CHECK;

struct lottery_result {
	bool drawn; /* false: nobody is in the pool */
	struct lottery_draw draw;
	struct lottery_participant *participants; /* in the arena */
	size_t count;
	size_t winner;
};

/* Draw one of the open pool who is active and not in the queue of this round,
 * or make the draw of the event if that is due, see below; put the winner at
 * the end of the queue, and write everything down. One transaction: two draws
 * at the same moment never draw one DJ twice or give one position twice. */
bool lottery_draw(struct db *db, const struct config *config,
    struct arena *arena, struct lottery_result *out, struct error *err)
    MUST_CHECK;

/* Make the next draw of the event if it is due, as of the moment it was due:
 * with the weights of then. When nobody could be drawn then, it waits for the
 * first who registers. For a transaction that has called night_lock. */
bool lottery_draw_due(struct db *db, const struct config *config,
    struct arena *arena, usec_t now, struct lottery_result *out,
    struct error *err) MUST_CHECK;

typedef bool lottery_visit_draw(
    void *context, const struct lottery_draw *draw, struct error *err);

/* Visit a page of all draws, newest first. */
bool lottery_list(struct db *db, struct arena *arena,
    const struct db_page *page, lottery_visit_draw *visit, void *context,
    struct error *err) MUST_CHECK;

/* The record of a draw, participants in the order of their ids. NOT_FOUND
 * without one. */
bool lottery_find(struct db *db, struct arena *arena, const struct uuid *id,
    struct lottery_result *out, struct error *err) MUST_CHECK;

/* Visit those of the open pool who can be drawn, in the order in which they
 * registered. */
bool lottery_pool(struct db *db, struct arena *arena, djs_visit *visit,
    void *context, struct error *err) MUST_CHECK;

struct lottery_statistics {
	int64_t total_draws;
	int64_t unique_winners;
	double average_weight;
	double fairness; /* Jain's index of wins over expected wins, 0..1 */
};

bool lottery_statistics(struct db *db, struct arena *arena,
    struct lottery_statistics *out, struct error *err) MUST_CHECK;

#endif
