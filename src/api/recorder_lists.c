/* The route that lists the recordings. */
#include "api/list.h"
#include "api/routes.h"
#include "api/urls.h"
#include "api/views.h"
#include "recorder/index.h"

#define NSEC_PER_SEC INT64_C(1000000000)

struct page {
	struct list list;
	bool presigned;
};

static bool
add_url(struct page *page, const char *name, const struct recording *recording,
    enum layout_kind kind, bool there, struct error *err)
{
	struct call *call = page->list.call;
	const struct urls_file file = {
	    .kind = kind,
	    .recorder_id = &recording->recorder_id,
	    .recording_id = &recording->id,
	    .expires = urls_default_expires(call),
	};
	const char *url = NULL;

	if (there) {
		url = page->presigned ? urls_presigned(call, &file, err)
				      : urls_plain(call, &file, err);
		if (url == NULL)
			return false;
	}
	json_key(&page->list.w, name);
	json_string(&page->list.w, url);
	return true;
}

static bool
add_files(struct page *page, const struct recording *r, struct error *err)
{
	static const char *const names[RECORDING_FORMATS] = {
	    [RECORDING_OGG] = "ogg_url",
	    [RECORDING_FLAC] = "flac_url",
	    [RECORDING_WAVEFORM] = "waveform_url",
	    [RECORDING_OVERVIEW] = "overview_png_url",
	};
	struct json_writer *w = &page->list.w;
	int i;

	json_key(w, "files");
	json_object_begin(w);
	for (i = 0; i < RECORDING_FORMATS; i++) {
		enum recording_format format = (enum recording_format)i;

		if (!add_url(page, names[i], r, recording_layout(format),
			recording_has_file(r, format), err))
			return false;
	}
	if (!add_url(page, "metadata_url", r, LAYOUT_SESSION_METADATA,
		r->metadata_etag[0] != '\0', err))
		return false;
	json_object_end(w);
	return true;
}

static bool
add_recording(struct page *page, const struct recording *r, struct error *err)
{
	struct json_writer *w = &page->list.w;

	json_object_begin(w);
	view_id(w, "id", &r->id);
	view_id(w, "recorder_id", &r->recorder_id);
	json_key(w, "name");
	json_string(w, r->name);
	view_time(w, "start_time", r->has_start, r->start);
	view_time(w, "end_time", r->has_end, r->end);
	/* 0 while it is open, as the metadata says, or not known. */
	json_key(w, "duration_seconds");
	json_number(w, r->has_duration ? r->duration / NSEC_PER_SEC : 0);
	json_key(w, "is_closed");
	json_bool(w, r->closed);
	json_key(w, "keep");
	json_bool(w, r->kept);
	if (!add_files(page, r, err))
		return false;
	json_object_end(w);
	return true;
}

static bool
visit(void *context, const struct recording *recording, struct error *err)
{
	struct page *page = context;
	const struct list_place place = {recording_listed_at(recording),
	    {recording->recorder_id, recording->id}};

	return !list_take(&page->list, &place) ||
	    add_recording(page, recording, err);
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
	struct page page = {.presigned = call_param(call, "presigned")->truth};
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

const struct route_table recorder_list_routes = {
    routes, sizeof(routes) / sizeof(routes[0])};
