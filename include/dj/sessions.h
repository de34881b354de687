/* SPDX-License-Identifier: MIT */
/* Sessions: the sets of the night, and what is known of their recordings. */
#ifndef SETLINK_DJ_SESSIONS_H
#define SETLINK_DJ_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "recorder/index.h"
#include "recorder/tracks.h"

/* Of as many sets, that one start ends, the ids are told. */
#define SESSIONS_MAX_ENDED 16

/* So many DJs play in one set at most. */
#define SESSIONS_MAX_DJS 8

struct session_dj {
	struct uuid id;
	const char *name;
};

struct session {
	struct uuid id;
	struct uuid dj_id;
	const char *dj_name; /* of all who play, joined by " b2b " */
	struct session_dj djs[SESSIONS_MAX_DJS]; /* the first has dj_id */
	size_t n_djs;
	bool in_event;
	struct uuid event_id;
	bool has_length; /* meant to last planned_minutes */
	int64_t planned_minutes;
	const char *room; /* NULL when there is none */
	const char *type;
	usec_t started_at;
	bool ended;
	usec_t ended_at;
	/* The primary part of its recording. */
	bool linked;
	struct tracks_part part;
	const char *link_state; /* why it has none: "" where no more is known */
	bool has_recorded;      /* how much of it is recorded is known: */
	usec_t recorded;
	bool barred; /* a person unlinked it */
};

/* A set as it is to be. For a change, what is not given stays. */
struct session_change {
	const struct uuid *dj_id; /* NULL: not given */
	/* For a start: who plays with that DJ. */
	const struct uuid *others;
	size_t n_others;
	bool has_length;
	int64_t planned_minutes;
	const char *type; /* NULL: not given */
	const char *room; /* NULL: not given */
	bool has_start, has_end;
	usec_t started_at, ended_at;
	bool end_current; /* end who plays in that room; for a start */
};

typedef bool sessions_visit(
    void *context, const struct session *session, struct error *err);

/* Start a set at change->started_at, in the event of that time if there is one;
 * a DJ who waits in the queue has the turn from then on. The ids of the sets
 * that it ended go to `ended` (SESSIONS_MAX_ENDED). With change->ended_at it is
 * over already. Errors: NOT_FOUND without such a DJ, CONFLICT when a DJ is
 * deactivated or has an active set, INVALID when it ends before it starts. */
bool sessions_start(struct db *db, const struct config *config,
    struct arena *arena, const struct session_change *change, struct uuid *id,
    struct uuid *ended, size_t *n_ended, struct error *err) MUST_CHECK;

/* End a set. NOT_FOUND, or CONFLICT when it has ended before. */
bool sessions_end(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct error *err) MUST_CHECK;

/* End what has been running for that many hours, after just so many. */
bool sessions_end_overlong(struct db *db, int64_t hours, usec_t now,
    unsigned *count, struct error *err) MUST_CHECK;

/* Change a set. Another DJ gets its place in the queue, too; who had it waits
 * again. Errors as those of sessions_start. */
bool sessions_change(struct db *db, const struct config *config,
    struct arena *arena, const struct uuid *id,
    const struct session_change *change, usec_t now, struct error *err)
    MUST_CHECK;

/* ERROR_NOT_FOUND when there is no such session. `now` is for recordings that
 * are not closed, here and below. */
bool sessions_find(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct session *out, struct error *err) MUST_CHECK;

/* The same, with the parts of its recording. */
bool sessions_find_parts(struct db *db, struct arena *arena,
    const struct uuid *id, usec_t now, struct session *out,
    struct tracks_part parts[MATCH_MAX_PARTS], size_t *count, struct error *err)
    MUST_CHECK;

/* The set that was started last of those that run. */
bool sessions_current(struct db *db, struct arena *arena, usec_t now,
    struct session *out, bool *found, struct error *err) MUST_CHECK;

/* Visit a page of all sets, newest first. */
bool sessions_list(struct db *db, struct arena *arena,
    const struct db_page *page, usec_t now, sessions_visit *visit,
    void *context, struct error *err) MUST_CHECK;

/* Visit the sets of an event, the first first; `limit` of them at most. */
bool sessions_of_event(struct db *db, struct arena *arena,
    const struct uuid *event_id, unsigned limit, usec_t now,
    sessions_visit *visit, void *context, struct error *err) MUST_CHECK;

struct sessions_statistics {
	int64_t total, active;
	double average_minutes; /* of those that have ended */
	double total_hours;
};

bool sessions_statistics(struct db *db, struct arena *arena,
    struct sessions_statistics *out, struct error *err) MUST_CHECK;

#endif
