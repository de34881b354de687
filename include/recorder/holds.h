/* SPDX-License-Identifier: MIT */
/* Which set has which recording: the rows that links are made of. */
#ifndef SETLINK_RECORDER_HOLDS_H
#define SETLINK_RECORDER_HOLDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "recorder/links.h"

/* The set to be linked, as it is in the database. */
struct holds_set {
	struct uuid id;
	usec_t start, end; /* `now` while it runs */
	bool running;
	const char *room; /* NULL when there is none */
	bool barred;
	bool manual;      /* linked by a person */
	usec_t tolerance; /* the least to look for its recording with */
	/* What is noted of its recordings, as in struct holds_note. */
	const char *state; /* "" when there is nothing */
	bool has_recorded;
	usec_t recorded;
};

/* What is noted of a set beside its links. */
struct holds_note {
	const char
	    *state; /* why it has none: "audio_lost", "silent", or NULL */
	bool has_recorded; /* once it has ended */
	usec_t recorded;   /* how much of it the recordings hold */
};

/* That session `o` is another one than a set, in the same room (or one of them
 * in none), and overlaps it by more than a tolerance. Its parameters: id, room
 * and start of the set, now, end of the set, tolerance in microseconds. */
#define HOLDS_OVERLAP                                                \
	"o.id <> ? AND COALESCE(o.room <> ?, 0) = 0 "                \
	"AND TIMESTAMPDIFF(MICROSECOND, GREATEST(o.started_at, ?), " \
	"LEAST(COALESCE(o.ended_at, ?), ?)) > ?"

/* Those parameters. */
#define HOLDS_ARGS(set, now)                                              \
	db_uuid(&(set)->id), db_text((set)->room), db_time((set)->start), \
	    db_time(now), db_time((set)->end), db_int((set)->tolerance)

/* The name of the DJ of a set `s`, of all who play if there are several: "A b2b
 * B". `d` is the row of its own DJ. */
#define HOLDS_NAMES                                      \
	"IF(s.session_type = 'solo', d.name, COALESCE((" \
	"SELECT GROUP_CONCAT(x.name ORDER BY p.place "   \
	"SEPARATOR ' b2b ') FROM session_djs p "         \
	"JOIN djs x ON x.id = p.dj_id WHERE p.session_id = s.id), d.name))"

/* Lock the row of a set and read it. ERROR_NOT_FOUND without one. */
bool holds_lock_set(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct holds_set *out, struct error *err) MUST_CHECK;

/* The same without the lock. */
bool holds_read_set(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct holds_set *out, struct error *err) MUST_CHECK;

/* Lock a recording that is not gone, by a write: on a cluster only writes to
 * the same row make two transactions meet. */
bool holds_lock_recording(struct db *db, const struct uuid *recorder_id,
    const struct uuid *recording_id, bool *found, struct error *err) MUST_CHECK;

/* The other set that holds the recording in the same room, and overlaps `set`
 * by more than its tolerance. */
bool holds_find_holder(struct db *db, struct arena *arena,
    const struct holds_set *set, const struct uuid *recorder_id,
    const struct uuid *recording_id, usec_t now, struct uuid *holder,
    bool *found, struct error *err) MUST_CHECK;

/* The parts that a set has now, in order. *how (in the arena) is how they were
 * found, NULL without parts. */
bool holds_read(struct db *db, struct arena *arena, const struct uuid *id,
    struct link_list *out, const char **how, struct error *err) MUST_CHECK;

/* Replace the parts of a set, and its documented columns with them. No parts
 * unlink it. `how` is a rule's name or "manual". */
bool holds_write(struct db *db, const struct config *config,
    const struct uuid *id, const struct link_list *parts, const char *how,
    const struct holds_note *note, struct error *err) MUST_CHECK;

/* Note that alone, unless it is noted already. */
bool holds_write_note(struct db *db, const struct holds_set *set,
    const struct holds_note *note, struct error *err) MUST_CHECK;

#endif
