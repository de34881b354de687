/* SPDX-License-Identifier: MIT */
/* Routes that tie a set to its recording. */
#include "api/recording_view.h"
#include "api/routes.h"
#include "api/views.h"
#include "base/array.h"
#include "recorder/links_by_hand.h"

/* As far as an offset can be: no recording is longer. */
#define MAX_OFFSET (INT64_C(366) * 86400)

static usec_t
microseconds(double seconds)
{
	return (usec_t)(seconds * (double)USEC_PER_SEC + 0.5);
}

static struct link_by_hand
link_by_hand(const struct call *call)
{
	const struct param_value *offset = call_param(call, "offset_seconds");
	const struct param_value *part = call_param(call, "part");

	return (struct link_by_hand){
	    .session_id = call_param(call, "session_id")->id,
	    .recorder_id = call_param(call, "recorder_id")->id,
	    .recording_id = call_param(call, "recorder_session_id")->id,
	    .tolerance = call_tolerance(call),
	    .now = call->now,
	    .force = call_param(call, "force")->truth,
	    .part = part->given ? (unsigned)part->number : 0,
	    .has_offset = offset->given,
	    .offset = microseconds(offset->decimal),
	    .dry_run = call_param(call, "dry_run")->truth,
	};
}

/* "8 days", "3:20 minutes" */
static const char *
words_of_gap(struct call *call, usec_t gap)
{
	long long seconds = (long long)(gap / USEC_PER_SEC);
	const char *text;

	if (seconds < 7200)
		text = arena_printf(call->arena, "%lld:%02lld minutes",
		    seconds / 60, seconds % 60);
	else if (seconds < 48 * 3600)
		text = arena_printf(call->arena, "%lld hours", seconds / 3600);
	else
		text = arena_printf(call->arena, "%lld days", seconds / 86400);
	return text == NULL ? "?" : text;
}

static void
add_warning(struct json_writer *w, const char *text)
{
	json_string(w, text == NULL ? "?" : text);
}

/* What is odd, a sentence each. */
static void
add_oddities(
    struct call *call, struct json_writer *w, const struct link_oddities *odd)
{
	char holder[UUID_TEXT_SIZE];

	if (odd->no_overlap)
		add_warning(w,
		    arena_printf(call->arena,
			"no overlap: the recording %s the session by %s",
			odd->before ? "ends before" : "begins after",
			words_of_gap(call, odd->gap)));
	if (odd->unplaced)
		add_warning(w, "nobody knows when this was recorded");
	if (odd->replaced)
		add_warning(w,
		    "the recorder was started again, and the files with this "
		    "session were replaced");
	if (odd->beyond)
		add_warning(w, "the offset lies behind the end of the file");
	if (odd->other_room != NULL)
		add_warning(w,
		    arena_printf(call->arena,
			"other room: its recorder is tied to %s",
			odd->other_room));
	if (odd->taken) {
		uuid_format(&odd->holder, holder);
		add_warning(w,
		    arena_printf(call->arena,
			"held by session %s, which overlaps this one and loses "
			"it",
			holder));
	}
}

static void
add_part_ids(struct json_writer *w, const struct link_list *list, size_t index)
{
	const struct link_part *part = &list->parts[index];

	view_id(w, "recorder_id", &part->recorder_id);
	view_id(w, "recorder_session_id", &part->recording_id);
	view_seconds(w, "offset_seconds", true, part->offset);
}

static void
add_parts(struct json_writer *w, const struct link_list *list)
{
	json_key(w, "parts");
	json_array_begin(w);
	for (size_t i = 0; i < list->count; i++) {
		json_object_begin(w);
		json_key(w, "part");
		json_number(w, (int64_t)i + 1);
		json_key(w, "is_primary");
		json_bool(w, i == list->primary);
		add_part_ids(w, list, i);
		json_object_end(w);
	}
	json_array_end(w);
}

static bool
post_link(struct call *call, struct error *err)
{
	const struct link_by_hand link = link_by_hand(call);
	struct link_oddities odd;
	struct link_list parts;
	struct json_writer w;

	if (!links_set(
		call->db, call->config, call->arena, &link, &parts, &odd, err))
		return false;
	call_json(call, 200, &w);
	json_object_begin(&w);
	json_key(&w, "success");
	json_bool(&w, true);
	json_key(&w, "message");
	json_string(&w,
	    link.dry_run
		? "Session would be linked to recorder session; nothing was done"
		: "Session successfully linked to recorder session");
	view_id(&w, "recorder_id", &link.recorder_id);
	view_id(&w, "recorder_session_id", &link.recording_id);
	json_key(&w, "dry_run");
	json_bool(&w, link.dry_run);
	add_parts(&w, &parts);
	json_key(&w, "warnings");
	json_array_begin(&w);
	add_oddities(call, &w, &odd);
	json_array_end(&w);
	json_object_end(&w);
	return true;
}

