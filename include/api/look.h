/* SPDX-License-Identifier: MIT */
/* Looking for the recording of a set that has changed. */
#ifndef SETLINK_API_LOOK_H
#define SETLINK_API_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "api/call.h"
#include "base/uuid.h"

/* Look for the recordings of sets. They themselves are in the database by now,
 * so what goes wrong here is logged and left to the next look. `anew`: their
 * times or rooms have changed, so that a link may no longer fit. Whether the
 * recorder of any of them was guessed. */
bool look_for_recordings(
    struct call *call, const struct uuid *ids, size_t n_ids, bool anew);

#endif
