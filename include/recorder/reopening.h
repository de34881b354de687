/* SPDX-License-Identifier: MIT */
/* Recordings that go on after a restart of the recorder's server, under the
 * same id. At the next close all their files are replaced by such that hold
 * only what came after it. */
#ifndef SETLINK_RECORDER_REOPENING_H
#define SETLINK_RECORDER_REOPENING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

/* In ON DUPLICATE KEY UPDATE, before any other assignment: a restart before
 * anything was stored leaves no file, only the same metadata once more. */
#define REOPENING_OF_NOTHING                                               \
	"reopened_at = IF(is_closed = 0 AND VALUES(is_closed) = 0 "        \
	"AND VALUES(metadata_etag) = metadata_etag "                       \
	"AND TIMESTAMPDIFF(SECOND, metadata_at, VALUES(metadata_at)) > 0 " \
	"AND COALESCE(raw_size, VALUES(raw_size)) IS NULL "                \
	"AND COALESCE(ogg_size, VALUES(ogg_size)) IS NULL "                \
	"AND COALESCE(newest_chunk_at <= metadata_at, 1), "                \
	"VALUES(metadata_at), reopened_at), "

/* Likewise: one that was deleted while it went on comes back with what came
 * later; how many of its pieces were removed before that is counted anew. */
#define REOPENING_DELETED                                              \
	"is_misplaced = IF(gone_at IS NOT NULL AND is_closed = 0 AND " \
	"start_time IS NOT NULL AND NOT (VALUES(metadata_etag) <=> "   \
	"metadata_etag AND VALUES(metadata_at) <=> metadata_at), 1, "  \
	"is_misplaced), "                                              \
	"skipped_chunks = IF(gone_at IS NOT NULL, NULL, skipped_chunks), "

/* Likewise: where metadata tells another start than before, that is the one of
 * what comes, and the one before that of the files that are there. */
#define REOPENING_MOVED                                                \
	"reopened_before = IF(VALUES(known_at) >= known_at AND "       \
	"VALUES(start_time) <> start_time AND "                        \
	"(raw_size IS NOT NULL OR ogg_size IS NOT NULL), start_time, " \
	"reopened_before), "                                           \
	"reopened_at = IF(VALUES(known_at) >= known_at AND "           \
	"VALUES(start_time) <> start_time AND "                        \
	"(raw_size IS NOT NULL OR ogg_size IS NOT NULL), "             \
	"VALUES(start_time), reopened_at), "

/* Likewise: another data.raw has come, and what was in between has not been
 * seen. One that is as long has only been copied. Where metadata has gone
 * meanwhile, chunks may have done so, too. */
#define REOPENING_UNSEEN                                               \
	"is_misplaced = IF(VALUES(raw_size) <> raw_size AND "          \
	"VALUES(raw_at) > raw_at, COALESCE(reopened_at < raw_at, 1), " \
	"is_misplaced), "                                              \
	"skipped_chunks = IF(raw_size IS NULL AND "                    \
	"VALUES(raw_size) IS NOT NULL AND metadata_etag IS NOT NULL "  \
	"AND VALUES(metadata_etag) IS NULL, NULL, skipped_chunks), "

/* Write down that a recording was opened again, if its row says so by now:
 * metadata that is open is newer than the files. Call it in the transaction
 * that has written to the row; in whichever order things become known, what
 * comes of it is the same. */
bool reopening_note(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, struct error *err) MUST_CHECK;

/* Write down that a recording began later than its metadata says, if its row
 * says so by now. */
bool reopening_note_late(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, struct error *err) MUST_CHECK;

/* Write down how many chunks had been removed before data.raw was made of the
 * others: those that have come are more than it holds. */
bool reopening_note_skipped(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, struct error *err) MUST_CHECK;

#endif
