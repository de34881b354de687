/* SPDX-License-Identifier: MIT */
/* How things look in JSON, and in tables. */
#include "api/views.h"

#include "api/urls.h"
#include "dj/session_status.h"

void
view_id(struct json_writer *w, const char *name, const struct uuid *id)
{
	char text[UUID_TEXT_SIZE];

	uuid_format(id, text);
	json_key(w, name);
	json_string(w, text);
}

void
view_optional_id(
    struct json_writer *w, const char *name, bool known, const struct uuid *id)
{
	if (known) {
		view_id(w, name, id);
		return;
	}
	json_key(w, name);
	json_null(w);
}

void
view_time(struct json_writer *w, const char *name, bool known, usec_t time)
{
	char text[CLOCK_RFC3339_SIZE];

	json_key(w, name);
	if (!known) {
		json_null(w);
		return;
	}
	clock_format(time, text);
	json_string(w, text);
}

void
view_dj(struct json_writer *w, const struct dj *dj, bool admin)
{
	json_object_begin(w);
	view_id(w, "id", &dj->id);
	json_key(w, "name");
	json_string(w, dj->name);
	json_key(w, "email");
	json_string(w, admin ? dj->email : NULL);
	view_time(w, "registered_at", true, dj->registered_at);
	json_key(w, "weight");
	json_decimal(w, dj->weight);
	json_key(w, "is_active");
	json_bool(w, dj->active);
	json_key(w, "position_in_queue");
	if (dj->position > 0)
		json_number(w, dj->position);
	else
		json_null(w);
	view_time(w, "estimated_time", dj->estimated, dj->estimate);
	json_object_end(w);
}

static enum session_status
status_of(const struct call *call, const struct session *session)
{
	return session_status(
	    session, call->now, call->config->wait_days * 24 * USEC_PER_HOUR);
}

bool
view_is_uploaded(const struct call *call, const struct session *session)
{
	return status_of(call, session) == SESSION_UPLOADED;
}

#define IS_LOST                                                    \
	"the recording of this session is lost: the recorder was " \
	"started again and has replaced the files with it"

bool
view_refuse_part(const struct session *session, const struct tracks_part *part,
    struct error *err)
{
	if (part->gone)
		return error_set(err, ERROR_NOT_FOUND,
		    "the recording of this session is gone from the bucket");
	if (part->replaced)
		return error_set(err, ERROR_NOT_FOUND, IS_LOST);
	return error_set(err, ERROR_NOT_FOUND,
	    session->ended && part->reopened
		? "the recording of this session is not there yet: the "
		  "recorder was started again and goes on with it"
		: "the recording of this session is not there yet");
}

bool
view_refuse_recording(const struct session *session, struct error *err)
{
	if (session_detail(session) == SESSION_AUDIO_LOST)
		return error_set(err, ERROR_NOT_FOUND, IS_LOST);
	return error_set(
	    err, ERROR_NOT_FOUND, "no recording is linked to this session");
}

bool
view_refuse_download(const struct session *session, struct error *err)
{
	if (session->linked)
		return view_refuse_part(session, &session->part, err);
	if (session_detail(session) == SESSION_AUDIO_LOST)
		return error_set(err, ERROR_NOT_FOUND, IS_LOST);
	return error_set(err, ERROR_NOT_FOUND,
	    "the recording of this session is not there yet");
}

void
view_guess(struct json_writer *w, bool guessed)
{
	if (!guessed)
		return;
	json_key(w, "warnings");
	json_array_begin(w);
	json_string(w,
	    "several recorders are tied to no room, and another room "
	    "plays: which one is this session's was guessed. Tie one "
	    "to its room: PUT "
	    "/api/session-recorder/recorders/{recorder_id} with "
	    "{\"room\": \"...\"}, or link the session by hand");
	json_array_end(w);
}

static int64_t
duration_minutes(const struct session *session)
{
	return (session->ended_at - session->started_at) / USEC_PER_MIN;
}

void
view_participants(
    struct json_writer *w, const struct session_dj *djs, size_t n_djs)
{
	size_t i;

	json_key(w, "participants");
	json_array_begin(w);
	for (i = 0; i < n_djs; i++) {
		json_object_begin(w);
		view_id(w, "dj_id", &djs[i].id);
		json_key(w, "name");
		json_string(w, djs[i].name);
		json_object_end(w);
	}
	json_array_end(w);
}

