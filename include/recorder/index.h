/* SPDX-License-Identifier: MIT */
/* The index: what MariaDB knows of the recordings in the bucket. */
#ifndef SETLINK_RECORDER_INDEX_H
#define SETLINK_RECORDER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "recorder/layout.h"

/* A data file of a recording; size is -1 while it is not there. */
struct recording_file {
	int64_t size;
	const char *etag; /* "" while it is not there */
	usec_t at;        /* when it was stored, by the object store's clock;
			   * 0: not known */
};

/* A size as its column has it. */
int64_t recording_size(const struct db_value *column);

/* The data files, in the order of their columns: those that clients get, and
 * the one that they are made from. */
enum recording_format {
	RECORDING_OGG,
	RECORDING_FLAC,
	RECORDING_WAVEFORM,
	RECORDING_OVERVIEW,
	RECORDING_FORMATS,
	RECORDING_RAW = RECORDING_FORMATS,
	RECORDING_FILES
};

struct recording {
	struct uuid recorder_id;
	struct uuid id;
	const char *name;
	bool has_start, has_end;
	usec_t start, end;
	bool has_duration;
	int64_t duration; /* nanoseconds, as the metadata says */
	bool closed, kept;
	const char *metadata_etag; /* "" when there is no metadata */
	usec_t metadata_at;        /* when that was stored; 0: not known */
	struct recording_file files[RECORDING_FILES];
	int64_t chunks;
	bool has_newest_chunk;
	usec_t newest_chunk;
	/* The number of the first chunk that was not removed before the file
	 * was made; -1: not known. */
	int64_t skipped_chunks;
	bool gone;
	/* How long it is without the silence that pads it, and with it, in
	 * microseconds; known once its waveform has been read. */
	bool has_audio;
	usec_t audio, waveform;
	/* Since when it goes on after a restart, and since when the files go on
	 * that are there meanwhile; 0: it never was, they are the first. */
	usec_t reopened_at, reopened_before;
};

/* What a list of recordings is to hold. */
struct index_filter {
	const struct uuid *recorder_id; /* NULL: all */
	bool has_since, has_until;      /* start time, since <= t < until */
	usec_t since, until;
	int linked; /* -1 either, 0 without a set, 1 with one */
	int open;   /* -1 either, 0 closed, 1 open */
	/* Where the page begins: after this one. */
	bool has_after;
	usec_t after_time; /* recording_listed_at of it */
	struct uuid after_recorder, after_id;
	unsigned limit;
};

typedef bool index_visit(
    void *context, const struct recording *recording, struct error *err);

/* Visit the recordings that are not gone, newest first, those without a start
 * last, then by descending ids. The ETags of their files are not read. */
bool index_list(struct db *db, struct arena *arena,
    const struct index_filter *filter, index_visit *visit, void *context,
    struct error *err) MUST_CHECK;

/* The time a recording is sorted by: its start, or 0. */
usec_t recording_listed_at(const struct recording *recording);

/* Whether a file is there and not empty. */
bool recording_has_file(
    const struct recording *recording, enum recording_format format);

enum layout_kind recording_layout(enum recording_format format);

struct index_state {
	bool known; /* it has been brought up to date */
	usec_t finished_at;
	const char *failure; /* of the last refresh, or NULL */
};

/* How old the index is, and what came of the last refresh. */
bool index_state(struct db *db, struct arena *arena, struct index_state *out,
    struct error *err) MUST_CHECK;

/* Visit, by ascending ids, up to `limit` recordings (gone ones too) after
 * (recorder_id, id), or from the start when `after` is NULL. For the sync,
 * which walks the index beside the listing. */
bool index_walk(struct db *db, struct arena *arena,
    const struct recording *after, unsigned limit, index_visit *visit,
    void *context, struct error *err) MUST_CHECK;

/* ERROR_NOT_FOUND when there is no such row; it may be that of one that is
 * gone. */
bool index_find(struct db *db, struct arena *arena,
    const struct uuid *recorder_id, const struct uuid *id,
    struct recording *out, struct error *err) MUST_CHECK;

/* Visit up to `limit` recordings whose waveform is new and has not been read,
 * newest first. */
bool index_unheard(struct db *db, struct arena *arena, unsigned limit,
    index_visit *visit, void *context, struct error *err) MUST_CHECK;

/* Store what a waveform shows, unless it has been replaced by another one
 * since the row was read. */
bool index_store_audio(struct db *db, const struct recording *recording,
    struct error *err) MUST_CHECK;

/* Write a row, new or old, but for the audio; `now` is when it was seen,
 * `known` (by the clock of the database) as of when that is true. A row that
 * was gone comes back. What is known since a later time stays. Call
 * recorders_touch in the same transaction, also for the next one. */
bool index_store(struct db *db, const struct recording *recording, usec_t now,
    usec_t known, struct error *err) MUST_CHECK;

/* Mark a row as gone, unless it is known since a later time. */
bool index_mark_gone(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, usec_t now, usec_t known, struct error *err)
    MUST_CHECK;

/* Whether a row is known since a later time than `known`. */
bool index_known_later(struct db *db, const struct uuid *recorder_id,
    const struct uuid *id, usec_t known, bool *later, struct error *err)
    MUST_CHECK;

#endif
