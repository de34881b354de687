/* SPDX-License-Identifier: MIT */
/* Writing parts of a row of the index, as events tell them one by one. A row
 * that there was not, or that was gone, begins with nothing but the part. Where
 * something is written, call recorders_touch in the same transaction. */
#ifndef SETLINK_RECORDER_PARTS_H
#define SETLINK_RECORDER_PARTS_H

#include <stdbool.h>

#include "base/error.h"
#include "db/db.h"
#include "recorder/index.h"
#include "recorder/notification.h"

enum part_outcome {
	PART_OLD, /* a newer event is known, or no such row: nothing written */
	PART_WRITTEN,
	PART_BEGUN /* written; nothing else is known of the recording */
};

/* A data file was stored. */
bool parts_put_file(struct db *db, const struct event *event,
    enum recording_format format, enum part_outcome *out, struct error *err)
    MUST_CHECK;

/* A data file was removed. The last part of a row that goes makes it gone. */
bool parts_remove_file(struct db *db, const struct event *event,
    enum recording_format format, enum part_outcome *out, struct error *err)
    MUST_CHECK;

/* A chunk was stored. The recorder counts them from 0 without gaps, so that
 * the number of one tells how many there are. */
bool parts_put_chunk(struct db *db, const struct event *event,
    enum part_outcome *out, struct error *err) MUST_CHECK;

/* A chunk was removed; the first one goes first. */
bool parts_remove_chunk(struct db *db, const struct event *event,
    enum part_outcome *out, struct error *err) MUST_CHECK;

/* What was read from metadata, with its ETag. */
bool parts_put_metadata(struct db *db, const struct recording *recording,
    struct error *err) MUST_CHECK;

/* The ETag of metadata that cannot be read: what was known of it stays. */
bool parts_put_unreadable(struct db *db, const struct recording *recording,
    struct error *err) MUST_CHECK;

/* There is no metadata: what was known of it stays. */
bool parts_remove_metadata(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, enum part_outcome *out, struct error *err)
    MUST_CHECK;

/* The files and chunks that a listing has shown. */
bool parts_put_listed(struct db *db, const struct recording *recording,
    struct error *err) MUST_CHECK;

/* Nothing is left of the recording. */
bool parts_remove_all(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, enum part_outcome *out, struct error *err)
    MUST_CHECK;

#endif
