/* SPDX-License-Identifier: MIT */
/* Writing parts of a row of the index. */
#include "recorder/parts.h"

#include <limits.h>

#include "recorder/reopening.h"

/* A row without a start is sorted by 1970, as recording_listed_at says. */
#define NEW_ROW    "listed_at, first_seen_at, known_at) VALUES ("
#define NEW_VALUES ", ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)) "
#define IDS        "recorder_id = ? AND id = ? "
#define KNOWN      "known_at = UTC_TIMESTAMP(6) "

#define CLEAR                                                  \
	"metadata_etag = NULL, metadata_at = NULL, "           \
	"ogg_size = NULL, ogg_etag = NULL, ogg_at = NULL, "    \
	"flac_size = NULL, flac_etag = NULL, flac_at = NULL, " \
	"waveform_size = NULL, waveform_etag = NULL, "         \
	"waveform_at = NULL, "                                 \
	"overview_size = NULL, overview_etag = NULL, "         \
	"overview_at = NULL, "                                 \
	"raw_size = NULL, raw_etag = NULL, raw_at = NULL, "    \
	"chunks = 0, newest_chunk_at = NULL, audio_due = NULL, "

/* A row that was gone comes back without what it had. */
#define REVIVE                                                            \
	"UPDATE recordings SET gone_at = NULL, "                          \
	"is_misplaced = IF(is_closed = 0 AND start_time IS NOT NULL, 1, " \
	"is_misplaced), skipped_chunks = NULL, " CLEAR KNOWN "WHERE " IDS \
	"AND gone_at IS NOT NULL "

#define NEWER(file) "AND (" file "_event IS NULL OR " file "_event < ?) "

/* The statements for a file, by the beginning of its columns' names. */
struct file_statements {
	const char *revive, *update, *insert, *remove;
};

#define FILE_STATEMENTS(file)                                                \
	{                                                                    \
		REVIVE NEWER(file),                                          \
		    "UPDATE recordings SET " file "_size = ?, " file         \
		    "_etag = ?, " file "_at = ?, " file "_event = ?, " KNOWN \
		    "WHERE " IDS "AND gone_at IS NULL " NEWER(file),         \
		    "INSERT INTO recordings (" file "_size, " file           \
		    "_etag, " file "_at, " file                              \
		    "_event, recorder_id, id, " NEW_ROW                      \
		    "?, ?, ?, ?, ?, ?" NEW_VALUES,                           \
		    "UPDATE recordings SET " file "_size = NULL, " file      \
		    "_etag = NULL, " file "_at = NULL, " file                \
		    "_event = ?, " KNOWN "WHERE " IDS                        \
		    NEWER(file)                                              \
	}

static const struct file_statements files[RECORDING_FILES] = {
    [RECORDING_OGG] = FILE_STATEMENTS("ogg"),
    [RECORDING_FLAC] = FILE_STATEMENTS("flac"),
    [RECORDING_WAVEFORM] = FILE_STATEMENTS("waveform"),
    [RECORDING_OVERVIEW] = FILE_STATEMENTS("overview"),
    [RECORDING_RAW] = FILE_STATEMENTS("raw"),
};

struct statement {
	const char *sql;
	struct db_value args[7];
	size_t n_args;
};

static bool
run(struct db *db, const struct statement *statement, uint64_t *rows,
    struct error *err)
{
	return db_exec(
	    db, statement->sql, statement->args, statement->n_args, rows, err);
}

/* Bring a row that is gone back, if that is new; change the row; and where
 * there is none, make one. A row that changed nothing is there, but newer. */
static bool
put(struct db *db, const struct statement *revive,
    const struct statement *update, const struct statement *add,
    enum part_outcome *out, struct error *err)
{
	uint64_t revived, updated, added = 0;

	*out = PART_OLD;
	if (!run(db, revive, &revived, err) || !run(db, update, &updated, err))
		return false;
	if (updated == 0 && !run(db, add, &added, err) &&
	    err->code != ERROR_DUPLICATE)
		return false;
	if (revived > 0 || added > 0)
		*out = PART_BEGUN;
	else if (updated > 0)
		*out = PART_WRITTEN;
	return true;
}

/* Whether the waveform is to be read, as a refresh would say. */
static bool
mark_audio(struct db *db, const struct uuid *recorder_id, const struct uuid *id,
    struct error *err)
{
	const struct db_value args[] = {db_uuid(recorder_id), db_uuid(id)};

