/* SPDX-License-Identifier: MIT */
/* Why a recording was chosen for a set or passed over, in words that the host
 * of a night understands. */
#ifndef SETLINK_RECORDER_MATCH_WORDS_H
#define SETLINK_RECORDER_MATCH_WORDS_H

#include "base/buf.h"
#include "recorder/match.h"

/* Append them, such as "begins 1:20 after the set's start". `rule` is that of
 * the primary part. */
void match_words(struct buf *out, const struct match_set *set,
    const struct match_recording *r, enum match_rule rule,
    enum match_reason reason);

/* Append a length of time or an offset as m:ss. */
void match_put_time(struct buf *out, usec_t time);

#endif
