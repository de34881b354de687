/* SPDX-License-Identifier: MIT */
/* What a row of the index tells of where its audio lies. */
#include "recorder/span_row.h"

#define NSEC_PER_USEC INT64_C(1000)

const enum db_type span_types[SPAN_N_COLUMNS] = {
    [SPAN_START] = DB_TIME,
    [SPAN_END] = DB_TIME,
    [SPAN_DURATION] = DB_INT,
    [SPAN_HAS_METADATA] = DB_INT,
    [SPAN_CLOSED] = DB_INT,
    [SPAN_METADATA_AT] = DB_TIME,
    [SPAN_CHUNKS] = DB_INT,
    [SPAN_NEWEST_CHUNK] = DB_TIME,
    [SPAN_SKIPPED] = DB_INT,
    [SPAN_REOPENED_AT] = DB_TIME,
    [SPAN_REOPENED_BEFORE] = DB_TIME,
    [SPAN_MISPLACED] = DB_INT,
    [SPAN_AUDIO] = DB_SPAN,
    [SPAN_WAVEFORM] = DB_SPAN,
    [SPAN_CORRECTION] = DB_SPAN,
    [SPAN_SIZES + RECORDING_OGG] = DB_INT,
    [SPAN_SIZES + RECORDING_FLAC] = DB_INT,
    [SPAN_SIZES + RECORDING_WAVEFORM] = DB_INT,
    [SPAN_SIZES + RECORDING_OVERVIEW] = DB_INT,
    [SPAN_SIZES + RECORDING_RAW] = DB_INT,
    [SPAN_TIMES + RECORDING_OGG] = DB_TIME,
    [SPAN_TIMES + RECORDING_FLAC] = DB_TIME,
    [SPAN_TIMES + RECORDING_WAVEFORM] = DB_TIME,
    [SPAN_TIMES + RECORDING_OVERVIEW] = DB_TIME,
    [SPAN_TIMES + RECORDING_RAW] = DB_TIME,
};

/* A number of the database that no recorder writes must not overflow. */
static int64_t
bounded(int64_t number, int64_t most)
{
	return number < 0 ? 0 : number > most ? most : number;
}

/* Times of metadata are by the recorder's clock; if it has told another start
 * later on, those of its going on are, too. */
static void
take_reopening(
    const struct db_value *row, usec_t correction, struct span_facts *out)
{
	const struct db_value *at = &row[SPAN_REOPENED_AT];
	const struct db_value *before = &row[SPAN_REOPENED_BEFORE];

	if (at->as.time != row[SPAN_START].as.time)
		correction = 0;
	out->reopened_at = at->type == DB_NULL ? 0 : at->as.time + correction;
	out->reopened_before = before->type == DB_NULL
	    ? 0
	    : before->as.time + correction;
}

struct span_facts
span_facts_of_row(const struct db_value *row)
{
	usec_t correction = row[SPAN_CORRECTION].as.number;
	struct span_facts facts = {
	    .has_start = row[SPAN_START].type != DB_NULL,
	    .start = row[SPAN_START].as.time + correction,
	    .has_end = row[SPAN_END].type != DB_NULL,
	    .end = row[SPAN_END].as.time + correction,
	    .duration = bounded(row[SPAN_DURATION].as.number / NSEC_PER_USEC,
		USEC_PER_HOUR * 24 * 366),
	    .has_metadata = row[SPAN_HAS_METADATA].as.number != 0,
	    .closed = row[SPAN_CLOSED].as.number != 0,
	    .metadata_at = row[SPAN_METADATA_AT].as.time,
	    .has_chunks = row[SPAN_CHUNKS].as.number > 0,
	    .newest_chunk = row[SPAN_NEWEST_CHUNK].as.time,
	    .skipped_chunks = row[SPAN_SKIPPED].type == DB_NULL
		? -1
		: bounded(row[SPAN_SKIPPED].as.number, INT32_MAX),
	    .misplaced = row[SPAN_MISPLACED].as.number != 0,
	    .has_audio = row[SPAN_AUDIO].type != DB_NULL,
	    .audio = row[SPAN_AUDIO].as.number,
	    .waveform = row[SPAN_WAVEFORM].as.number,
	};

	take_reopening(row, correction, &facts);
	for (int i = 0; i < RECORDING_FILES; i++) {
		facts.files[i].size = recording_size(&row[SPAN_SIZES + i]);
		facts.files[i].at = row[SPAN_TIMES + i].as.time;
	}
	return facts;
}
