/* SPDX-License-Identifier: MIT */
/* Routes of recorders. */
#include "recorder/recorders.h"
#include "base/array.h"

#include "api/list.h"
#include "api/recording_view.h"
#include "api/routes.h"
#include "api/views.h"

#define MAX_CORRECTION 86400

static void
add_recorder(struct json_writer *w, const struct recorder *recorder)
{
	json_object_begin(w);
	view_id(w, "recorder_id", &recorder->id);
	json_key(w, "name");
	json_string(w, recorder->name);
	view_time(w, "first_seen", true, recorder->first_seen);
	view_time(w, "last_seen", true, recorder->last_seen);
	json_key(w, "recordings");
	json_number(w, recorder->recordings);
	json_key(w, "bytes");
	json_number(w, recorder->bytes);
	if (recorder->has_open) {
		view_id(w, "open_recording", &recorder->open);
	} else {
		json_key(w, "open_recording");
		json_null(w);
	}
	json_key(w, "room");
	json_string(w, recorder->room);
	view_seconds(w, "clock_correction_seconds", true, recorder->correction);
	json_object_end(w);
}

static bool
visit(void *context, const struct recorder *recorder, struct error *err)
{
	struct list *list = context;
	const struct list_place place = {recorder->first_seen, {recorder->id}};

	(void)err;
	if (list_take(list, &place))
		add_recorder(&list->w, recorder);
	return true;
}

static bool
get_list(struct call *call, struct error *err)
{
	struct list list;
	struct db_page page;

	index_refresh_if_stale(call);
	if (!list_begin(&list, call, 1, err))
		return false;
	page = list_page(&list);
	if (!recorders_list(
		call->db, call->arena, &page, call->now, visit, &list, err))
		return false;
	list_end(&list);
	return true;
}

static usec_t
microseconds(double seconds)
{
	double exact = seconds * (double)USEC_PER_SEC;

	return (usec_t)(exact < 0 ? exact - 0.5 : exact + 0.5);
}

static bool
put_one(struct call *call, struct error *err)
{
	const struct uuid *id = &call_param(call, "recorder_id")->id;
	const struct param_value *correction = call_param(
	    call, "clock_correction_seconds");
	const struct recorder_change change = {
	    .room = call_param(call, "room")->text,
	    .has_correction = correction->given,
	    .correction = microseconds(correction->decimal),
	};
	struct recorder recorder;
	struct json_writer w;

	if (!recorders_change(call->db, id, &change, err) ||
	    !recorders_find(
		call->db, call->arena, id, call->now, &recorder, err))
		return false;
	call_json(call, 200, &w);
	add_recorder(&w, &recorder);
	return true;
}

static const struct param list_params[] = {
    LIST_PARAMS,
    {NULL},
};

static const struct param change_params[] = {
    {"recorder_id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"room", PARAM_BODY, PARAM_NAME, false, 0, 100, NULL},
    {"clock_correction_seconds", PARAM_BODY, PARAM_DECIMAL, false,
	-MAX_CORRECTION, MAX_CORRECTION, NULL},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/session-recorder/recorders", ROUTE_ADMIN, true,
	list_params, get_list},
    {HTTP_PUT, "/api/session-recorder/recorders/{recorder_id}", ROUTE_ADMIN,
	true, change_params, put_one},
};

const struct route_table recorder_routes = {routes, LENGTH(routes)};
