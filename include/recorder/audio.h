/* SPDX-License-Identifier: MIT */
/* Finding out how long recordings are without the silence that pads them. */
#ifndef SETLINK_RECORDER_AUDIO_H
#define SETLINK_RECORDER_AUDIO_H

#include <stdbool.h>

#include "base/error.h"
#include "recorder/merge.h"

/* Read the header and the end of the newest thousand waveforms that were not
 * read yet, S3_PARALLEL at a time, and store what they show; one that cannot be
 * understood, or must not be read, shows nothing. The others are left for the
 * next refresh, as they are once one cannot be fetched: nothing depends on
 * them. */
bool audio_read(struct refresh *refresh, struct error *err) MUST_CHECK;

#endif
