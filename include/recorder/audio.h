/* Finding out how long recordings are without the silence that pads them. */
#ifndef SETLINK_RECORDER_AUDIO_H
#define SETLINK_RECORDER_AUDIO_H

#include <stdbool.h>

#include "base/error.h"
#include "recorder/merge.h"

/* Read the header and the end of each waveform that is new, S3_PARALLEL at a
 * time, and store what they show; a waveform that cannot be understood shows
 * nothing. Once one cannot be fetched, the others are left for the next
 * refresh, which is no error: nothing depends on them. */
bool audio_read(struct refresh *refresh, struct error *err) MUST_CHECK;

#endif
