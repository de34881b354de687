/* SPDX-License-Identifier: MIT */
/* Reading the index: lists, single recordings, when it was refreshed. */
#include "recorder/index.h"

#include "base/buf.h"

enum column {
	RECORDER_ID,
	ID,
	NAME,
	START,
	END,
	DURATION,
	CLOSED,
	KEPT,
	METADATA_ETAG,
	CHUNKS,
	NEWEST_CHUNK,
	GONE,
	AUDIO,
	WAVEFORM,
	METADATA_AT,
	SKIPPED,
	REOPENED_AT,
	REOPENED_BEFORE,
	SIZES,
	TIMES = SIZES + RECORDING_FILES,
	ETAGS = TIMES + RECORDING_FILES,
	N_COLUMNS = ETAGS + RECORDING_FILES
};

#define SELECT_COMMON                                                    \
	"SELECT r.recorder_id, r.id, r.name, r.start_time, r.end_time, " \
	"r.duration_ns, r.is_closed, r.is_kept, r.metadata_etag, "       \
	"r.chunks, r.newest_chunk_at, r.gone_at IS NOT NULL, "           \
	"IF(r.audio_etag <=> r.waveform_etag, r.audio_us, NULL), "       \
	"IF(r.audio_etag <=> r.waveform_etag, r.file_us, NULL), "        \
	"r.metadata_at, r.skipped_chunks, r.reopened_at, "               \
	"r.reopened_before, "                                            \
	"r.ogg_size, r.flac_size, r.waveform_size, r.overview_size, "    \
	"r.raw_size, "                                                   \
	"r.ogg_at, r.flac_at, r.waveform_at, r.overview_at, r.raw_at"

#define SELECT_RECORDINGS                                            \
	SELECT_COMMON ", r.ogg_etag, r.flac_etag, r.waveform_etag, " \
		      "r.overview_etag, r.raw_etag FROM recordings r "

/* What clients are shown: without the ETags of files, which are half of what a
 * list would have to read. */
#define SELECT_LISTED SELECT_COMMON " FROM recordings r "

static const enum db_type types[N_COLUMNS] = {
    [RECORDER_ID] = DB_UUID,
    [ID] = DB_UUID,
    [NAME] = DB_TEXT,
    [START] = DB_TIME,
    [END] = DB_TIME,
    [DURATION] = DB_INT,
    [CLOSED] = DB_INT,
    [KEPT] = DB_INT,
    [METADATA_ETAG] = DB_TEXT,
    [CHUNKS] = DB_INT,
    [NEWEST_CHUNK] = DB_TIME,
    [GONE] = DB_INT,
    [AUDIO] = DB_SPAN,
    [WAVEFORM] = DB_SPAN,
    [METADATA_AT] = DB_TIME,
    [SKIPPED] = DB_INT,
    [REOPENED_AT] = DB_TIME,
    [REOPENED_BEFORE] = DB_TIME,
    [SIZES + RECORDING_OGG] = DB_INT,
    [SIZES + RECORDING_FLAC] = DB_INT,
    [SIZES + RECORDING_WAVEFORM] = DB_INT,
    [SIZES + RECORDING_OVERVIEW] = DB_INT,
    [SIZES + RECORDING_RAW] = DB_INT,
    [TIMES + RECORDING_OGG] = DB_TIME,
    [TIMES + RECORDING_FLAC] = DB_TIME,
    [TIMES + RECORDING_WAVEFORM] = DB_TIME,
    [TIMES + RECORDING_OVERVIEW] = DB_TIME,
    [TIMES + RECORDING_RAW] = DB_TIME,
    [ETAGS + RECORDING_OGG] = DB_TEXT,
    [ETAGS + RECORDING_FLAC] = DB_TEXT,
    [ETAGS + RECORDING_WAVEFORM] = DB_TEXT,
    [ETAGS + RECORDING_OVERVIEW] = DB_TEXT,
    [ETAGS + RECORDING_RAW] = DB_TEXT,
};

usec_t
recording_listed_at(const struct recording *recording)
{
	return recording->has_start ? recording->start : 0;
}

bool
recording_has_file(
    const struct recording *recording, enum recording_format format)
{
	return recording->files[format].size > 0;
}

enum layout_kind
recording_layout(enum recording_format format)
{
	switch (format) {
	case RECORDING_OGG:
		return LAYOUT_OGG;
	case RECORDING_FLAC:
		return LAYOUT_FLAC;
	case RECORDING_WAVEFORM:
		return LAYOUT_WAVEFORM;
	case RECORDING_OVERVIEW:
		return LAYOUT_OVERVIEW;
	case RECORDING_RAW:
		return LAYOUT_RAW;
	case RECORDING_FILES:
		break;
	}
	return LAYOUT_FOREIGN;
}

