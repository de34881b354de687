/* SPDX-License-Identifier: MIT */
/* What a row of the index tells of where its audio lies. */
#ifndef SETLINK_RECORDER_SPAN_ROW_H
#define SETLINK_RECORDER_SPAN_ROW_H

#include "db/db.h"
#include "recorder/span.h"

/* `r` is the recording, `c` its recorder. */
#define SPAN_COLUMNS                                                  \
	"r.start_time, r.end_time, r.duration_ns, "                   \
	"r.metadata_etag IS NOT NULL, r.is_closed, r.metadata_at, "   \
	"r.chunks, r.newest_chunk_at, r.skipped_chunks, "             \
	"r.reopened_at, r.reopened_before, r.is_misplaced, "          \
	"IF(r.audio_etag <=> r.waveform_etag, r.audio_us, NULL), "    \
	"IF(r.audio_etag <=> r.waveform_etag, r.file_us, NULL), "     \
	"c.clock_correction_us, "                                     \
	"r.ogg_size, r.flac_size, r.waveform_size, r.overview_size, " \
	"r.raw_size, "                                                \
	"r.ogg_at, r.flac_at, r.waveform_at, r.overview_at, r.raw_at"

enum span_column {
	SPAN_START,
	SPAN_END,
	SPAN_DURATION,
	SPAN_HAS_METADATA,
	SPAN_CLOSED,
	SPAN_METADATA_AT,
	SPAN_CHUNKS,
	SPAN_NEWEST_CHUNK,
	SPAN_SKIPPED,
	SPAN_REOPENED_AT,
	SPAN_REOPENED_BEFORE,
	SPAN_MISPLACED,
	SPAN_AUDIO,
	SPAN_WAVEFORM,
	SPAN_CORRECTION,
	SPAN_SIZES,
	SPAN_TIMES = SPAN_SIZES + RECORDING_FILES,
	SPAN_N_COLUMNS = SPAN_TIMES + RECORDING_FILES
};

extern const enum db_type span_types[SPAN_N_COLUMNS];

/* The facts in these columns, all NULL for a row that there is not. */
struct span_facts span_facts_of_row(const struct db_value *row);

#endif
