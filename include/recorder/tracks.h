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

/* Columns of a part of a set: `l` is its row of session_recordings, `r` the
 * recording, `c` the recorder. The keys are named because the server would look
 * at all others, too. */
#define TRACKS_LINK_COLUMNS                          \
	"l.recorder_id, l.recording_id, "            \
	"r.id IS NULL OR r.gone_at IS NOT NULL, "    \
	"r.ogg_size, r.flac_size, "                  \
	"r.waveform_size, r.overview_size, "         \
	"CASE WHEN r.ogg_changed_at >= l.linked_at " \
	"THEN r.ogg_changed_at END"
#define TRACKS_SPAN_COLUMNS                                          \
	"l.part, l.offset_us, c.clock_correction_us, r.start_time, " \
	"r.end_time, r.is_closed, r.chunks, r.newest_chunk_at, "     \
	"IF(r.audio_etag <=> r.waveform_etag, r.audio_us, NULL)"
#define TRACKS_RECORDING                                \
	"LEFT JOIN recordings r FORCE INDEX (PRIMARY) " \
	"ON r.recorder_id = l.recorder_id AND r.id = l.recording_id "
#define TRACKS_RECORDER                                \
	"LEFT JOIN recorders c FORCE INDEX (PRIMARY) " \
	"ON c.id = l.recorder_id "

enum tracks_column {
	TRACKS_RECORDER_ID,
	TRACKS_RECORDING_ID,
	TRACKS_GONE, /* a link may outlive its row of the index */
	TRACKS_SIZES,
	TRACKS_CHANGED_AT = TRACKS_SIZES + RECORDING_FORMATS,
	TRACKS_N_LINK_COLUMNS,
	TRACKS_PART = TRACKS_N_LINK_COLUMNS,
	TRACKS_OFFSET,
	TRACKS_CORRECTION,
	TRACKS_START,
	TRACKS_END,
	TRACKS_CLOSED,
	TRACKS_CHUNKS,
	TRACKS_NEWEST_CHUNK,
	TRACKS_AUDIO,
	TRACKS_N_COLUMNS
};

extern const enum db_type tracks_types[TRACKS_N_COLUMNS];

/* The part in these columns, of which there is one. Of its recording no more is
 * known than they tell. */
struct tracks_part tracks_part_of_row(
    const struct db_value *row, const struct tracks_set *set, usec_t now);

/* The recordings of a set, by their parts. */
bool tracks_of_set(struct db *db, struct arena *arena,
    const struct tracks_set *set, usec_t now,
    struct tracks_part parts[MATCH_MAX_PARTS], size_t *count, struct error *err)
    MUST_CHECK;

#endif