int64_t
recording_size(const struct db_value *column)
{
	return column->type == DB_NULL ? -1 : column->as.number;
}

static void
from_row(const struct db_value *row, bool etags, struct recording *out)
{
	*out = (struct recording){
	    .recorder_id = row[RECORDER_ID].as.id,
	    .id = row[ID].as.id,
	    .name = row[NAME].as.text.bytes,
	    .has_start = row[START].type != DB_NULL,
	    .start = row[START].as.time,
	    .has_end = row[END].type != DB_NULL,
	    .end = row[END].as.time,
	    .has_duration = row[DURATION].type != DB_NULL,
	    .duration = row[DURATION].as.number,
	    .closed = row[CLOSED].as.number != 0,
	    .kept = row[KEPT].as.number != 0,
	    .metadata_etag = row[METADATA_ETAG].as.text.bytes,
	    .chunks = row[CHUNKS].as.number,
	    .has_newest_chunk = row[NEWEST_CHUNK].type != DB_NULL,
	    .newest_chunk = row[NEWEST_CHUNK].as.time,
	    .gone = row[GONE].as.number != 0,
	    .has_audio = row[AUDIO].type != DB_NULL,
	    .audio = row[AUDIO].as.number,
	    .waveform = row[WAVEFORM].as.number,
	    .metadata_at = row[METADATA_AT].as.time,
	    .skipped_chunks = recording_size(&row[SKIPPED]),
	    .reopened_at = row[REOPENED_AT].as.time,
	    .reopened_before = row[REOPENED_BEFORE].as.time,
	};
	for (int i = 0; i < RECORDING_FILES; i++)
		out->files[i] = (struct recording_file){
		    .size = recording_size(&row[SIZES + i]),
		    .etag = etags ? row[ETAGS + i].as.text.bytes : "",
		    .at = row[TIMES + i].as.time,
		};
}

/* From rows to recordings. */
struct visitor {
	index_visit *visit;
	void *context;
	bool etags;
};

static bool
visit_row(void *context, const struct db_value *row, struct error *err)
{
	const struct visitor *visitor = context;
	struct recording recording;

	from_row(row, visitor->etags, &recording);
	return visitor->visit(visitor->context, &recording, err);
}

/* The rows of a statement that begins with SELECT_RECORDINGS. */
static bool
visit_all(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *args, size_t n_args, index_visit *visit,
    void *context, struct error *err)
{
	struct visitor visitor = {visit, context, true};

	return db_each(db, sql, args, n_args, types, N_COLUMNS, arena,
	    visit_row, &visitor, err);
}

/* A statement that is put together from fixed pieces of text. */
struct query {
	struct buf sql;
	struct db_value args[12];
	size_t n_args;
};

static void
query_arg(struct query *query, struct db_value value)
{
	query->args[query->n_args++] = value;
}

/* Where the page begins. The first condition bounds a range of the key; what
 * is behind it is for those of the same time. */
static void
query_after(struct query *query, const struct index_filter *filter)
{
	buf_puts(&query->sql,
	    "AND r.listed_at <= ? AND (r.listed_at < ? "
	    "OR r.recorder_id < ? OR (r.recorder_id = ? AND r.id < ?)) ");
	query_arg(query, db_time(filter->after_time));
	query_arg(query, db_time(filter->after_time));
	query_arg(query, db_uuid(&filter->after_recorder));
	query_arg(query, db_uuid(&filter->after_recorder));
	query_arg(query, db_uuid(&filter->after_id));
}

static void
query_times(struct query *query, const struct index_filter *filter)
{
	if (filter->has_since) {
		buf_puts(&query->sql, "AND r.listed_at >= ? ");
		query_arg(query, db_time(filter->since));
	}
	if (filter->has_until) {
		buf_puts(&query->sql, "AND r.listed_at < ? ");
		query_arg(query, db_time(filter->until));
	}
	/* A start that is not known is in no range. */
	if (filter->has_since || filter->has_until)
		buf_puts(&query->sql, "AND r.start_time IS NOT NULL ");
	if (filter->has_after)
		query_after(query, filter);
}

/* Those that are open are few, and so may be those that are linked, or not. */
static const char *
query_key(const struct index_filter *filter)
{
	if (filter->open == 1)
		return "by_open";
	if (filter->recorder_id != NULL)
		return "by_recorder";
	return filter->linked >= 0 ? "by_link" : "by_time";
}

/* The key is named: with many rows the server may prefer to read all of them
 * and sort. */
