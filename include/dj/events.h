/* SPDX-License-Identifier: MIT */
/* Events: the nights, one at a time. */
#ifndef SETLINK_DJ_EVENTS_H
#define SETLINK_DJ_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"
#include "dj/night.h"

/* Start an event, or plan it when event->started_at is to come; its id is
 * filled in. It gets the open pool with everybody in it and, if that
 * is due, its first DJ is drawn, in one transaction. CONFLICT while another one
 * runs or is planned. */
bool events_start(struct db *db, const struct config *config,
    struct arena *arena, struct event *event, usec_t now, struct error *err)
    MUST_CHECK;

/* End the event, and its sessions with it: the ids of those go to `ended`
 * (SESSIONS_MAX_ENDED). Its pool is closed and another one opened. One that
 * was planned and has not begun is called off: its pool stays, and nobody is
 * in the queue any more. NOT_FOUND when there is none. */
bool events_end(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct event *out, struct uuid *ended, size_t *n_ended,
    struct error *err) MUST_CHECK;

#endif