	return db_exec(db,
	    "UPDATE recordings SET audio_due = IF(waveform_size > 0 "
	    "AND NOT (waveform_etag <=> audio_etag), 1, NULL) WHERE " IDS
	    "AND gone_at IS NULL",
	    args, 2, NULL, err);
}

/* Whether another OGG has come in place of the one that was there, as a refresh
 * would say. */
static bool
mark_ogg(struct db *db, const struct uuid *recorder_id, const struct uuid *id,
    struct error *err)
{
	const struct db_value args[] = {db_uuid(recorder_id), db_uuid(id)};

	return db_exec(db,
	    "UPDATE recordings SET ogg_changed_at = "
	    "IF(ogg_etag <> ogg_seen_etag, UTC_TIMESTAMP(6), ogg_changed_at), "
	    "ogg_seen_etag = ogg_etag WHERE " IDS
	    "AND gone_at IS NULL AND ogg_size > 0",
	    args, 2, NULL, err);
}

/* What else a row tells of the file that it has now. */
static bool
mark_file(struct db *db, const struct layout_object *object,
    enum recording_format format, struct error *err)
{
	const struct uuid *recorder_id = &object->recorder_id;
	const struct uuid *id = &object->session_id;

	if (format == RECORDING_WAVEFORM)
		return mark_audio(db, recorder_id, id, err);
	if (format == RECORDING_RAW &&
	    !reopening_note_skipped(db, recorder_id, id, err))
		return false;
	return reopening_note(db, recorder_id, id, err) &&
	    (format != RECORDING_OGG || mark_ogg(db, recorder_id, id, err));
}

/* As REOPENING_UNSEEN. */
static bool
mark_unseen(struct db *db, const struct event *event, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&event->object.recorder_id),
	    db_uuid(&event->object.session_id),
	    db_int(event->size),
	    db_time(event->modified),
	};

	return db_exec(db,
	    "UPDATE recordings SET "
	    "is_misplaced = COALESCE(reopened_at < raw_at, 1) WHERE " IDS
	    "AND raw_size <> ? AND raw_at < ?",
	    args, 4, NULL, err);
}

bool
parts_put_file(struct db *db, const struct event *event,
    enum recording_format format, enum part_outcome *out, struct error *err)
{
	const struct db_value order = db_int(event->order),
			      size = db_int(event->size),
			      etag = db_text(event->etag),
			      at = db_time(event->modified),
			      recorder = db_uuid(&event->object.recorder_id),
			      id = db_uuid(&event->object.session_id);
	const struct statement revive = {
	    files[format].revive, {recorder, id, order}, 3};
	const struct statement update = {files[format].update,
	    {size, etag, at, order, recorder, id, order}, 7};
	const struct statement add = {files[format].insert,
	    {size, etag, at, order, recorder, id, db_time(0)}, 7};

	return (format != RECORDING_RAW || mark_unseen(db, event, err)) &&
	    put(db, &revive, &update, &add, out, err) &&
	    (*out == PART_OLD || mark_file(db, &event->object, format, err));
}

/* A row without any part is gone. */
static bool
mark_empty(struct db *db, const struct uuid *recorder_id, const struct uuid *id,
    struct error *err)
{
	const struct db_value args[] = {db_uuid(recorder_id), db_uuid(id)};

	return db_exec(db,
	    "UPDATE recordings SET gone_at = UTC_TIMESTAMP(6), audio_due = NULL "
	    "WHERE " IDS "AND gone_at IS NULL AND metadata_etag IS NULL "
	    "AND ogg_size IS NULL AND flac_size IS NULL "
	    "AND waveform_size IS NULL AND overview_size IS NULL "
	    "AND raw_size IS NULL AND chunks = 0",
	    args, 2, NULL, err);
}

static bool
take_away(struct db *db, const struct statement *remove,
    const struct uuid *recorder_id, const struct uuid *id,
    enum part_outcome *out, struct error *err)
{
	uint64_t rows;

	if (!run(db, remove, &rows, err) ||
	    !mark_empty(db, recorder_id, id, err))
		return false;
	*out = rows > 0 ? PART_WRITTEN : PART_OLD;
	return true;
}

