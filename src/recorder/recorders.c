/* SPDX-License-Identifier: MIT */
/* Rows of recorders. */
#include "recorder/recorders.h"

#include <string.h>

#include "recorder/relink.h"
#include "recorder/span_row.h"

enum column {
	ID,
	NAME,
	FIRST_SEEN,
	LAST_SEEN,
	RECORDINGS,
	BYTES,
	ROOM,
	CORRECTION,
	/* The newest recording. */
	NEWEST,
	SPAN,
	N_COLUMNS = SPAN + SPAN_N_COLUMNS
};

static const enum db_type recorder_types[SPAN] = {
    [ID] = DB_UUID,
    [NAME] = DB_TEXT,
    [FIRST_SEEN] = DB_TIME,
    [LAST_SEEN] = DB_TIME,
    [RECORDINGS] = DB_INT,
    [BYTES] = DB_INT,
    [ROOM] = DB_TEXT,
    [CORRECTION] = DB_SPAN,
    [NEWEST] = DB_UUID,
};

static void
fill_types(enum db_type types[N_COLUMNS])
{
	memcpy(types, recorder_types, sizeof(recorder_types));
	memcpy(types + SPAN, span_types, sizeof(span_types));
}

#define SELECT_RECORDERS                                         \
	"SELECT c.id, c.name, c.first_seen_at, c.last_seen_at, " \
	"c.recordings, c.bytes, c.room, c.clock_correction_us, " \
	"r.id, " SPAN_COLUMNS " FROM recorders c "

/* Each recording but the newest one was closed when the next one began. */
#define JOIN_NEWEST                                                  \
	"LEFT JOIN recordings r ON r.recorder_id = c.id AND r.id = " \
	"(SELECT n.id FROM recordings n FORCE INDEX (by_recorder) "  \
	"WHERE n.recorder_id = c.id AND n.gone_at IS NULL "          \
	"ORDER BY n.listed_at DESC, n.id DESC LIMIT 1) "

#define SELECT_LIST SELECT_RECORDERS "FORCE INDEX (by_first_seen) " JOIN_NEWEST
#define LIST_ORDER  "ORDER BY c.first_seen_at DESC, c.id DESC LIMIT ?"

static bool
goes_on(const struct db_value *row, usec_t now)
{
	const struct span_facts facts = span_facts_of_row(row + SPAN);
	struct span span;

	if (row[NEWEST].type == DB_NULL)
		return false;
	span_find(&facts, now, &span);
	return span.open && !span.lost;
}

static struct recorder
from_row(const struct db_value *row, usec_t now)
{
	struct recorder out = {
	    .id = row[ID].as.id,
	    .name = row[NAME].as.text.bytes,
	    .first_seen = row[FIRST_SEEN].as.time,
	    .last_seen = row[LAST_SEEN].as.time,
	    .recordings = row[RECORDINGS].as.number,
	    .bytes = row[BYTES].as.number,
	    .has_open = goes_on(row, now),
	    .correction = row[CORRECTION].as.number,
	};

	if (out.has_open)
		out.open = row[NEWEST].as.id;
	if (row[ROOM].type != DB_NULL)
		out.room = row[ROOM].as.text.bytes;
	return out;
}

struct list {
	recorders_visit *visit;
	void *context;
	usec_t now;
};

static bool
visit_row(void *context, const struct db_value *row, struct error *err)
{
	const struct list *list = context;
	const struct recorder recorder = from_row(row, list->now);

	return list->visit(list->context, &recorder, err);
}

bool
recorders_list(struct db *db, struct arena *arena, const struct db_page *page,
    usec_t now, recorders_visit *visit, void *context, struct error *err)
{
	struct list list = {visit, context, now};
	enum db_type types[N_COLUMNS];

	fill_types(types);
	return db_each_of_page(db, SELECT_LIST LIST_ORDER,
	    SELECT_LIST "WHERE c.first_seen_at <= ? "
			"AND (c.first_seen_at < ? OR c.id < ?) " LIST_ORDER,
	    page, types, N_COLUMNS, arena, visit_row, &list, err);
}

static bool
not_found(struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "there is no such recorder");
}

bool
recorders_find(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct recorder *out, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};
	enum db_type types[N_COLUMNS];
	struct db_value row[N_COLUMNS];
	bool found;

	fill_types(types);
	if (!db_select_one(db, SELECT_RECORDERS JOIN_NEWEST "WHERE c.id = ?",
		args, 1, types, row, N_COLUMNS, arena, &found, err))
		return false;
	if (!found)
		return not_found(err);
	*out = from_row(row, now);
	return true;
}

struct changing {
	const struct uuid *id;
	const struct recorder_change *change;
};

static bool
change_work(struct db *db, void *context, struct error *err)
{
	const struct changing *changing = context;
	const struct recorder_change *change = changing->change;
	const struct db_value args[] = {
	    db_int(change->room != NULL),
	    db_text(change->room),
	    change->has_correction ? db_int(change->correction) : db_null(),
	    db_uuid(changing->id),
	};
	uint64_t rows;

	/* configured_at differs from what it was, so a row that is there
	 * counts as changed. */
	if (!db_exec(db,
		"UPDATE recorders SET room = IF(?, NULLIF(?, ''), room), "
		"clock_correction_us = COALESCE(?, clock_correction_us), "
		"configured_at = UTC_TIMESTAMP(6) WHERE id = ?",
		args, 4, &rows, err))
		return false;
	return rows == 1 ? relink_ask(db, err) : not_found(err);
}