static bool
delete_link(struct call *call, struct error *err)
{
	if (!links_remove(call->db, call->arena,
		&call_param(call, "session_id")->id, err))
		return false;
	call->response->status = 204;
	return true;
}

/* What is to be said where nothing fits. */
static const char *
explain_none(struct call *call, const struct link_result *result)
{
	const char *what = "No recorder session fits the time of this session";

	if (result->absence == MATCH_AUDIO_LOST)
		what = "The recorder was started again, and the files with "
		       "this session were replaced";
	else if (result->absence == MATCH_SILENT)
		what = "There is nothing to hear in the recorder session of "
		       "that time";
	return arena_printf(call->arena, "%s: %s", what, result->why);
}

static const char *
explain(struct call *call, const struct link_result *result)
{
	char holder[UUID_TEXT_SIZE];

	switch (result->outcome) {
	case LINK_MADE:
		return "Session successfully auto-linked to recorder session";
	case LINK_KEPT:
		return "Session is linked to this recorder session already";
	case LINK_NO_MATCH:
		return explain_none(call, result);
	case LINK_TAKEN:
		uuid_format(&result->holder, holder);
		return arena_printf(call->arena,
		    "The recorder session that fits is linked to session %s, "
		    "which overlaps this one",
		    holder);
	case LINK_MANUAL:
		return "Session was linked by hand and is left alone; unlink "
		       "it first";
	case LINK_BARRED:
		break;
	}
	return "Session was unlinked by hand and is left alone";
}

static void
add_linked(struct json_writer *w, const struct link_result *result)
{
	add_part_ids(w, &result->got, result->got.primary);
	json_key(w, "matched_by");
	json_string(w, match_rule_name(result->rule));
	add_parts(w, &result->got);
}

/* The recording that missed the set by least. */
static void
add_nearest(struct json_writer *w, const struct link_result *result)
{
	json_key(w, "nearest");
	if (!result->has_nearest) {
		json_null(w);
		return;
	}
	json_object_begin(w);
	view_id(w, "recorder_id", &result->nearest.recorder_id);
	view_id(w, "recorder_session_id", &result->nearest.recording_id);
	view_seconds(w, "missed_by_seconds", true, result->missed_by);
	json_object_end(w);
}

static bool
post_auto_link(struct call *call, struct error *err)
{
	const struct link_request request = {
	    .session_id = call_param(call, "session_id")->id,
	    .tolerance = call_tolerance(call),
	    .now = call->now,
	    .asked = true,
	    .why = true,
	};
	struct link_result result;
	struct json_writer w;
	bool success;

	index_refresh_if_stale(call);
	if (!links_find(
		call->db, call->config, call->arena, &request, &result, err))
		return false;
	call_json(call, 200, &w);
	success = result.outcome == LINK_MADE || result.outcome == LINK_KEPT;
	json_object_begin(&w);
	json_key(&w, "success");
	json_bool(&w, success);
	json_key(&w, "message");
	json_string(&w, explain(call, &result));
	if (success)
		add_linked(&w, &result);
	else
		add_nearest(&w, &result);
	view_guess(&w, result.guessed);
	json_object_end(&w);
	return true;
}

#define SESSION_ID                                                     \
	{                                                              \
		"session_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL \
	}

static const struct param link_params[] = {
    SESSION_ID,
    {"recorder_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"recorder_session_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"force", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    {"offset_seconds", PARAM_QUERY, PARAM_DECIMAL, false, 0, MAX_OFFSET, NULL},
    {"part", PARAM_QUERY, PARAM_INTEGER, false, 1, MATCH_MAX_PARTS, NULL},
    {"dry_run", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    {NULL},
};

static const struct param session_params[] = {
    SESSION_ID,
    {NULL},
};

static const struct param auto_link_params[] = {
    SESSION_ID,
    {"tolerance_minutes", PARAM_QUERY, PARAM_INTEGER, false, 0, 1440, NULL},
    {NULL},
};

#define BASE "/api/session-recorder"

static const struct route routes[] = {
    {HTTP_POST, BASE "/link/{session_id}/{recorder_id}/{recorder_session_id}",
	ROUTE_ADMIN, true, link_params, post_link},
    {HTTP_DELETE, BASE "/link/{session_id}", ROUTE_ADMIN, true, session_params,
	delete_link},
    {HTTP_POST, BASE "/auto-link/{session_id}", ROUTE_ADMIN, true,
	auto_link_params, post_auto_link},
};

const struct route_table recorder_link_routes = {routes, LENGTH(routes)};
