/* SPDX-License-Identifier: MIT */
/* Routes that give out the recording of a set. */
#include <stdio.h>

#include "api/guard.h"
#include "api/recording_view.h"
#include "api/routes.h"
#include "api/urls.h"
#include "api/views.h"
#include "base/array.h"
#include "dj/sessions.h"

/* A set, and all parts of its recording. */
struct recorded {
	struct session session;
	struct tracks_part parts[MATCH_MAX_PARTS];
	size_t count;
};

/* What was thought to be a part, and has nothing of the set, is none. */
static bool
is_part(const struct tracks_part *part)
{
	return part->primary || part->span.held || part->gone || part->by_hand;
}

static bool
read_recorded(struct call *call, struct recorded *out, struct error *err)
{
	size_t count;

	index_refresh_if_stale(call);
	if (!sessions_find_parts(call->db, call->arena,
		&call_param(call, "session_id")->id, call->now, &out->session,
		out->parts, &count, err))
		return false;
	out->count = 0;
	for (size_t i = 0; i < count; i++)
		if (is_part(&out->parts[i]))
			out->parts[out->count++] = out->parts[i];
	return true;
}

/* The part that is asked for, else the primary one. */
static const struct tracks_part *
choose_part(
    struct call *call, const struct recorded *recorded, struct error *err)
{
	const struct param_value *asked = call_param(call, "part");

	if (recorded->count == 0) {
		(void)!view_refuse_recording(&recorded->session, err);
		return NULL;
	}
	if (!asked->given)
		return &recorded->session.part;
	for (size_t i = 0; i < recorded->count; i++)
		if (recorded->parts[i].part == asked->number)
			return &recorded->parts[i];
	(void)error_set(err, ERROR_NOT_FOUND,
	    "the recording of this session has no part %lld, but %zu of them",
	    (long long)asked->number, recorded->count);
	return NULL;
}

/* How URLs are to be: what their files are saved as, how long they live. */
struct signing {
	const char *save_as;
	unsigned expires;
};

static bool
signing_of(struct call *call, const struct session *session,
    const struct tracks_part *part, unsigned expires, struct signing *out,
    struct error *err)
{
	*out = (struct signing){
	    urls_save_part_as(call, session, part->part), expires};
	return out->save_as != NULL || error_memory(err);
}

/* The presigned URL of a part's file, in the arena. */
static const char *
presign(struct call *call, const struct tracks_part *part,
    enum recording_format format, const struct signing *signing,
    struct error *err)
{
	const struct urls_file file = {
	    .kind = recording_layout(format),
	    .recorder_id = &part->recorder_id,
	    .recording_id = &part->recording_id,
	    .save_as = signing->save_as,
	    .expires = signing->expires,
	};

	return urls_presigned(call, &file, err);
}

