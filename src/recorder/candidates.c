/* The recordings that a set could be on. */
#include "recorder/candidates.h"

/* A recording that began longer ago than this is not looked at: it bounds
 * what a search reads, and no night is that long. */
#define LOOK_BACK (7 * 24 * USEC_PER_HOUR)

/* One search reads this many at most. */
#define MAX_CANDIDATES 1000

enum column {
	RECORDER_ID,
	ID,
	START,
	END,
	DURATION,
	CLOSED,
	HAS_FILES,
	CHUNKS,
	NEWEST_CHUNK,
	CORRECTION,
	TIED,
	HOLDER,
	N_COLUMNS
};

static const enum db_type types[N_COLUMNS] = {
    [RECORDER_ID] = DB_UUID,
    [ID] = DB_UUID,
    [START] = DB_TIME,
    [END] = DB_TIME,
    [DURATION] = DB_INT,
    [CLOSED] = DB_INT,
    [HAS_FILES] = DB_INT,
    [CHUNKS] = DB_INT,
    [NEWEST_CHUNK] = DB_TIME,
    [CORRECTION] = DB_SPAN,
    [TIED] = DB_INT,
    [HOLDER] = DB_UUID,
};

/* To be added to a time of the recorder's clock. */
#define CORRECTION_INTERVAL \
	"INTERVAL COALESCE(c.clock_correction_us, 0) MICROSECOND "

/* The recordings of recorders that are tied to the set's room; those of
 * recorders that are tied to none when none is tied to this one; all for a set
 * without a room. */
#define OF_ROOM                                             \
	"(? IS NULL OR COALESCE(c.room, '') = COALESCE("    \
	"(SELECT t.room FROM recorders t WHERE t.room = ? " \
	"LIMIT 1), '')) "

/* The key bounds what is read, by the recorder's clock: nearly all that began
 * before the set had also ended by then, which it shows. */
static const char select_candidates[] =
    "SELECT r.recorder_id, r.id, r.start_time, r.end_time, r.duration_ns, "
    "r.is_closed, "
    "COALESCE(r.ogg_size, 0) + COALESCE(r.flac_size, 0) > 0, "
    "r.chunks, r.newest_chunk_at, COALESCE(c.clock_correction_us, 0), "
    "? IS NULL AND c.room IS NOT NULL, "
    "(SELECT o.id FROM session_recordings l "
    "JOIN sessions o ON o.id = l.session_id "
    "WHERE l.recorder_id = r.recorder_id AND l.recording_id = r.id "
    "AND " HOLDS_OVERLAP " ORDER BY o.started_at LIMIT 1) "
    "FROM recordings r FORCE INDEX (by_span) "
    "LEFT JOIN recorders c ON c.id = r.recorder_id "
    "WHERE r.listed_at BETWEEN ? AND ? "
    "AND (r.end_time IS NULL OR r.end_time >= ?) AND r.gone_at IS NULL "
    "AND r.start_time IS NOT NULL "
    "AND r.start_time + " CORRECTION_INTERVAL "<= ? "
    "AND (r.end_time IS NULL OR r.end_time + " CORRECTION_INTERVAL ">= ?) "
    "AND " OF_ROOM "ORDER BY r.listed_at DESC LIMIT ?";

static bool
take_row(void *context, const struct db_value *row, struct error *err)
{
	struct candidates *candidates = context;
	struct match_recording *out =
	    &candidates->recordings[candidates->count];

	(void)err;
	*out = (struct match_recording){
	    .recorder_id = row[RECORDER_ID].as.id,
	    .id = row[ID].as.id,
	    .start = row[START].as.time + row[CORRECTION].as.number,
	    .closed = row[CLOSED].as.number != 0,
	    .has_files = row[HAS_FILES].as.number != 0,
	    .has_chunks = row[CHUNKS].as.number > 0,
	    .taken = row[HOLDER].type != DB_NULL,
	    .tied = row[TIED].as.number != 0,
	};
	if (row[END].type != DB_NULL)
		out->end = row[END].as.time + row[CORRECTION].as.number;
	else if (row[DURATION].type != DB_NULL)
		out->end = out->start + row[DURATION].as.number / 1000;
	if (row[NEWEST_CHUNK].type != DB_NULL)
		out->newest_chunk = row[NEWEST_CHUNK].as.time;
	if (out->taken)
		candidates->holders[candidates->count] = row[HOLDER].as.id;
	candidates->count++;
	return true;
}

static bool
reserve(struct arena *arena, struct candidates *out, struct error *err)
{
	out->recordings = arena_alloc(
	    arena, MAX_CANDIDATES * sizeof(out->recordings[0]));
	out->holders = arena_alloc(
	    arena, MAX_CANDIDATES * sizeof(out->holders[0]));
	out->count = 0;
	return (out->recordings != NULL && out->holders != NULL) ||
	    error_memory(err);
}

/* The most that the clock of any recorder is corrected by. */
static bool
read_correction(
    struct db *db, struct arena *arena, usec_t *most, struct error *err)
{
	static const enum db_type number[] = {DB_SPAN};
	struct db_value row;
	bool found;

	if (!db_select_one(db,
		"SELECT GREATEST(COALESCE(MAX(clock_correction_us), 0), "
		"-COALESCE(MIN(clock_correction_us), 0), 0) FROM recorders",
		NULL, 0, number, &row, 1, arena, &found, err))
		return false;
	*most = row.as.number;
	return true;
}

bool
candidates_read(struct db *db, struct arena *arena, const struct holds_set *set,
    usec_t now, struct candidates *out, struct error *err)
{
	usec_t last = set->end > set->start + set->tolerance
	    ? set->end
	    : set->start + set->tolerance;
	usec_t most;

	if (!read_correction(db, arena, &most, err))
		return false;
	const struct db_value args[] = {
	    db_text(set->room),
	    db_uuid(&set->id),
	    db_text(set->room),
	    db_time(set->start),
	    db_time(now),
	    db_time(set->end),
	    db_int(set->tolerance),
	    db_time(set->start - LOOK_BACK - most),
	    db_time(last + most),
	    db_time(set->start - set->tolerance - most),
	    db_time(last),
	    db_time(set->start - set->tolerance),
	    db_text(set->room),
	    db_text(set->room),
	    db_int(MAX_CANDIDATES),
	};

	return reserve(arena, out, err) &&
	    db_each(db, select_candidates, args, 15, types, N_COLUMNS, arena,
		take_row, out, err);
}
