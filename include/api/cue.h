/* SPDX-License-Identifier: MIT */
/* CUE sheets: where the tracks of a long file begin. */
#ifndef SETLINK_API_CUE_H
#define SETLINK_API_CUE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"

/* The format has two digits for the number of a track; further ones are left
 * out. */
#define CUE_MAX_TRACKS 99

struct cue_track {
	const char *performer, *title;
	usec_t offset; /* from the beginning of the file, not negative */
};

struct cue_sheet {
	const char *title, *file;
	const char *date;               /* such as "2026-11-21" */
	const char *comment;            /* where the sheet comes from */
	const struct cue_track *tracks; /* by ascending offsets */
	size_t n_tracks;
};

/* Append a sheet. The gap of the first track is from the start of the file. */
void cue_write(struct buf *out, const struct cue_sheet *sheet);

/* Append a string in quotes. The format can escape none within it, so they
 * become apostrophes; control characters are left out, and bytes that are not
 * UTF-8 become question marks. */
void cue_string(struct buf *out, const char *text);

/* Append a time as minutes, seconds and frames, of which a second has 75. It
 * may have more than 99 minutes. */
void cue_time(struct buf *out, usec_t time);

#endif
