/* SPDX-License-Identifier: MIT */
/* Where a recording is beside a set. */
#ifndef SETLINK_RECORDER_MATCH_PLACE_H
#define SETLINK_RECORDER_MATCH_PLACE_H

#include <stddef.h>

#include "base/clock.h"
#include "recorder/match.h"
#include "recorder/span.h"

/* The silence that fills the last chunk is no longer; what is was recorded. */
#define MATCH_PADDING (28 * USEC_PER_SEC)

/* Fill in the times of a recording that is placed. */
void match_place(const struct span *span, struct match_recording *out);

/* A recorder writes one recording after the other, so the silence that pads one
 * to whole chunks ends where the next one begins. */
void match_cut_padding(struct match_recording *recordings, size_t n);

/* How long two stretches of time overlap, below 0 when there is a gap. */
usec_t match_overlap(
    usec_t start, usec_t end, usec_t other_start, usec_t other_end);

/* How much of the set the recording holds. */
usec_t match_coverage(
    const struct match_set *set, const struct match_recording *r);

/* How far a recording is from a set, 0 when they overlap. */
usec_t match_gap(const struct match_set *set, const struct match_recording *r);

/* Where in the files that it has, or will have, the set begins: of the two
 * pieces of one that was interrupted, the one with more of the set counts. */
usec_t match_offset(
    const struct match_set *set, const struct match_recording *r);

#endif