/* The reasons for not having a file are told apart. */
static bool
check_file(const struct session *session, const struct tracks_part *part,
    enum recording_format format, struct error *err)
{
	if (part->has_file[format])
		return true;
	if (!part->gone && part->span.in_file)
		return error_set(err, ERROR_NOT_FOUND,
		    "the recording does not have this file yet");
	return view_refuse_part(session, part, err);
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
 * not the beginning of the file. NULL when that failed. */
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

/* What is asked for. */
struct download {
	const char *format_name;
	enum recording_format format;
	unsigned expires;
};

static void
add_part_place(struct json_writer *w, const struct tracks_part *part)
{
	view_span_members(w, part->part, &part->span);
	json_key(w, "is_primary");
	json_bool(w, part->primary);
}

/* NULL without the file. */
static bool
presign_if_there(struct call *call, const struct recorded *recorded,
    const struct tracks_part *part, const struct download *download,
    const char **out, struct error *err)
{
	struct signing signing;

	*out = NULL;
	if (!part->has_file[download->format])
		return true;
	if (!signing_of(call, &recorded->session, part, download->expires,
		&signing, err))
		return false;
	*out = presign(call, part, download->format, &signing, err);
	return *out != NULL;
}

/* All parts of a set that has several; the URL of one without the file is
 * null. */
static bool
add_download_parts(struct call *call, struct json_writer *w,
    const struct recorded *recorded, const struct download *download,
    struct error *err)
{
	json_key(w, "parts");
	json_array_begin(w);
	for (size_t i = 0; i < recorded->count; i++) {
		const struct tracks_part *part = &recorded->parts[i];
		const char *url;

		if (!presign_if_there(
			call, recorded, part, download, &url, err))
			return false;
		json_object_begin(w);
		add_part_place(w, part);
		json_key(w, "url");
		json_string(w, url);
		json_object_end(w);
	}
	json_array_end(w);
	return true;
}

static bool
write_download(struct call *call, const struct recorded *recorded,
    const struct download *download, const char *url, struct error *err)
{
	struct json_writer w;

	json_writer_begin(&w, &call->response->body);
	json_object_begin(&w);
	json_key(&w, "url");
	json_string(&w, url);
	json_key(&w, "expires_in_seconds");
	json_number(&w, download->expires);
	json_key(&w, "format");
	json_string(&w, download->format_name);
	if (recorded->count > 1 &&
	    !add_download_parts(call, &w, recorded, download, err))
		return false;
	json_object_end(&w);
	return true;
}

static bool
get_download(struct call *call, struct error *err)
{
	struct download download = {
	    .format_name = call_param(call, "format")->text,
	};
	const struct tracks_part *part;
	struct recorded recorded;
	struct json_writer ignored;
	const char *url;

	download.format = format_named(download.format_name);
	if (!read_expires(call, &download.expires, err) ||
	    !read_recorded(call, &recorded, err))
		return false;
	part = choose_part(call, &recorded, err);
	if (part == NULL ||
	    !check_file(&recorded.session, part, download.format, err) ||
	    !presign_if_there(call, &recorded, part, &download, &url, err))
		return false;
	call_json(call, 200, &ignored);
	if (call_param(call, "redirect")->truth &&
	    !redirect(call, part, download.format, url, err))
		return false;
	return write_download(call, &recorded, &download, url, err);
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
	struct signing signing;

	if (!signing_of(call, session, out->part, urls_default_expires(call),
		&signing, err))
		return false;
	for (int i = 0; i < RECORDING_FORMATS; i++) {
		out->urls[i] = NULL;
		if (!out->part->has_file[i])
			continue;
		out->urls[i] = presign(
		    call, out->part, (enum recording_format)i, &signing, err);
		if (out->urls[i] == NULL)
			return false;
	}
	return true;
}

static void
add_part(struct json_writer *w, const struct presigned_part *presigned)
{
	const struct tracks_part *part = presigned->part;

	json_object_begin(w);
	view_id(w, "recorder_id", &part->recorder_id);
	view_id(w, "id", &part->recording_id);
	add_part_place(w, part);
	json_key(w, "is_gone");
	json_bool(w, part->gone);
	view_time(w, "changed_at", part->changed, part->changed_at);
	json_key(w, "urls");
	json_object_begin(w);
	view_urls(w, presigned->urls);
	json_object_end(w);
	json_object_end(w);
}

/* The URLs of the set are those of its primary part. */
static void
write_session(struct call *call, const struct recorded *recorded,
    const struct presigned_part *parts)
{
	static const struct presigned_part none;
	const struct presigned_part *primary = &none;
	struct json_writer w;

	for (size_t i = 0; i < recorded->count; i++)
		if (recorded->parts[i].primary)
			primary = &parts[i];
	call_json(call, 200, &w);
	json_object_begin(&w);
	view_session_members(
	    call, &w, &recorded->session, primary->urls[RECORDING_OGG]);
	json_key(&w, "recording_urls");
	json_object_begin(&w);
	view_urls(&w, primary->urls);
	json_object_end(&w);
	json_key(&w, "recordings");
	json_array_begin(&w);
	for (size_t i = 0; i < recorded->count; i++)
		add_part(&w, &parts[i]);
	json_array_end(&w);
	json_object_end(&w);
}

static bool
get_session(struct call *call, struct error *err)
{
	struct presigned_part parts[MATCH_MAX_PARTS];
	struct recorded recorded;

	if (!read_recorded(call, &recorded, err))
		return false;
	for (size_t i = 0; i < recorded.count; i++) {
		parts[i].part = &recorded.parts[i];
		if (!presign_part(call, &recorded.session, &parts[i], err))
			return false;
	}
	write_session(call, &recorded, parts);
	return true;
}

#define SESSION_ID                                                     \
	{                                                              \
		"session_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL \
	}

static const struct param session_params[] = {
    SESSION_ID,
    {NULL},
};

static const struct param download_params[] = {
    SESSION_ID,
    {"format", PARAM_PATH, PARAM_CHOICE, true, 0, 0,
	"ogg flac waveform overview"},
    {"part", PARAM_QUERY, PARAM_INTEGER, false, 1, MATCH_MAX_PARTS, NULL},
    {"redirect", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    {"expires_in", PARAM_QUERY, PARAM_INTEGER, false, 1, SIGV4_MAX_EXPIRES,
	NULL},
    {NULL},
};

#define BASE "/api/session-recorder"

static const struct route routes[] = {
    {HTTP_GET, BASE "/download/{session_id}/{format}", ROUTE_PUBLIC, true,
	download_params, get_download},
    {HTTP_GET, BASE "/session/{session_id}", ROUTE_PUBLIC, true, session_params,
	get_session},
};

const struct route_table recorder_download_routes = {routes, LENGTH(routes)};