static void
query_build(struct query *query, const struct index_filter *filter)
{
	buf_printf(&query->sql,
	    SELECT_LISTED "FORCE INDEX (%s) WHERE r.gone_at IS NULL ",
	    query_key(filter));
	if (filter->recorder_id != NULL) {
		buf_puts(&query->sql, "AND r.recorder_id = ? ");
		query_arg(query, db_uuid(filter->recorder_id));
	}
	query_times(query, filter);
	if (filter->linked >= 0) {
		buf_puts(&query->sql, "AND r.is_linked = ? ");
		query_arg(query, db_int(filter->linked));
	}
	if (filter->open == 0)
		buf_puts(&query->sql, "AND r.is_closed = 1 ");
	else if (filter->open == 1)
		buf_puts(&query->sql, "AND r.is_closed = 0 ");
	buf_puts(&query->sql,
	    "ORDER BY r.listed_at DESC, r.recorder_id DESC, r.id DESC LIMIT ?");
	query_arg(query, db_int(filter->limit));
}

bool
index_list(struct db *db, struct arena *arena,
    const struct index_filter *filter, index_visit *visit, void *context,
    struct error *err)
{
	struct visitor visitor = {visit, context, false};
	struct query query = {.sql = BUF_INIT};
	const char *sql;
	bool ok;

	query_build(&query, filter);
	sql = buf_text(&query.sql);
	if (sql == NULL)
		ok = error_memory(err);
	else
		ok = db_each(db, sql, query.args, query.n_args, types, ETAGS,
		    arena, visit_row, &visitor, err);
	buf_free(&query.sql);
	return ok;
}

#define WALK_ORDER "ORDER BY r.recorder_id, r.id LIMIT ?"

bool
index_walk(struct db *db, struct arena *arena, const struct recording *after,
    unsigned limit, index_visit *visit, void *context, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(after == NULL ? NULL : &after->recorder_id),
	    db_uuid(after == NULL ? NULL : &after->recorder_id),
	    db_uuid(after == NULL ? NULL : &after->id),
	    db_int(limit),
	};

	if (after == NULL)
		return visit_all(db, arena, SELECT_RECORDINGS WALK_ORDER,
		    &args[3], 1, visit, context, err);
	return visit_all(db, arena,
	    SELECT_RECORDINGS "FORCE INDEX (PRIMARY) WHERE r.recorder_id >= ? "
			      "AND (r.recorder_id > ? OR r.id > ?) " WALK_ORDER,
	    args, 4, visit, context, err);
}

bool
index_unheard(struct db *db, struct arena *arena, unsigned limit,
    index_visit *visit, void *context, struct error *err)
{
	const struct db_value args[] = {db_int(limit)};

	return visit_all(db, arena,
	    SELECT_RECORDINGS "FORCE INDEX (by_audio) WHERE r.audio_due = 1 "
			      "ORDER BY r.listed_at DESC LIMIT ?",
	    args, 1, visit, context, err);
}

bool
index_find(struct db *db, struct arena *arena, const struct uuid *recorder_id,
    const struct uuid *id, struct recording *out, struct error *err)
{
	const struct db_value args[] = {db_uuid(recorder_id), db_uuid(id)};
	struct db_value row[N_COLUMNS];
	bool found;

	if (!db_select_one(db,
		SELECT_RECORDINGS "FORCE INDEX (PRIMARY) "
				  "WHERE r.recorder_id = ? AND r.id = ?",
		args, 2, types, row, N_COLUMNS, arena, &found, err))
		return false;
	if (!found)
		return error_set(
		    err, ERROR_NOT_FOUND, "there is no such recording");
	from_row(row, true, out);
	return true;
}

bool
index_known_later(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, usec_t known, bool *later, struct error *err)
{
	static const enum db_type type[] = {DB_INT};
	const struct db_value args[] = {
	    db_uuid(recorder_id), db_uuid(id), db_time(known)};
	struct arena arena = ARENA_INIT;
	struct db_value value;
	bool ok = db_select_one(db,
	    "SELECT 1 FROM recordings "
	    "WHERE recorder_id = ? AND id = ? AND known_at > ?",
	    args, 3, type, &value, 1, &arena, later, err);

	arena_free(&arena);
	return ok;
}

bool
index_state(struct db *db, struct arena *arena, struct index_state *out,
    struct error *err)
{
	static const enum db_type state_types[] = {DB_TIME, DB_TEXT};
	struct db_value row[2];
	bool found;

	*out = (struct index_state){.known = false};
	if (!db_select_one(db,
		"SELECT finished_at, failure FROM sync_state WHERE id = 1",
		NULL, 0, state_types, row, 2, arena, &found, err))
		return false;
	out->known = row[0].type != DB_NULL;
	out->finished_at = row[0].as.time;
	if (found && row[1].type != DB_NULL)
		out->failure = row[1].as.text.bytes;
	return true;
}
