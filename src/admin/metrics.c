/* SPDX-License-Identifier: MIT */
/* Numbers for monitoring. */
#include "admin/metrics.h"

#include "base/array.h"

/* In the order of the columns. Recordings are counted by the refresh, so that
 * no row of them is read. */
static const struct metric metrics[] = {
    {"setlink_schema_version", "gauge", "Version of the tables.", false, 0},
    {"setlink_index_age_seconds", "gauge",
	"Time since the last refresh of the index that succeeded.", false, 0},
    {"setlink_refresh_failed", "gauge",
	"1 when the last refresh of the index failed.", false, 0},
    {"setlink_recorders", "gauge", "Recorders that were seen.", false, 0},
    {"setlink_recordings", "gauge", "Recordings in the index.", false, 0},
    {"setlink_events_pending", "gauge",
	"Recordings of which MinIO's events wait to be worked off.", false, 0},
    {"setlink_pool_djs", "gauge", "DJs in the pool of the lottery.", false, 0},
    {"setlink_queue_waiting", "gauge", "DJs that wait in the queue.", false, 0},
    {"setlink_events_open", "gauge", "1 while an event is planned or runs.",
	false, 0},
    {"setlink_sets_running", "gauge", "DJs that play in sets that run.", false,
	0},
    {"setlink_draws_total", "counter", "Draws of the lottery with a winner.",
	false, 0},
    {"setlink_wrong_tokens", "gauge",
	"Wrong tokens of the last ten minutes that were counted.", false, 0},
};

#define N_METRICS LENGTH(metrics)

_Static_assert(N_METRICS <= METRICS_MAX, "room for all");

static const char statement[] =
    "SELECT (SELECT MAX(version) FROM schema_migrations), "
    "TIMESTAMPDIFF(MICROSECOND, s.finished_at, ?) / 1e6, "
    "s.failure IS NOT NULL, "
    "(SELECT COUNT(*) FROM recorders), "
    "(SELECT COALESCE(SUM(recordings), 0) FROM recorders), "
    "(SELECT COUNT(*) FROM events_pending), "
    "(SELECT COUNT(*) FROM pool_entries e JOIN pools p ON p.id = e.pool_id "
    "WHERE p.open_mark = 1), "
    "(SELECT COUNT(*) FROM queue_entries e JOIN pools p ON p.id = e.pool_id "
    "WHERE p.open_mark = 1 AND e.status = 'waiting'), "
    "(SELECT COUNT(*) FROM events WHERE open_mark = 1), "
    "(SELECT COUNT(*) FROM session_djs WHERE active_dj_id IS NOT NULL), "
    "(SELECT COALESCE(SUM(wins), 0) FROM lottery_totals), "
    "(SELECT COALESCE(SUM(count), 0) FROM address_counts "
    "WHERE what IN ('wrong token', 'wrong events') AND window_at >= ?) "
    "FROM sync_state s WHERE s.id = 1";

bool
metrics_read(struct db *db, struct arena *arena, usec_t now, struct metric *out,
    size_t *count, struct error *err)
{
	const struct db_value args[] = {
	    db_time(now), db_time(now - 10 * USEC_PER_MIN)};
	struct db_value row[N_METRICS];
	enum db_type types[N_METRICS];
	bool found;

	for (size_t i = 0; i < N_METRICS; i++)
		types[i] = DB_DOUBLE;
	if (!db_select_one(db, statement, args, 2, types, row, N_METRICS, arena,
		&found, err))
		return false;
	for (size_t i = 0; i < N_METRICS; i++) {
		out[i] = metrics[i];
		out[i].known = found && row[i].type == DB_DOUBLE;
		out[i].value = out[i].known ? row[i].as.decimal : 0;
	}
	*count = N_METRICS;
	return true;
}

struct chunks {
	struct metric_chunk *list;
	size_t count;
};

/* NULL is not known; the object store's clock may be ahead of ours. */
static bool
take_chunk(void *context, const struct db_value *row, struct error *err)
{
	struct chunks *chunks = context;
	double age = row[1].as.decimal;

	(void)err;
	if (row[1].type != DB_NULL && age < 24 * 3600 &&
	    chunks->count < METRIC_CHUNKS_MAX)
		chunks->list[chunks->count++] = (struct metric_chunk){
		    row[0].as.id, age < 0 ? 0 : age};
	return true;
}

bool
metrics_read_chunks(struct db *db, struct arena *arena, usec_t now,
    struct metric_chunk out[METRIC_CHUNKS_MAX], size_t *count,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID, DB_DOUBLE};
	const struct db_value args[] = {
	    db_time(now),
	    db_int(METRIC_CHUNKS_MAX),
	};
	struct chunks chunks = {out, 0};

	*count = 0;
	if (!db_each(db,
		"SELECT c.id, "
		"TIMESTAMPDIFF(MICROSECOND, r.newest_chunk_at, ?) / 1e6 "
		"FROM recorders c FORCE INDEX (by_first_seen) "
		"LEFT JOIN recordings r ON r.recorder_id = c.id AND r.id = "
		"(SELECT n.id FROM recordings n FORCE INDEX (by_recorder) "
		"WHERE n.recorder_id = c.id AND n.gone_at IS NULL "
		"ORDER BY n.listed_at DESC, n.id DESC LIMIT 1) "
		"ORDER BY c.first_seen_at DESC, c.id DESC LIMIT ?",
		args, 2, types, 2, arena, take_chunk, &chunks, err))
		return false;
	*count = chunks.count;
	return true;
}
