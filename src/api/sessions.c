/* SPDX-License-Identifier: MIT */
/* Routes of sessions. */
#include "dj/sessions.h"
#include "base/array.h"

#include "api/list.h"
#include "api/look.h"
#include "api/routes.h"
#include "api/urls.h"
#include "api/views.h"

/* Sets before this are typing errors: 2000-01-01. */
#define EARLIEST (INT64_C(946684800) * USEC_PER_SEC)

static bool
answer(struct call *call, int status, const struct uuid *id, struct error *err)
{
	struct session session;
	struct json_writer w;

	if (!sessions_find(call->db, call->arena, id, call->now, &session, err))
		return false;
	call_json(call, status, &w);
	return view_session(call, &w, &session, err);
}

/* The same of one that was started, changed or ended, with what is to be told
 * of its recording. */
static bool
answer_with_guess(
    struct call *call, const struct uuid *id, bool guessed, struct error *err)
{
	struct session session;
	struct json_writer w;

	if (!sessions_find(call->db, call->arena, id, call->now, &session, err))
		return false;
	call_json(call, 200, &w);
	json_object_begin(&w);
	if (!view_session_lasting(call, &w, &session, err))
		return false;
	view_guess(&w, guessed);
	json_object_end(&w);
	return true;
}

static bool
check_past(struct call *call, const char *name, struct error *err)
{
	const struct param_value *value = call_param(call, name);

	if (!value->given)
		return true;
	if (value->time > call->now)
		return error_set(
		    err, ERROR_INVALID, "%s: must not lie in the future", name);
	return value->time >= EARLIEST ||
	    error_set(err, ERROR_INVALID, "%s: must not lie before 2000", name);
}

static bool
read_change(struct call *call, struct session_change *change, struct error *err)
{
	const struct param_value *dj = call_param(call, "dj_id");
	const struct param_value *start = call_param(call, "started_at");
	const struct param_value *end = call_param(call, "ended_at");

	*change = (struct session_change){
	    .dj_id = dj->given ? &dj->id : NULL,
	    .type = call_param(call, "session_type")->text,
	    .room = call_param(call, "room")->text,
	    .has_start = start->given,
	    .started_at = start->time,
	    .has_end = end->given,
	    .ended_at = end->time,
	    .end_current = call_param(call, "end_current")->truth,
	};
	return check_past(call, "started_at", err) &&
	    check_past(call, "ended_at", err);
}

static bool
start_and_look(
    struct call *call, const struct session_change *change, struct error *err)
{
	struct uuid id, ended[SESSIONS_MAX_ENDED];
	size_t n_ended;

	if (!sessions_start(call->db, call->config, call->arena, change, &id,
		ended, &n_ended, err))
		return false;
	(void)look_for_recordings(call, ended, n_ended, false);
	return answer_with_guess(
	    call, &id, look_for_recordings(call, &id, 1, false), err);
}

static bool
post_start(struct call *call, struct error *err)
{
	struct session_change change;

	if (!read_change(call, &change, err))
		return false;
	change.started_at = call->now;
	return start_and_look(call, &change, err);
}

/* Several DJs at one desk. */
static bool
post_b2b(struct call *call, struct error *err)
{
	const struct param_value *djs = call_param(call, "dj_ids");
	struct session_change change;

	if (!read_change(call, &change, err))
		return false;
	change.dj_id = &djs->ids[0];
	change.others = djs->ids + 1;
	change.n_others = djs->n_ids - 1;
	change.type = "b2b";
	change.has_length = true;
	change.planned_minutes = call_param(call, "duration_minutes")->number;
	change.started_at = call->now;
	return start_and_look(call, &change, err);
}

static bool
post_session(struct call *call, struct error *err)
{
	struct session_change change;

	return read_change(call, &change, err) &&
	    start_and_look(call, &change, err);
}

static bool
put_session(struct call *call, struct error *err)
{
	const struct uuid *id = &call_param(call, "id")->id;
	struct session_change change;

	if (!read_change(call, &change, err) ||
	    !sessions_change(call->db, call->config, call->arena, id, &change,
		call->now, err))
		return false;
	return answer_with_guess(call, id,
	    look_for_recordings(call, id, 1,
		change.has_start || change.has_end || change.room != NULL),
	    err);
}

static bool
post_end(struct call *call, struct error *err)
{
	const struct uuid *id = &call_param(call, "session_id")->id;

	if (!sessions_end(call->db, call->arena, id, call->now, err))
		return false;
	return answer_with_guess(
	    call, id, look_for_recordings(call, id, 1, false), err);
}

static bool
visit(void *context, const struct session *session, struct error *err)
{
	struct list *list = context;
	const struct list_place place = {session->started_at, {session->id}};

	if (!list_take(list, &place))
		return true;
	if (list->csv)
		return view_session_row(list->call, &list->table, session, err);
	return view_session(list->call, &list->w, session, err);
}

static bool
get_list(struct call *call, struct error *err)
{
	struct list list;
	struct db_page place;

	index_refresh_if_stale(call);
	if (!list_begin_table(&list, call, 1, &view_session_layout, err))
		return false;
	place = list_page(&list);
	if (!sessions_list(
		call->db, call->arena, &place, call->now, visit, &list, err))
		return false;
	list_end(&list);
	return true;
}

static bool
get_current(struct call *call, struct error *err)
{
	struct session session;
	struct json_writer w;
	bool found;

	index_refresh_if_stale(call);
	if (!sessions_current(
		call->db, call->arena, call->now, &session, &found, err))
		return false;
	call_json(call, 200, &w);
	if (found)
		return view_session(call, &w, &session, err);
	json_null(&w);
	return true;
}

