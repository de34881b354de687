/* Which part of a recording belongs to which set. */
#ifndef SETLINK_RECORDER_TIMETABLE_H
#define SETLINK_RECORDER_TIMETABLE_H

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
#define TIMETABLE_MAX 1000

/* Where in a file. */
struct timetable_span {
	usec_t offset;
	bool has_duration; /* once the set has ended */
	usec_t duration;
};

/* A set and its time; the name lives in an arena. */
struct timetable_set {
	struct uuid session_id;
	const char *dj_name;
	usec_t started_at;
	bool ended;
	usec_t ended_at;
};

/* A set on a recording. */
struct timetable_entry {
	struct timetable_set set;
	int part; /* of the set, from 1 */
	struct timetable_span span;
};

/* A recording of a set. */
struct timetable_part {
	int part;
	struct recording recording;
	struct timetable_span span;
};

/* What of a recording a set that begins at `offset` in it has. `correction` is
 * that of the recorder's clock. The silence at the end belongs to nobody. */
struct timetable_span timetable_span(const struct recording *recording,
    usec_t correction, usec_t offset, const struct timetable_set *set,
    usec_t now);

/* The sets on a recording, by their offsets; in the arena. */
bool timetable_of_recording(struct db *db, struct arena *arena,
    const struct recording *recording, usec_t now, struct timetable_entry **out,
    size_t *count, struct error *err) MUST_CHECK;

/* The recordings of a set, by their parts. */
bool timetable_of_set(struct db *db, struct arena *arena,
    const struct timetable_set *set, usec_t now,
    struct timetable_part parts[MATCH_MAX_PARTS], size_t *count,
    struct error *err) MUST_CHECK;

#endif
