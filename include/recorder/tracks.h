/* Which part of a recording belongs to which set. */
#ifndef SETLINK_RECORDER_TRACKS_H
#define SETLINK_RECORDER_TRACKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "recorder/index.h"
#include "recorder/match.h"

/* No list of sets is longer. */
#define TRACKS_MAX 1000

/* Where in a file. */
struct tracks_span {
	usec_t offset;
	bool has_duration; /* once the set has ended */
	usec_t duration;
};

/* A set and its time; the name lives in an arena. */
struct tracks_set {
	struct uuid session_id;
	const char *dj_name;
	usec_t started_at;
	bool ended;
	usec_t ended_at;
};

/* A set on a recording. */
struct tracks_track {
	struct tracks_set set;
	int part; /* of the set, from 1 */
	struct tracks_span span;
};

/* A recording of a set. */
struct tracks_part {
	int part;
	struct recording recording;
	struct tracks_span span;
	bool changed; /* another OGG came since the set has it */
	usec_t changed_at;
};

/* What of a recording a set that begins at `offset` in it has. `correction` is
 * that of the recorder's clock. An offset below zero, which nothing writes,
 * counts as zero: no player and no CUE sheet knows one. The silence at the end
 * belongs to nobody. */
struct tracks_span tracks_span(const struct recording *recording,
    usec_t correction, usec_t offset, const struct tracks_set *set, usec_t now);

/* The sets on a recording, by their offsets; in the arena. */
bool tracks_of_recording(struct db *db, struct arena *arena,
    const struct recording *recording, usec_t now, struct tracks_track **out,
    size_t *count, struct error *err) MUST_CHECK;

/* The recordings of a set, by their parts. */
bool tracks_of_set(struct db *db, struct arena *arena,
    const struct tracks_set *set, usec_t now,
    struct tracks_part parts[MATCH_MAX_PARTS], size_t *count, struct error *err)
    MUST_CHECK;

#endif
