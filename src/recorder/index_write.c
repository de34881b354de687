/* SPDX-License-Identifier: MIT */
/* Writing the index. */
#include "recorder/index.h"

#include "recorder/reopening.h"

static struct db_value
time_or_null(bool known, usec_t time)
{
	return known ? db_time(time) : db_null();
}

static struct db_value
text_or_null(const char *text)
{
	return text[0] == '\0' ? db_null() : db_text(text);
}

/* What a refresh knows of a row that is there already. */
#define STORED(EACH)            \
	EACH("name")            \
	EACH("start_time")      \
	EACH("end_time")        \
	EACH("duration_ns")     \
	EACH("is_closed")       \
	EACH("is_kept")         \
	EACH("metadata_etag")   \
	EACH("metadata_at")     \
	EACH("ogg_size")        \
	EACH("ogg_etag")        \
	EACH("ogg_at")          \
	EACH("flac_size")       \
	EACH("flac_etag")       \
	EACH("flac_at")         \
	EACH("waveform_size")   \
	EACH("waveform_etag")   \
	EACH("waveform_at")     \
	EACH("overview_size")   \
	EACH("overview_etag")   \
	EACH("overview_at")     \
	EACH("raw_size")        \
	EACH("raw_etag")        \
	EACH("raw_at")          \
	EACH("chunks")          \
	EACH("newest_chunk_at") \
	EACH("listed_at")

#define NAME(column) column ", "

/* Assignments are made in their order, so that of known_at is the last one. */
#define IF_LATER(column)                                                       \
	column " = IF(VALUES(known_at) < known_at, " column ", VALUES(" column \
	       ")), "

#define ALL_STORED STORED(NAME)
#define ALL_LATER  STORED(IF_LATER)

static const char store[] =
    "INSERT INTO recordings (recorder_id, id, " ALL_STORED
    "first_seen_at, skipped_chunks, audio_due, ogg_seen_etag, known_at) VALUES "
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE " REOPENING_DELETED REOPENING_OF_NOTHING
	REOPENING_MOVED REOPENING_UNSEEN ALL_LATER
    /* Once the chunks are gone it is not seen any more. */
    "skipped_chunks = IF(VALUES(known_at) < known_at, skipped_chunks, "
    "COALESCE(VALUES(skipped_chunks), skipped_chunks)), "
    "audio_due = IF(VALUES(known_at) < known_at, audio_due, "
    "IF(VALUES(waveform_etag) <=> audio_etag, NULL, VALUES(audio_due))), "
    "gone_at = IF(VALUES(known_at) < known_at, gone_at, NULL), "
    /* One that was seen before, and another one now. */
    "ogg_changed_at = IF(VALUES(known_at) < known_at, ogg_changed_at, "
    "IF(VALUES(ogg_seen_etag) <> ogg_seen_etag, UTC_TIMESTAMP(6), "
    "ogg_changed_at)), "
    "ogg_seen_etag = IF(VALUES(known_at) < known_at, ogg_seen_etag, "
    "COALESCE(VALUES(ogg_seen_etag), ogg_seen_etag)), "
    "known_at = GREATEST(known_at, VALUES(known_at))";

bool
index_store(struct db *db, const struct recording *r, usec_t now, usec_t known,
    struct error *err)
{
	struct db_value args[33];
	size_t n = 0;

	args[n++] = db_uuid(&r->recorder_id);
	args[n++] = db_uuid(&r->id);
	args[n++] = db_text(r->name);
	args[n++] = time_or_null(r->has_start, r->start);
	args[n++] = time_or_null(r->has_end, r->end);
	args[n++] = r->has_duration ? db_int(r->duration) : db_null();
	args[n++] = db_int(r->closed);
	args[n++] = db_int(r->kept);
	args[n++] = text_or_null(r->metadata_etag);
	args[n++] = time_or_null(r->metadata_at != 0, r->metadata_at);
	for (int i = 0; i < RECORDING_FILES; i++) {
		const struct recording_file *file = &r->files[i];

		args[n++] = file->size < 0 ? db_null() : db_int(file->size);
		args[n++] = text_or_null(file->etag);
		args[n++] = time_or_null(file->at != 0, file->at);
	}
	args[n++] = db_int(r->chunks);
	args[n++] = time_or_null(r->has_newest_chunk, r->newest_chunk);
	args[n++] = db_time(recording_listed_at(r));
	args[n++] = db_time(now);
	args[n++] = r->skipped_chunks < 0 ? db_null()
					  : db_int(r->skipped_chunks);
	args[n++] = recording_has_file(r, RECORDING_WAVEFORM) ? db_int(1)
							      : db_null();
	args[n++] = recording_has_file(r, RECORDING_OGG)
	    ? text_or_null(r->files[RECORDING_OGG].etag)
	    : db_null();
	args[n++] = db_time(known);
	return db_exec(db, store, args, n, NULL, err);
}

bool
index_mark_gone(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, usec_t now, usec_t known, struct error *err)
{
	const struct db_value args[] = {
	    db_time(now), db_uuid(recorder_id), db_uuid(id), db_time(known)};

	return db_exec(db,
	    "UPDATE recordings SET gone_at = ?, audio_due = NULL "
	    "WHERE recorder_id = ? AND id = ? AND gone_at IS NULL "
	    "AND known_at <= ?",
	    args, 4, NULL, err);
}

bool
index_store_audio(struct db *db, const struct recording *r, struct error *err)
{
	const char *etag = r->files[RECORDING_WAVEFORM].etag;
	const struct db_value args[] = {
	    r->has_audio ? db_int(r->audio) : db_null(),
	    r->has_audio ? db_int(r->waveform) : db_null(),
	    text_or_null(etag),
	    db_uuid(&r->recorder_id),
	    db_uuid(&r->id),
	    text_or_null(etag),
	};

	return db_exec(db,
	    "UPDATE recordings SET audio_us = ?, file_us = ?, audio_etag = ?, "
	    "audio_due = NULL "
	    "WHERE recorder_id = ? AND id = ? AND waveform_etag <=> ?",
	    args, 6, NULL, err);
}
