/* SPDX-License-Identifier: MIT */
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
#include "recorder/span_row.h"

/* No list of sets is longer. */
#define TRACKS_MAX 1000

/* Where in the file that a link gives. */
struct tracks_span {
	bool held;    /* the recording has something of the set */
	bool in_file; /* in its files, when they are there */
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

/* How a set is tied to a recording. */
struct tracks_link {
	bool by_hand;
	bool by_wrong_clock; /* it fits only if a clock is wrong */
	bool fixed;          /* a person has said where the set begins: */
	usec_t offset;
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
	bool primary;
	struct uuid recorder_id, recording_id;
	bool gone; /* from the bucket */
	struct tracks_span span;
	/* A file is there, and is not one that was replaced since. */
	bool has_file[RECORDING_FORMATS];
	bool open;     /* the recording goes on, or was never closed */
	bool reopened; /* and its files will be replaced when it ends */
	bool replaced; /* they have been, with what the set had of them */
	bool by_hand;
	bool changed; /* another OGG came since the set has it */
	usec_t changed_at;
};

/* What of a recording a set has. A person is believed, as is a clock that is
 * wrong, where the two have nothing in common. The silence at the end belongs
 * to nobody. */
struct tracks_span tracks_span(const struct span *span,
    const struct tracks_link *link, const struct tracks_set *set, usec_t now);

/* The sets on a recording, by their offsets; in the arena. */
bool tracks_of_recording(struct db *db, struct arena *arena,
    const struct recording *recording, usec_t now, struct tracks_track **out,
    size_t *count, struct error *err) MUST_CHECK;

/* Columns of a part of a set: `l` is its row of session_recordings, `r` the
 * recording, `c` the recorder. The keys are named because the server would look
 * at all others, too. */
#define TRACKS_COLUMNS                               \
	"l.recorder_id, l.recording_id, "            \
	"r.id IS NULL OR r.gone_at IS NOT NULL, "    \
	"CASE WHEN r.ogg_changed_at >= l.linked_at " \
	"THEN r.ogg_changed_at END, "                \
	"l.part, l.is_primary, l.matched_by, l.fixed_us, " SPAN_COLUMNS
#define TRACKS_RECORDING                                              \
	"LEFT JOIN recordings r FORCE INDEX (PRIMARY) "               \
	"ON r.recorder_id = l.recorder_id AND r.id = l.recording_id " \
	"LEFT JOIN recorders c FORCE INDEX (PRIMARY) "                \
	"ON c.id = l.recorder_id "

enum tracks_column {
	TRACKS_RECORDER_ID,
	TRACKS_RECORDING_ID,
	TRACKS_GONE, /* a link may outlive its row of the index */
	TRACKS_CHANGED_AT,
	TRACKS_PART,
	TRACKS_PRIMARY,
	TRACKS_MATCHED_BY,
	TRACKS_FIXED,
	TRACKS_SPAN,
	TRACKS_N_COLUMNS = TRACKS_SPAN + SPAN_N_COLUMNS
};

void tracks_fill_types(enum db_type types[TRACKS_N_COLUMNS]);

/* The part in these columns, of which there is one. */
struct tracks_part tracks_part_of_row(
    const struct db_value *row, const struct tracks_set *set, usec_t now);

/* The recordings of a set, by their parts. */
bool tracks_of_set(struct db *db, struct arena *arena,
    const struct tracks_set *set, usec_t now,
    struct tracks_part parts[MATCH_MAX_PARTS], size_t *count, struct error *err)
    MUST_CHECK;

#endif