bool
recorders_change(struct db *db, const struct uuid *id,
    const struct recorder_change *change, struct error *err)
{
	struct changing changing = {id, change};

	return db_transaction(db, change_work, &changing, err);
}

bool
recorders_touch(
    struct db *db, const struct uuid *id, usec_t now, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(id), db_time(now), db_time(now)};

	return db_exec(db,
	    "INSERT INTO recorders (id, first_seen_at, last_seen_at, changes) "
	    "VALUES (?, ?, ?, 1) "
	    "ON DUPLICATE KEY UPDATE changes = changes + 1",
	    args, 3, NULL, err);
}

bool
recorders_store(struct db *db, const struct uuid *id, const char *name,
    const char *etag, usec_t now, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(id),
	    db_text(name),
	    db_text(etag),
	    db_time(now),
	    db_time(now),
	    db_text(name),
	};

	return db_exec(db,
	    "INSERT INTO recorders "
	    "(id, name, metadata_etag, first_seen_at, last_seen_at) "
	    "VALUES (?, COALESCE(?, ''), ?, ?, ?) "
	    "ON DUPLICATE KEY UPDATE name = COALESCE(?, name), "
	    "metadata_etag = VALUES(metadata_etag)",
	    args, 6, NULL, err);
}

/* One truth value, false without a row. */
static bool
ask(struct db *db, const char *sql, const struct db_value *args, size_t n_args,
    bool *answer, struct error *err)
{
	static const enum db_type type[] = {DB_INT};
	struct arena arena = ARENA_INIT;
	struct db_value value = {.type = DB_NULL};
	bool found, ok;

	ok = db_select_one(
	    db, sql, args, n_args, type, &value, 1, &arena, &found, err);
	*answer = ok && found && value.type != DB_NULL && value.as.number != 0;
	arena_free(&arena);
	return ok;
}

bool
recorders_know(struct db *db, const struct uuid *id, const char *etag,
    bool *known, struct error *err)
{
	const struct db_value args[] = {db_text(etag), db_uuid(id)};

	return ask(db, "SELECT metadata_etag = ? FROM recorders WHERE id = ?",
	    args, 2, known, err);
}

/* A recorder to be counted, and up to which change. */
struct due {
	struct uuid id;
	int64_t changes;
};

static bool
find_due(struct db *db, struct arena *arena, struct due *due, bool *found,
    struct error *err)
{
	static const enum db_type due_types[] = {DB_UUID, DB_INT};
	const struct db_value args[] = {db_uuid(&due->id)};
	struct db_value row[2];

	if (!db_select_one(db,
		"SELECT id, changes FROM recorders FORCE INDEX (PRIMARY) "
		"WHERE id >= ? AND changes <> counted ORDER BY id LIMIT 1",
		args, 1, due_types, row, 2, arena, found, err))
		return false;
	if (*found)
		*due = (struct due){row[0].as.id, row[1].as.number};
	return true;
}

/* What is changed while it is counted makes the recorder due again. Times in
 * the future are those of a broken clock. */
static bool
count_one(struct db *db, struct arena *arena, const struct due *due,
    struct error *err)
{
	static const enum db_type count_types[] = {
	    DB_INT, DB_INT, DB_TIME, DB_TIME};
	const struct db_value id[] = {db_uuid(&due->id)};
	struct db_value args[6];
	bool found;

	if (!db_select_one(db,
		"SELECT COUNT(*), COALESCE(SUM(COALESCE(ogg_size, 0) + "
		"COALESCE(flac_size, 0) + COALESCE(waveform_size, 0) + "
		"COALESCE(overview_size, 0)), 0), "
		"LEAST(MIN(COALESCE(start_time, first_seen_at)), "
		"UTC_TIMESTAMP(6)), "
		"LEAST(MAX(GREATEST(COALESCE(start_time, listed_at), "
		"COALESCE(end_time, listed_at), "
		"COALESCE(newest_chunk_at, listed_at))), UTC_TIMESTAMP(6)) "
		"FROM recordings WHERE recorder_id = ? AND gone_at IS NULL",
		id, 1, count_types, args, 4, arena, &found, err))
		return false;
	args[4] = db_int(due->changes);
	args[5] = id[0];
	return db_exec(db,
	    "UPDATE recorders SET recordings = ?, bytes = ?, "
	    "first_seen_at = COALESCE(?, first_seen_at), "
	    "last_seen_at = GREATEST(first_seen_at, COALESCE(?, last_seen_at)), "
	    "counted = ? WHERE id = ?",
	    args, 6, NULL, err);
}

bool
recorders_count(struct db *db, struct error *err)
{
	struct arena arena = ARENA_INIT;
	struct due due = {.changes = 0};
	bool found = true, ok = true;

	while (ok && found) {
		ok = find_due(db, &arena, &due, &found, err);
		if (ok && found)
			ok = count_one(db, &arena, &due, err);
		arena_reset(&arena);
	}
	arena_free(&arena);
	return ok;
}
