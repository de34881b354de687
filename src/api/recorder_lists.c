/* SPDX-License-Identifier: MIT */
/* The route that lists the recordings. */
#include "api/list.h"
#include "api/recording_view.h"
#include "api/routes.h"
#include "base/array.h"
#include "recorder/index.h"

struct page {
	struct list list;
	struct recording_urls urls;
};

static bool
visit(void *context, const struct recording *recording, struct error *err)
{
	struct page *page = context;
	const struct list_place place = {recording_listed_at(recording),
	    {recording->recorder_id, recording->id}};

	if (!list_take(&page->list, &place))
		return true;
	json_object_begin(&page->list.w);
	if (!view_recording_members(
		page->list.call, &page->list.w, recording, &page->urls, err))
		return false;
	json_object_end(&page->list.w);
	return true;
}

/* -1 when it does not matter. */
static int
flag(const struct call *call, const char *name)
{
	const struct param_value *value = call_param(call, name);

	return value->given ? value->truth : -1;
}

static struct index_filter
read_filter(const struct call *call, const struct list *list)
{
	const struct param_value *recorder = call_param(call, "recorder_id");
	const struct param_value *since = call_param(call, "since");
	const struct param_value *until = call_param(call, "until");

	return (struct index_filter){
	    .recorder_id = recorder->given ? &recorder->id : NULL,
	    .has_since = since->given,
	    .has_until = until->given,
	    .since = since->time,
	    .until = until->time,
	    .linked = flag(call, "linked"),
	    .open = flag(call, "open"),
	    .has_after = list->has_after,
	    .after_time = list->after.time,
	    .after_recorder = list->after.ids[0],
	    .after_id = list->after.ids[1],
	    .limit = list_rows(list),
	};
}

static bool
get_available(struct call *call, struct error *err)
{
	struct page page = {
	    .urls = {.presigned = call_param(call, "presigned")->truth}};
	struct index_filter filter;

	index_refresh_if_stale(call);
	if (!list_begin(&page.list, call, 2, err))
		return false;
	filter = read_filter(call, &page.list);
	if (!index_list(call->db, call->arena, &filter, visit, &page, err))
		return false;
	list_end(&page.list);
	return true;
}

static const struct param available_params[] = {
    {"recorder_id", PARAM_QUERY, PARAM_UUID, false, 0, 0, NULL},
    {"since", PARAM_QUERY, PARAM_TIME, false, 0, 0, NULL},
    {"until", PARAM_QUERY, PARAM_TIME, false, 0, 0, NULL},
    {"linked", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    {"open", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    {"presigned", PARAM_QUERY, PARAM_BOOL, false, 0, 0, NULL},
    LIST_PARAMS,
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/session-recorder/available-sessions", ROUTE_ADMIN, true,
	available_params, get_available},
};

const struct route_table recorder_list_routes = {routes, LENGTH(routes)};
