/* SPDX-License-Identifier: MIT */
/* The night of the event, for the routes that show it. */
#ifndef SETLINK_API_EVENT_NIGHT_H
#define SETLINK_API_EVENT_NIGHT_H

#include <stdbool.h>

#include "api/call.h"
#include "base/error.h"
#include "dj/night.h"

/* Read the night of the event that is planned or runs, after doing what is due.
 * NOT_FOUND when there is none. */
bool event_night(struct call *call, struct night *out, struct error *err)
    MUST_CHECK;

#endif
