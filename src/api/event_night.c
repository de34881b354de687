/* SPDX-License-Identifier: MIT */
/* The night of the event. */
#include "api/event_night.h"

#include "dj/tick.h"

bool
event_night(struct call *call, struct night *out, struct error *err)
{
	return tick_night(
		   call->db, call->config, call->arena, call->now, out, err) &&
	    (out->has_event ||
		error_set(err, ERROR_NOT_FOUND, "no event runs"));
}
