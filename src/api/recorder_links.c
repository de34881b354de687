/* Routes that tie a set to its recording, and give the recording out. */
#include <stdio.h>

#include "api/guard.h"
#include "api/recording_view.h"
#include "api/routes.h"
#include "api/urls.h"
#include "api/views.h"
#include "dj/sessions.h"
#include "recorder/links.h"

static struct link_request
request_of(const struct call *call)
{
	return (struct link_request){
	    .session_id = call_param(call, "session_id")->id,
	    .tolerance = call_tolerance(call),
	    .now = call->now,
	    .asked = true,
	};
}

static bool
post_link(struct call *call, struct error *err)
{
	const struct link_request request = request_of(call);
	const struct uuid *recorder_id = &call_param(call, "recorder_id")->id;
	const struct uuid *recording_id =
	    &call_param(call, "recorder_session_id")->id;
	struct json_writer w;

	if (!links_set(call->db, call->config, call->arena, &request,
		recorder_id, recording_id, call_param(call, "force")->truth,
		err))
		return false;
	call_json(call, 200, &w);
	json_object_begin(&w);
	json_key(&w, "success");
	json_bool(&w, true);
	json_key(&w, "message");
	json_string(&w, "Session successfully linked to recorder session");
	view_id(&w, "recorder_id", recorder_id);
	view_id(&w, "recorder_session_id", recording_id);
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
		return "No recorder session fits the time of this session";
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

static double
seconds(usec_t usec)
{
	return (double)usec / (double)USEC_PER_SEC;
}

static void
add_parts(struct json_writer *w, const struct link_result *result)
{
	const struct link_part *first = &result->parts[0];
	size_t i;

	view_id(w, "recorder_id", &first->recorder_id);
	view_id(w, "recorder_session_id", &first->recording_id);
	json_key(w, "matched_by");
	json_string(w, match_rule_name(result->rule));
	json_key(w, "offset_seconds");
	json_decimal(w, seconds(first->offset));
	json_key(w, "parts");
	json_array_begin(w);
	for (i = 0; i < result->n_parts; i++) {
		const struct link_part *part = &result->parts[i];

		json_object_begin(w);
		json_key(w, "part");
		json_number(w, (int64_t)i + 1);
		view_id(w, "recorder_id", &part->recorder_id);
		view_id(w, "recorder_session_id", &part->recording_id);
		json_key(w, "offset_seconds");
		json_decimal(w, seconds(part->offset));
		json_object_end(w);
	}
	json_array_end(w);
}

static bool
post_auto_link(struct call *call, struct error *err)
{
	const struct link_request request = request_of(call);
	struct link_result result;
	struct json_writer w;
	bool success;

	index_refresh_if_stale(call);
	if (!links_find(
		call->db, call->config, call->arena, &request, &result, err))
		return false;
	call_json(call, 200, &w);
	success = result.n_parts > 0;
	json_object_begin(&w);
	json_key(&w, "success");
	json_bool(&w, success);
	json_key(&w, "message");
	json_string(&w, explain(call, &result));
	if (success)
		add_parts(&w, &result);
	json_object_end(&w);
	return true;
}

/* The presigned URL of a set's file, in the arena. The reasons for not having
 * one are told apart. */
static const char *
presign(struct call *call, const struct session *session,
    enum recording_format format, unsigned expires, struct error *err)
{
	struct urls_file file = {
	    .kind = recording_layout(format),
	    .recorder_id = &session->recorder_id,
	    .recording_id = &session->recording_id,
	    .save_as = urls_save_as(call, session),
	    .expires = expires,
	};

	if (!session->linked)
		(void)error_set(err, ERROR_NOT_FOUND,
		    "no recording is linked to this session");
	else if (session->gone)
		(void)error_set(err, ERROR_NOT_FOUND,
		    "the recording is gone from the bucket");
	else if (!session->has_file[format])
		(void)error_set(err, ERROR_NOT_FOUND,
		    "the recording does not have this file yet");
	else if (file.save_as == NULL)
		(void)error_memory(err);
	else
		return urls_presigned(call, &file, err);
	return NULL;
}

/* The public may be held to a shorter life than admins. */
static bool
read_expires(struct call *call, unsigned *out, struct error *err)
{
	const struct param_value *given = call_param(call, "expires_in");
	int64_t most = call->config->max_expires;
	bool admin;

	*out = urls_default_expires(call);
	if (!given->given)
		return true;
	*out = (unsigned)given->number;
	if (given->number <= most)
		return true;
	return guard_is_admin(call, &admin, err) &&
	    (admin ||
		error_set(err, ERROR_INVALID,
		    "expires_in: must be a whole number from 1 to %lld",
		    (long long)most));
}

static enum recording_format
format_named(const char *name)
{
	enum recording_format format = RECORDING_OGG;

	while (format + 1 < RECORDING_FORMATS &&
	    layout_file_by_format(name)->kind != recording_layout(format))
		format++;
	return format;
}

/* Where a player is to be sent: to the place where the set begins, if that is
 * not the begin of the file. NULL when that failed. */
static const char *
player_url(struct call *call, const struct tracks_part *part,
    enum recording_format format, const char *url, struct error *err)
{
	const char *fragment, *result = NULL;

	if ((format != RECORDING_OGG && format != RECORDING_FLAC) ||
	    part->span.offset == 0)
		return url;
	fragment = urls_fragment(call, &part->span);
	if (fragment != NULL)
		result = arena_printf(call->arena, "%s#%s", url, fragment);
	if (result == NULL)
		(void)error_memory(err);
	return result;
}

/* Answer with a redirect; its body is that of the answer without. */
static bool
redirect(struct call *call, const struct tracks_part *part,
    enum recording_format format, const char *url, struct error *err)
{
	const char *location = player_url(call, part, format, url, err);

	if (location == NULL)
		return false;
	call->response->status = 302;
	response_header(call->response, "Location", location);
	return true;
}

/* A set and the part of its recording that is given out. */
static bool
find_part(struct call *call, bool redirected, struct session *session,
    struct tracks_part *part, struct error *err)
{
	const struct uuid *id = &call_param(call, "session_id")->id;
	struct tracks_part parts[MATCH_MAX_PARTS];
	size_t count;

	/* Where it begins matters to players only. */
	if (!redirected)
		return sessions_find(call->db, call->arena, id, session, err);
	if (!sessions_find_parts(call->db, call->arena, id, call->now, session,
		parts, &count, err))
		return false;
	*part = count == 0 ? (struct tracks_part){.part = 1} : parts[0];
	return true;
}

static bool
get_download(struct call *call, struct error *err)
{
	const char *name = call_param(call, "format")->text;
	enum recording_format format = format_named(name);
	bool redirected = call_param(call, "redirect")->truth;
	struct session session;
	struct tracks_part part;
	struct json_writer w;
	unsigned expires;
	const char *url;

	index_refresh_if_stale(call);
	if (!read_expires(call, &expires, err) ||
	    !find_part(call, redirected, &session, &part, err))
		return false;
	url = presign(call, &session, format, expires, err);
	if (url == NULL)
		return false;
	call_json(call, 200, &w);
	if (redirected && !redirect(call, &part, format, url, err))
		return false;
	json_object_begin(&w);
	json_key(&w, "url");
	json_string(&w, url);
	json_key(&w, "expires_in_seconds");
	json_number(&w, expires);
	json_key(&w, "format");
	json_string(&w, name);
	json_object_end(&w);
	return true;
}

/* A part of a set, and the URLs of its files. */
struct presigned_part {
	const struct tracks_part *part;
	const char *urls[RECORDING_FORMATS];
};

static bool
presign_part(struct call *call, const struct session *session,
    struct presigned_part *out, struct error *err)
{
	const char *save_as = urls_save_part_as(call, session, out->part->part);

	if (save_as == NULL)
		return error_memory(err);
	return view_presign(
	    call, &out->part->recording, save_as, out->urls, err);
}

static void
add_part(struct json_writer *w, const struct presigned_part *presigned)
{
	const struct tracks_part *part = presigned->part;

	json_object_begin(w);
	view_id(w, "recorder_id", &part->recording.recorder_id);
	view_id(w, "id", &part->recording.id);
	view_span_members(w, part->part, &part->span);
	json_key(w, "is_gone");
	json_bool(w, part->recording.gone);
	view_time(w, "changed_at", part->changed, part->changed_at);
	json_key(w, "urls");
	json_object_begin(w);
	view_urls(w, presigned->urls);
	json_object_end(w);
	json_object_end(w);
}

/* The URLs of the set are those of its first part. */
static void
write_session(struct call *call, const struct session *session,
    const struct presigned_part *parts, size_t count)
{
	static const struct presigned_part none;
	const struct presigned_part *first = session->linked && count > 0
	    ? parts
	    : &none;
	struct json_writer w;
	size_t i;

	call_json(call, 200, &w);
	json_object_begin(&w);
	view_session_members(call, &w, session, first->urls[RECORDING_OGG]);
	json_key(&w, "recording_urls");
	json_object_begin(&w);
	view_urls(&w, first->urls);
	json_object_end(&w);
	json_key(&w, "recordings");
	json_array_begin(&w);
	for (i = 0; i < count; i++)
		add_part(&w, &parts[i]);
	json_array_end(&w);
	json_object_end(&w);
}

static bool
get_session(struct call *call, struct error *err)
{
	struct tracks_part found[MATCH_MAX_PARTS];
	struct presigned_part parts[MATCH_MAX_PARTS];
	struct session session;
	size_t count, i;

	index_refresh_if_stale(call);
	if (!sessions_find_parts(call->db, call->arena,
		&call_param(call, "session_id")->id, call->now, &session, found,
		&count, err))
		return false;
	for (i = 0; i < count; i++) {
		parts[i].part = &found[i];
		if (!presign_part(call, &session, &parts[i], err))
			return false;
	}
	write_session(call, &session, parts, count);
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

static const struct param download_params[] = {
    SESSION_ID,
    {"format", PARAM_PATH, PARAM_CHOICE, true, 0, 0,
	"ogg flac waveform overview"},
    {"redirect", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    {"expires_in", PARAM_QUERY, PARAM_INTEGER, false, 1, SIGV4_MAX_EXPIRES,
	NULL},
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
    {HTTP_GET, BASE "/download/{session_id}/{format}", ROUTE_PUBLIC, true,
	download_params, get_download},
    {HTTP_GET, BASE "/session/{session_id}", ROUTE_PUBLIC, true, session_params,
	get_session},
};

const struct route_table recorder_link_routes = {
    routes, sizeof(routes) / sizeof(routes[0])};