static bool
get_one(struct call *call, struct error *err)
{
	index_refresh_if_stale(call);
	return answer(call, 200, &call_param(call, "id")->id, err);
}

static void
write_statistics_table(
    struct call *call, const struct sessions_statistics *statistics)
{
	static const char *const columns[] = {"total_sessions",
	    "active_sessions", "average_duration_minutes",
	    "total_duration_hours", NULL};
	static const struct table_layout layout = {
	    "session-statistics", columns};
	struct table table;

	table_begin(&table, call, &layout);
	table_number(&table, statistics->total);
	table_number(&table, statistics->active);
	table_decimal(&table, statistics->average_minutes);
	table_decimal(&table, statistics->total_hours);
	table_row_end(&table);
}

static bool
get_statistics(struct call *call, struct error *err)
{
	struct sessions_statistics statistics;
	struct json_writer w;

	if (!sessions_statistics(call->db, call->arena, &statistics, err))
		return false;
	if (table_is_wanted(call)) {
		write_statistics_table(call, &statistics);
		return true;
	}
	call_json(call, 200, &w);
	json_object_begin(&w);
	json_key(&w, "total_sessions");
	json_number(&w, statistics.total);
	json_key(&w, "active_sessions");
	json_number(&w, statistics.active);
	json_key(&w, "average_duration_minutes");
	json_decimal(&w, statistics.average_minutes);
	json_key(&w, "total_duration_hours");
	json_decimal(&w, statistics.total_hours);
	json_object_end(&w);
	return true;
}

static bool
get_download(struct call *call, struct error *err)
{
	struct session session;
	struct json_writer w;
	const char *link;

	index_refresh_if_stale(call);
	if (!sessions_find(call->db, call->arena, &call_param(call, "id")->id,
		call->now, &session, err))
		return false;
	if (!view_is_uploaded(call, &session))
		return view_refuse_download(&session, err);
	link = urls_lasting(call, &session.id);
	if (link == NULL)
		return error_memory(err);
	call_json(call, 200, &w);
	json_string(&w, link);
	return true;
}

#define TYPES "solo b2b special"

static const struct param start_params[] = {
    {"dj_id", PARAM_BODY, PARAM_UUID, true, 0, 0, NULL},
    {"session_type", PARAM_BODY, PARAM_CHOICE, false, 0, 0, TYPES},
    {"room", PARAM_BODY, PARAM_NAME, false, 1, 100, NULL},
    {"end_current", PARAM_BODY, PARAM_BOOL, false, 0, 0, NULL},
    {NULL},
};

static const struct param b2b_params[] = {
    {"dj_ids", PARAM_BODY, PARAM_UUIDS, true, 2, SESSIONS_MAX_DJS, NULL},
    {"duration_minutes", PARAM_BODY, PARAM_INTEGER, true, 1, 1440, NULL},
    {"room", PARAM_BODY, PARAM_NAME, false, 1, 100, NULL},
    {"end_current", PARAM_BODY, PARAM_BOOL, false, 0, 0, NULL},
    {NULL},
};

static const struct param end_params[] = {
    {"session_id", PARAM_BODY | PARAM_QUERY, PARAM_UUID, true, 0, 0, NULL},
    {NULL},
};

static const struct param new_params[] = {
    {"dj_id", PARAM_BODY, PARAM_UUID, true, 0, 0, NULL},
    {"started_at", PARAM_BODY, PARAM_TIME, true, 0, 0, NULL},
    {"ended_at", PARAM_BODY, PARAM_TIME, false, 0, 0, NULL},
    {"session_type", PARAM_BODY, PARAM_CHOICE, false, 0, 0, TYPES},
    {"room", PARAM_BODY, PARAM_NAME, false, 1, 100, NULL},
    {NULL},
};

static const struct param change_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"dj_id", PARAM_BODY, PARAM_UUID, false, 0, 0, NULL},
    {"started_at", PARAM_BODY, PARAM_TIME, false, 0, 0, NULL},
    {"ended_at", PARAM_BODY, PARAM_TIME, false, 0, 0, NULL},
    {"session_type", PARAM_BODY, PARAM_CHOICE, false, 0, 0, TYPES},
    {"room", PARAM_BODY, PARAM_NAME, false, 1, 100, NULL},
    {NULL},
};

static const struct param list_params[] = {
    LIST_PARAMS,
    TABLE_PARAM,
    {NULL},
};

static const struct param statistics_params[] = {
    TABLE_PARAM,
    {NULL},
};

static const struct param id_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_POST, "/api/sessions/start", ROUTE_ADMIN, false, start_params,
	post_start},
    {HTTP_POST, "/api/admin/sessions/b2b", ROUTE_ADMIN, false, b2b_params,
	post_b2b},
    {HTTP_POST, "/api/sessions/end", ROUTE_ADMIN, false, end_params, post_end},
    {HTTP_GET, "/api/sessions/current", ROUTE_PUBLIC, false, NULL, get_current},
    {HTTP_GET, "/api/sessions/statistics", ROUTE_PUBLIC, false,
	statistics_params, get_statistics},
    {HTTP_GET, "/api/sessions", ROUTE_PUBLIC, false, list_params, get_list},
    {HTTP_POST, "/api/sessions", ROUTE_ADMIN, false, new_params, post_session},
    {HTTP_GET, "/api/sessions/{id}", ROUTE_PUBLIC, false, id_params, get_one},
    {HTTP_PUT, "/api/sessions/{id}", ROUTE_ADMIN, false, change_params,
	put_session},
    {HTTP_GET, "/api/sessions/{id}/download", ROUTE_PUBLIC, false, id_params,
	get_download},
};

const struct route_table sessions_routes = {routes, LENGTH(routes)};
