/* SPDX-License-Identifier: MIT */
/* What a listing shows of a recording, beside what the index has of it. */
#ifndef SETLINK_RECORDER_LISTED_H
#define SETLINK_RECORDER_LISTED_H

#include <stdbool.h>

#include "recorder/index.h"

/* Whether the listing shows just what the row holds, as far as that goes. */
bool listed_is_same(
    const struct recording *row, const struct recording *listed);

/* Whether the row tells when all of that was stored. Rows of older versions do
 * not. */
bool listed_is_known(
    const struct recording *row, const struct recording *listed);

#endif
