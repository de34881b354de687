/* SPDX-License-Identifier: MIT */
/* Routes of one recording: the sets on it. */
#include "api/cue.h"
#include "api/recording_view.h"
#include "api/routes.h"
#include "api/urls.h"
#include "api/views.h"
#include "base/array.h"

/* A recording and the sets on it. */
struct night {
	struct recording recording;
	struct tracks_track *sets;
	size_t count;
};

static bool
read_night(struct call *call, struct night *out, struct error *err)
{
	index_refresh_if_stale(call);
	return index_find(call->db, call->arena,
		   &call_param(call, "recorder_id")->id,
		   &call_param(call, "id")->id, &out->recording, err) &&
	    tracks_of_recording(call->db, call->arena, &out->recording,
		call->now, &out->sets, &out->count, err);
}

static void
add_set(struct json_writer *w, const struct tracks_track *entry)
{
	const struct tracks_set *set = &entry->set;

	json_object_begin(w);
	view_id(w, "session_id", &set->session_id);
	json_key(w, "dj_name");
	json_string(w, set->dj_name);
	view_time(w, "started_at", true, set->started_at);
	view_time(w, "ended_at", set->ended, set->ended_at);
	view_span_members(w, entry->part, &entry->span);
	json_object_end(w);
}

static bool
get_recording(struct call *call, struct error *err)
{
	const struct recording_urls urls = {
	    .presigned = call_param(call, "presigned")->truth};
	struct json_writer w;
	struct night night;

	if (!read_night(call, &night, err))
		return false;
	call_json(call, 200, &w);
	json_object_begin(&w);
	if (!view_recording_members(call, &w, &night.recording, &urls, err))
		return false;
	json_key(&w, "is_gone");
	json_bool(&w, night.recording.gone);
	json_key(&w, "sets");
	json_array_begin(&w);
	for (size_t i = 0; i < night.count; i++)
		add_set(&w, &night.sets[i]);
	json_array_end(&w);
	json_object_end(&w);
	return true;
}

/* What the part of a set is saved as. */
static const char *
save_as(struct call *call, const struct tracks_track *entry)
{
	const struct session session = {
	    .dj_name = entry->set.dj_name,
	    .started_at = entry->set.started_at,
	};

	return urls_save_part_as(call, &session, entry->part);
}

/* What is in no file has no place in a sheet. */
static void
drop_tracks(struct night *night)
{
	size_t count = 0;

	for (size_t i = 0; i < night->count; i++)
		if (night->sets[i].span.in_file)
			night->sets[count++] = night->sets[i];
	night->count = count;
}

static bool
add_tracks(struct call *call, const struct night *night,
    struct cue_sheet *sheet, struct error *err)
{
	struct cue_track *tracks = arena_alloc(
	    call->arena, CUE_MAX_TRACKS * sizeof(*tracks));
	char day[CLOCK_RFC3339_SIZE];

	if (tracks == NULL)
		return error_memory(err);
	sheet->tracks = tracks;
	while (sheet->n_tracks < night->count &&
	    sheet->n_tracks < CUE_MAX_TRACKS) {
		const struct tracks_track *entry =
		    &night->sets[sheet->n_tracks];
		struct cue_track *track = &tracks[sheet->n_tracks++];

		clock_format(entry->set.started_at, day);
		track->performer = entry->set.dj_name;
		track->title = arena_printf(
		    call->arena, "%s %.10s", entry->set.dj_name, day);
		track->offset = entry->span.offset;
		if (track->title == NULL)
			return error_memory(err);
	}
	return true;
}

static bool
describe(struct call *call, const struct night *night, const char *name,
    struct cue_sheet *sheet, struct error *err)
{
	const struct recording *r = &night->recording;
	char recorder[UUID_TEXT_SIZE], id[UUID_TEXT_SIZE];
	char day[CLOCK_RFC3339_SIZE];
	const struct param_value *format = call_param(call, "format");

	uuid_format(&r->recorder_id, recorder);
	uuid_format(&r->id, id);
	clock_format(night->sets[0].set.started_at, day);
	*sheet = (struct cue_sheet){
	    .title = r->name[0] == '\0' ? name : r->name,
	    .file = arena_printf(call->arena, "%s.%s", name,
		format->given ? format->text : "ogg"),
	    .date = arena_printf(call->arena, "%.10s", day),
	    .comment = arena_printf(
		call->arena, "recording %s of recorder %s", id, recorder),
	};
	if (sheet->file == NULL || sheet->date == NULL ||
	    sheet->comment == NULL)
		return error_memory(err);
	return add_tracks(call, night, sheet, err);
}

static bool
get_cue(struct call *call, struct error *err)
{
	struct cue_sheet sheet;
	struct night night;
	const char *name, *disposition;

	if (!read_night(call, &night, err))
		return false;
	if (night.recording.gone)
		return error_set(err, ERROR_NOT_FOUND,
		    "the recording is gone from the bucket");
	drop_tracks(&night);
	if (night.count == 0)
		return error_set(
		    err, ERROR_NOT_FOUND, "no set is on this recording");
	name = save_as(call, &night.sets[0]);
	if (name == NULL)
		return error_memory(err);
	disposition = urls_attachment(call, name, "cue");
	if (disposition == NULL)
		return error_memory(err);
	if (!describe(call, &night, name, &sheet, err))
		return false;
	call->response->content_type = "application/x-cue";
	response_header(call->response, "Content-Disposition", disposition);
	cue_write(&call->response->body, &sheet);
	return true;
}

static const struct param recording_params[] = {
    {"recorder_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"presigned", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    {NULL},
};

static const struct param cue_params[] = {
    {"recorder_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"format", PARAM_QUERY, PARAM_CHOICE, false, 0, 0, "ogg flac"},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/session-recorder/recording/{recorder_id}/{id}",
	ROUTE_ADMIN, true, recording_params, get_recording},
    {HTTP_GET, "/api/session-recorder/cue/{recorder_id}/{id}", ROUTE_PUBLIC,
	true, cue_params, get_cue},
};

const struct route_table recording_routes = {routes, LENGTH(routes)};
