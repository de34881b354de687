/* SPDX-License-Identifier: MIT */
/* Recordings that go on after a restart of the recorder's server. */
#include "recorder/reopening.h"

/* When the files that are there were made, as in span.c: data.raw is the first
 * of them, and the others may come when the recording goes on already. */
#define MADE "COALESCE(raw_at, ogg_at, flac_at) "

/* That the chunks which have come since metadata was written are all there are:
 * each has 28 seconds. */
#define ALL_SINCE                                                 \
	"TIMESTAMPDIFF(SECOND, metadata_at, newest_chunk_at) >= " \
	"28 * chunks - 5"

/* The first restart counts, as metadata is written for other reasons, too; but
 * one that is followed by another before anything was stored has left
 * nothing. Where files begin that were made of what had been left by a deletion
 * is not kept. */
bool
reopening_note(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, struct error *err)
{
	const struct db_value args[] = {db_uuid(recorder_id), db_uuid(id)};

	return db_exec(db,
	    "UPDATE recordings SET "
	    "reopened_before = IF(reopened_at <= " MADE
	    ", reopened_at, reopened_before), "
	    "is_misplaced = IF(skipped_chunks > 0, 1, is_misplaced), "
	    "skipped_chunks = NULL, reopened_at = metadata_at "
	    "WHERE recorder_id = ? AND id = ? AND is_closed = 0 "
	    "AND metadata_at >= " MADE "AND NOT (reopened_at <=> start_time) "
	    "AND (reopened_at IS NULL OR reopened_at <= " MADE
	    "OR (reopened_at < metadata_at "
	    "AND COALESCE(newest_chunk_at <= reopened_at OR " ALL_SINCE
	    ", 1)))",
	    args, 2, NULL, err);
}

/* A recorder that does not reach the server begins nevertheless: its audio is
 * there from when metadata was stored for the first time, if the chunks that
 * have come since say the same. */
bool
reopening_note_late(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, struct error *err)
{
	const struct db_value args[] = {db_uuid(recorder_id), db_uuid(id)};

	return db_exec(db,
	    "UPDATE recordings SET reopened_at = metadata_at "
	    "WHERE recorder_id = ? AND id = ? AND is_closed = 0 AND chunks > 0 "
	    "AND reopened_at IS NULL AND raw_size IS NULL AND ogg_size IS NULL "
	    "AND is_misplaced = 0 AND COALESCE(skipped_chunks, 0) = 0 "
	    "AND metadata_at > start_time + INTERVAL 3 SECOND "
	    "AND ABS(TIMESTAMPDIFF(SECOND, metadata_at, newest_chunk_at) "
	    "- 28 * chunks) <= 3",
	    args, 2, NULL, err);
}

/* A chunk of the recorder has 28 seconds; the last one may be shorter. After a
 * restart they are counted from 0 again, so that their number tells nothing;
 * and what has been closed has not been deleted. */
bool
reopening_note_skipped(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, struct error *err)
{
	const struct db_value args[] = {db_uuid(recorder_id), db_uuid(id)};

	return db_exec(db,
	    "UPDATE recordings SET skipped_chunks = "
	    "GREATEST(COALESCE(skipped_chunks, 0), "
	    "chunks - CEIL(raw_size / 5376000)) "
	    "WHERE recorder_id = ? AND id = ? AND chunks > 0 "
	    "AND raw_size >= 5242880 AND reopened_at IS NULL "
	    "AND is_closed = 0 AND newest_chunk_at <= raw_at",
	    args, 2, NULL, err);
}
