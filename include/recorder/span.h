/* SPDX-License-Identifier: MIT */
/* Where on the clock the audio of a recording lies, and which of it is in its
 * files: a pure function over what is known of a recording.
 *
 * Metadata tells when a recording began and, once it is closed, how long it is.
 * Its files hold that, unless the recorder's server was started again in the
 * middle of it: then it goes on under the same id and with the same start, and
 * when it is closed its files are replaced by such that hold the later part. */
#ifndef SETLINK_RECORDER_SPAN_H
#define SETLINK_RECORDER_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "recorder/index.h"

/* Times are of our clock, or of the object store's, which is taken for the
 * same; those of metadata are put right by what the recorder's clock is wrong
 * by. 0 is a time that is not known. */
struct span_facts {
	bool has_start, has_end;
	usec_t start, end;
	usec_t duration; /* as metadata says; 0: not known */
	bool has_metadata, closed;
	usec_t metadata_at; /* when it was stored, as those below */
	struct {
		int64_t size; /* -1: there is no such file */
		usec_t at;
	} files[RECORDING_FILES];
	bool has_chunks;
	usec_t newest_chunk;
	int64_t skipped_chunks; /* -1: not known */
	usec_t reopened_at, reopened_before;
	bool misplaced; /* since when the files go on has not been seen */
	bool has_audio;
	usec_t audio, waveform; /* how long it can be heard, and is */
};

struct span {
	/* All that there is or comes; without it, its place is not known. */
	bool placed;
	bool sure; /* not by the clock of the recorder */
	usec_t begin, end;
	/* What the files hold, or will when they are there: to the end of what
	 * can be heard, and to the end of the silence behind it. */
	bool has_file;
	usec_t file_begin, file_end, file_length_end;
	/* What is in no file yet. */
	bool open;
	usec_t open_begin, open_end;
	bool fresh; /* audio still comes in */
	bool lost;  /* nothing was ever stored of it, nor will be */
	/* What was recorded, but is in no file any more; empty: begin == end.
	 */
	usec_t lost_begin, lost_end;
	usec_t stale_before; /* older files hold an earlier part, or none do */
};

void span_find(const struct span_facts *facts, usec_t now, struct span *out);

/* Where a set is in a recording. */
struct span_place {
	bool held;     /* there is something of it */
	bool in_file;  /* in the files, when they are there */
	usec_t offset; /* of the set, or of what there is of it */
	usec_t length; /* of that */
};

/* Of a set that is in the files, and in what goes on, too, the longer part
 * counts. One that is in neither begins at 0. */
void span_place(
    const struct span *span, usec_t start, usec_t end, struct span_place *out);

/* Whether the file is there, is not empty, and holds what the span says. */
bool span_has_file(const struct span_facts *facts, const struct span *span,
    enum recording_format format);

#endif
