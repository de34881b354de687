/* SPDX-License-Identifier: MIT */
/* Looking for the recording of a set that has changed. */
#include "api/look.h"

#include "api/routes.h"
#include "base/log.h"
#include "recorder/links.h"

static bool
look(struct call *call, const struct uuid *id, bool anew)
{
	struct link_request request = {
	    .session_id = *id,
	    .tolerance = call_tolerance(call),
	    .now = call->now,
	    .anew = anew,
	};
	struct link_result result;
	char session[UUID_TEXT_SIZE];
	struct error err;

	if (!links_find(
		call->db, call->config, call->arena, &request, &result, &err)) {
		log_line(LOG_WARN, "event=no_link req=%s error=%s",
		    call->request->id, error_name(err.code));
		return false;
	}
	if (!result.guessed)
		return false;
	uuid_format(id, session);
	log_line(LOG_WARN,
	    "event=recorder_guessed session=%s detail=\"no recorder is tied to "
	    "its room, and another room plays\"",
	    session);
	return true;
}

bool
look_for_recordings(
    struct call *call, const struct uuid *ids, size_t n_ids, bool anew)
{
	bool guessed = false;
	size_t i;

	if (!call->config->recorder_enabled)
		return false;
	index_refresh_if_stale(call);
	for (i = 0; i < n_ids; i++)
		guessed = look(call, &ids[i], anew) || guessed;
	return guessed;
}