void
view_lottery_statistics(
    struct json_writer *w, const struct lottery_statistics *statistics)
{
	json_object_begin(w);
	json_key(w, "total_draws");
	json_number(w, statistics->total_draws);
	json_key(w, "unique_winners");
	json_number(w, statistics->unique_winners);
	json_key(w, "average_weight");
	json_decimal(w, statistics->average_weight);
	json_key(w, "fairness_score");
	json_decimal(w, statistics->fairness);
	json_object_end(w);
}

void
view_session_members(struct call *call, struct json_writer *w,
    const struct session *session, const char *download_link)
{
	enum session_detail detail = session_detail(session);

	view_id(w, "id", &session->id);
	view_id(w, "dj_id", &session->dj_id);
	json_key(w, "dj_name");
	json_string(w, session->dj_name);
	view_time(w, "started_at", true, session->started_at);
	view_time(w, "ended_at", session->ended, session->ended_at);
	json_key(w, "duration_minutes");
	if (session->ended)
		json_number(w, duration_minutes(session));
	else
		json_null(w);
	json_key(w, "download_link");
	json_string(w, download_link);
	json_key(w, "upload_status");
	json_string(w, session_status_name(status_of(call, session)));
	json_key(w, "session_type");
	json_string(w, session->type);
	json_key(w, "room");
	json_string(w, session->room);
	view_participants(w, session->djs, session->n_djs);
	view_optional_id(w, "event_id", session->in_event, &session->event_id);
	json_key(w, "recording_gone");
	json_bool(w, session->part.gone);
	view_time(w, "recording_changed_at", session->part.changed,
	    session->part.changed_at);
	json_key(w, "status_detail");
	json_string(w, session_detail_name(detail));
	json_key(w, "status_message");
	json_string(w, session_detail_sentence(session));
}

/* NULL while there is nothing to download. */
static bool
lasting_link(struct call *call, const struct session *session, const char **out,
    struct error *err)
{
	*out = NULL;
	if (!session->part.has_file[RECORDING_OGG])
		return true;
	*out = urls_lasting(call, &session->id);
	return *out != NULL || error_memory(err);
}

bool
view_session_lasting(struct call *call, struct json_writer *w,
    const struct session *session, struct error *err)
{
	const char *link;

	if (!lasting_link(call, session, &link, err))
		return false;
	view_session_members(call, w, session, link);
	return true;
}

bool
view_session(struct call *call, struct json_writer *w,
    const struct session *session, struct error *err)
{
	json_object_begin(w);
	if (!view_session_lasting(call, w, session, err))
		return false;
	json_object_end(w);
	return true;
}

static const char *const session_columns[] = {
    "id",
    "dj_id",
    "dj_name",
    "started_at",
    "ended_at",
    "duration_minutes",
    "download_link",
    "upload_status",
    "session_type",
    "room",
    "participants",
    "event_id",
    "recording_gone",
    "recording_changed_at",
    "status_detail",
    "status_message",
    NULL,
};

const struct table_layout view_session_layout = {"sessions", session_columns};

/* The ids of all who play, with spaces between them. */
static bool
add_participants_cell(struct call *call, struct table *table,
    const struct session *session, struct error *err)
{
	const char *text = "";
	size_t i;

	for (i = 0; i < session->n_djs && text != NULL; i++) {
		char id[UUID_TEXT_SIZE];

		uuid_format(&session->djs[i].id, id);
		text = arena_printf(
		    call->arena, "%s%s%s", text, i == 0 ? "" : " ", id);
	}
	if (text == NULL)
		return error_memory(err);
	table_text(table, text);
	return true;
}

bool
view_session_row(struct call *call, struct table *table,
    const struct session *session, struct error *err)
{
	enum session_detail detail = session_detail(session);
	const char *link;

	if (!lasting_link(call, session, &link, err))
		return false;
	table_id(table, &session->id);
	table_id(table, &session->dj_id);
	table_text(table, session->dj_name);
	table_time(table, true, session->started_at);
	table_time(table, session->ended, session->ended_at);
	if (session->ended)
		table_number(table, duration_minutes(session));
	else
		table_null(table);
	table_text(table, link);
	table_text(table, session_status_name(status_of(call, session)));
	table_text(table, session->type);
	table_text(table, session->room);
	if (!add_participants_cell(call, table, session, err))
		return false;
	table_id(table, session->in_event ? &session->event_id : NULL);
	table_bool(table, session->part.gone);
	table_time(table, session->part.changed, session->part.changed_at);
	table_text(table, session_detail_name(detail));
	table_text(table, session_detail_sentence(session));
	table_row_end(table);
	return true;
}
