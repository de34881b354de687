/* SPDX-License-Identifier: MIT */
/* Access to routes that are not for everybody, with a limit to wrong tokens,
 * and limits to what the public may write. */
#ifndef SETLINK_API_GUARD_H
#define SETLINK_API_GUARD_H

#include <stdbool.h>

#include "api/call.h"
#include "base/error.h"

/* Whether the caller may call an admin route; call->admin tells who it is then.
 * Errors: UNAUTHORIZED, FORBIDDEN, and TOO_MANY for an address that sent too
 * many wrong tokens, counted in the database for all workers. */
bool guard_admin(struct call *call, struct error *err) MUST_CHECK;

/* The same for MinIO's events, whose token is SESSION_RECORDER_EVENTS_TOKEN.
 * Wrong ones are counted apart from wrong admin tokens. */
bool guard_events(struct call *call, struct error *err) MUST_CHECK;

/* The same for what the machine itself may see, too, whether a token is
 * configured or not. */
bool guard_machine(struct call *call, struct error *err) MUST_CHECK;

/* Whether the caller is an admin; asked where everybody may call, but admins
 * see more: before anything is changed, since the database may not be able to
 * tell. */
bool guard_is_admin(struct call *call, bool *admin, struct error *err)
    MUST_CHECK;

/* For the handlers of public routes that make something new: whether the
 * client's address may make one more of it in this hour
 * (SETLINK_REGISTRATION_LIMIT), and count it. `what` is "registration" or
 * "request": guests who ask do not keep the DJs of the same network from
 * registering. To be called once, before anything is done. Loopback is not
 * counted. Errors: TOO_MANY. */
bool guard_public_write(struct call *call, const char *what, struct error *err)
    MUST_CHECK;

#endif