bool
parts_remove_file(struct db *db, const struct event *event,
    enum recording_format format, enum part_outcome *out, struct error *err)
{
	const struct layout_object *object = &event->object;
	const struct statement remove = {files[format].remove,
	    {db_int(event->order), db_uuid(&object->recorder_id),
		db_uuid(&object->session_id), db_int(event->order)},
	    4};

	return take_away(db, &remove, &object->recorder_id, &object->session_id,
		   out, err) &&
	    (format != RECORDING_WAVEFORM || *out == PART_OLD ||
		mark_audio(db, &object->recorder_id, &object->session_id, err));
}

bool
parts_put_chunk(struct db *db, const struct event *event,
    enum part_outcome *out, struct error *err)
{
	int64_t chunk = event->object.chunk;
	const struct db_value count = db_int(
				  chunk < INT_MAX ? chunk + 1 : INT_MAX),
			      time = db_time(event->modified),
			      recorder = db_uuid(&event->object.recorder_id),
			      id = db_uuid(&event->object.session_id);
	const struct statement revive = {REVIVE
	    "AND COALESCE(newest_chunk_at < ?, 1)",
	    {recorder, id, time}, 3};
	const struct statement update = {
	    "UPDATE recordings SET chunks = GREATEST(chunks, ?), "
	    "newest_chunk_at = GREATEST(COALESCE(newest_chunk_at, ?), ?), " KNOWN
	    "WHERE " IDS "AND gone_at IS NULL",
	    {count, time, time, recorder, id}, 5};
	const struct statement add = {
	    "INSERT INTO recordings (chunks, newest_chunk_at, recorder_id, "
	    "id, " NEW_ROW "?, ?, ?, ?" NEW_VALUES,
	    {count, time, recorder, id, db_time(0)}, 5};

	/* The last one may be heard of later than the file. */
	return put(db, &revive, &update, &add, out, err) &&
	    (*out == PART_OLD ||
		reopening_note_skipped(db, &event->object.recorder_id,
		    &event->object.session_id, err)) &&
	    reopening_note_late(
		db, &event->object.recorder_id, &event->object.session_id, err);
}

bool
parts_remove_chunk(struct db *db, const struct event *event,
    enum part_outcome *out, struct error *err)
{
	const struct layout_object *object = &event->object;
	const struct db_value left = db_int(
	    object->chunk < INT_MAX ? object->chunk : INT_MAX);
	const struct statement remove = {
	    "UPDATE recordings SET chunks = LEAST(chunks, ?), "
	    "newest_chunk_at = IF(? = 0, NULL, newest_chunk_at), " KNOWN
	    "WHERE " IDS,
	    {left, left, db_uuid(&object->recorder_id),
		db_uuid(&object->session_id)},
	    4};

	return take_away(
	    db, &remove, &object->recorder_id, &object->session_id, out, err);
}

static bool
revive(struct db *db, const struct recording *r, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&r->recorder_id), db_uuid(&r->id)};

	return db_exec(db, REVIVE, args, 2, NULL, err);
}

bool
parts_put_metadata(struct db *db, const struct recording *r, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&r->recorder_id),
	    db_uuid(&r->id),
	    db_text(r->name),
	    r->has_start ? db_time(r->start) : db_null(),
	    r->has_end ? db_time(r->end) : db_null(),
	    r->has_duration ? db_int(r->duration) : db_null(),
	    db_int(r->closed),
	    db_int(r->kept),
	    db_text(r->metadata_etag),
	    r->metadata_at != 0 ? db_time(r->metadata_at) : db_null(),
	    db_time(recording_listed_at(r)),
	};

	return revive(db, r, err) &&
	    db_exec(db,
		"INSERT INTO recordings (recorder_id, id, name, start_time, "
		"end_time, duration_ns, is_closed, is_kept, metadata_etag, "
		"metadata_at, " NEW_ROW
		"?, ?, ?, ?, ?, ?, ?, ?, ?, ?" NEW_VALUES
		"ON DUPLICATE KEY UPDATE " REOPENING_OF_NOTHING REOPENING_MOVED
		"name = VALUES(name), "
		"start_time = VALUES(start_time), "
		"end_time = VALUES(end_time), "
		"duration_ns = VALUES(duration_ns), "
		"is_closed = VALUES(is_closed), is_kept = VALUES(is_kept), "
		"metadata_etag = VALUES(metadata_etag), "
		"metadata_at = VALUES(metadata_at), "
		"listed_at = VALUES(listed_at), " KNOWN,
		args, 11, NULL, err) &&
	    (r->closed ||
		(reopening_note(db, &r->recorder_id, &r->id, err) &&
		    reopening_note_late(db, &r->recorder_id, &r->id, err)));
}

