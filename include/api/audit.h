/* SPDX-License-Identifier: MIT */
/* Running a handler, with the audit of what admins do. */
#ifndef SETLINK_API_AUDIT_H
#define SETLINK_API_AUDIT_H

#include <stdbool.h>

#include "api/call.h"
#include "base/error.h"

/* Run the route's handler. What an admin changes is written into the audit
 * before, and its status after, so that nothing is done without a row, and a
 * row without a status tells that nobody knows how it ended. When the row
 * cannot be written nothing is done: UNAVAILABLE. */
bool audit_run(struct call *call, struct error *err) MUST_CHECK;

#endif
