/* SPDX-License-Identifier: MIT */
/* The timetable of an event: past, playing, next. */
#ifndef SETLINK_DJ_TIMETABLE_H
#define SETLINK_DJ_TIMETABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "db/db.h"
#include "dj/night.h"
#include "dj/sessions.h"

/* Longer ones are cut. */
#define TIMETABLE_MAX 500

enum timetable_status {
	TIMETABLE_COMPLETED,
	TIMETABLE_IN_PROGRESS,
	TIMETABLE_UPCOMING
};

struct timetable_entry {
	const char *names;            /* of all who play */
	struct dj queued;             /* of one that is upcoming */
	const struct session_dj *djs; /* the first one leads */
	size_t n_djs;
	const char *type; /* "solo", "b2b" or "special" */
	enum timetable_status status;
	usec_t begins; /* expected, of one that is upcoming */
	usec_t ended;  /* of one that is completed */
	usec_t length; /* meant to last so long */
};

struct timetable {
	struct timetable_entry *entries; /* in the arena */
	size_t count;
	size_t completed;
	size_t n_djs; /* different ones */
};

/* The timetable of the event of `night`: its sessions, the turns for which
 * nobody started one, and those who wait, in the order of time. */
bool timetable_read(struct db *db, struct arena *arena,
    const struct night *night, struct timetable *out, struct error *err)
    MUST_CHECK;

/* "Completed", "InProgress" or "Upcoming". */
const char *timetable_status_name(enum timetable_status status);

#endif
