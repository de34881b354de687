/* SPDX-License-Identifier: MIT */
/* The data files of BBC audiowaveform: a header, then the lowest and the
 * highest sample of each stretch of time, for each channel. */
#ifndef SETLINK_RECORDER_WAVEFORM_H
#define SETLINK_RECORDER_WAVEFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/* The longest header. */
#define WAVEFORM_HEADER_MAX 24

struct waveform {
	size_t header;  /* bytes before the data */
	size_t unit;    /* bytes of one stretch: the pairs of all channels */
	int64_t length; /* stretches */
	int64_t rate;   /* samples a second */
	int64_t zoom;   /* samples of a stretch */
};

/* Read the header of a file that has `size` bytes, from its first `len`
 * bytes, WAVEFORM_HEADER_MAX or all there are. ERROR_INVALID when it is none,
 * or tells of more data than the file has, or of more than a year. */
bool waveform_read(const void *bytes, size_t len, int64_t size,
    struct waveform *out, struct error *err) MUST_CHECK;

/* How many stretches at the end of a piece of the data, which begins and ends
 * with one, are digital silence: nothing but zeros. */
size_t waveform_silence(
    const struct waveform *waveform, const void *bytes, size_t len);

/* How long so many stretches last, at most waveform->length of them. */
usec_t waveform_time(const struct waveform *waveform, int64_t stretches);

#endif