bool
parts_put_unreadable(
    struct db *db, const struct recording *r, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&r->recorder_id),
	    db_uuid(&r->id),
	    db_text(r->metadata_etag),
	    r->metadata_at != 0 ? db_time(r->metadata_at) : db_null(),
	    db_time(0),
	};

	return revive(db, r, err) &&
	    db_exec(db,
		"INSERT INTO recordings (recorder_id, id, metadata_etag, "
		"metadata_at, " NEW_ROW "?, ?, ?, ?" NEW_VALUES
		"ON DUPLICATE KEY UPDATE "
		"metadata_etag = VALUES(metadata_etag), "
		"metadata_at = VALUES(metadata_at), " KNOWN,
		args, 5, NULL, err);
}

bool
parts_remove_metadata(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, enum part_outcome *out, struct error *err)
{
	const struct statement remove = {
	    "UPDATE recordings SET metadata_etag = NULL, metadata_at = NULL, " KNOWN
	    "WHERE " IDS "AND metadata_etag IS NOT NULL",
	    {db_uuid(recorder_id), db_uuid(id)}, 2};

	return take_away(db, &remove, recorder_id, id, out, err);
}

/* The columns of all files. */
#define FILES(EACH) \
	EACH("ogg") EACH("flac") EACH("waveform") EACH("overview") EACH("raw")
#define COLUMNS(file) file "_size, " file "_etag, " file "_at, "
#define TAKE(file)                                                         \
	file "_size = VALUES(" file "_size), " file "_etag = VALUES(" file \
	     "_etag), " file "_at = VALUES(" file "_at), "

#define ALL_COLUMNS FILES(COLUMNS)
#define ALL_TAKEN   FILES(TAKE)

static const char put_listed[] =
    "INSERT INTO recordings (recorder_id, id, " ALL_COLUMNS
    "chunks, newest_chunk_at, skipped_chunks, " NEW_ROW
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?" NEW_VALUES
    "ON DUPLICATE KEY UPDATE " REOPENING_UNSEEN ALL_TAKEN
    "chunks = VALUES(chunks), newest_chunk_at = VALUES(newest_chunk_at), "
    "skipped_chunks = COALESCE(VALUES(skipped_chunks), skipped_chunks), " KNOWN;

/* A file that is not there has no ETag. */
static struct db_value
etag_value(const struct recording_file *file)
{
	return file->size < 0 ? db_null() : db_text(file->etag);
}

bool
parts_put_listed(struct db *db, const struct recording *r, struct error *err)
{
	struct db_value args[22];
	size_t n = 0;

	args[n++] = db_uuid(&r->recorder_id);
	args[n++] = db_uuid(&r->id);
	for (int i = 0; i < RECORDING_FILES; i++) {
		const struct recording_file *file = &r->files[i];

		args[n++] = file->size < 0 ? db_null() : db_int(file->size);
		args[n++] = etag_value(file);
		args[n++] = file->size < 0 || file->at == 0 ? db_null()
							    : db_time(file->at);
	}
	args[n++] = db_int(r->chunks);
	args[n++] = r->has_newest_chunk ? db_time(r->newest_chunk) : db_null();
	args[n++] = r->skipped_chunks < 0 ? db_null()
					  : db_int(r->skipped_chunks);
	args[n++] = db_time(0);
	return revive(db, r, err) &&
	    db_exec(db, put_listed, args, n, NULL, err) &&
	    mark_audio(db, &r->recorder_id, &r->id, err) &&
	    mark_ogg(db, &r->recorder_id, &r->id, err) &&
	    reopening_note(db, &r->recorder_id, &r->id, err);
}

bool
parts_remove_all(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, enum part_outcome *out, struct error *err)
{
	const struct statement remove = {"UPDATE recordings SET " CLEAR KNOWN
					 "WHERE " IDS "AND gone_at IS NULL",
	    {db_uuid(recorder_id), db_uuid(id)}, 2};

	return take_away(db, &remove, recorder_id, id, out, err);
}
