/* SPDX-License-Identifier: MIT */
/* Routes of guest requests. */
#include "dj/requests.h"
#include "base/array.h"

#include "api/guard.h"
#include "api/list.h"
#include "api/routes.h"
#include "api/views.h"
#include "dj/djs.h"

/* The e-mail address is for admins only. */
static void
view_request(
    struct json_writer *w, const struct guest_request *request, bool admin)
{
	json_object_begin(w);
	view_id(w, "id", &request->id);
	view_id(w, "dj_id", &request->dj_id);
	json_key(w, "guest_name");
	json_string(w, request->guest_name);
	json_key(w, "guest_email");
	json_string(w, admin ? request->guest_email : NULL);
	json_key(w, "message");
	json_string(w, request->message);
	json_key(w, "status");
	json_string(w, request->status);
	view_time(w, "created_at", true, request->created_at);
	view_time(w, "decided_at", request->decided, request->decided_at);
	json_object_end(w);
}

static bool
post_request(struct call *call, struct error *err)
{
	struct guest_request request = {
	    .dj_id = call_param(call, "id")->id,
	    .guest_name = call_param(call, "guest_name")->text,
	    .guest_email = call_param(call, "guest_email")->text,
	    .message = call_param(call, "message")->text,
	    .created_at = call->now,
	};
	struct json_writer w;
	bool admin;

	if (!guard_is_admin(call, &admin, err) ||
	    !guard_public_write(call, "request", err) ||
	    !requests_add(call->db, call->arena, &request, err))
		return false;
	call_json(call, 201, &w);
	view_request(&w, &request, admin);
	return true;
}

static bool
visit(void *context, const struct guest_request *request, struct error *err)
{
	struct list *list = context;
	const struct list_place place = {request->created_at, {request->id}};

	(void)err;
	if (list_take(list, &place))
		view_request(&list->w, request, true);
	return true;
}

static bool
get_list(struct call *call, struct error *err)
{
	const struct uuid *dj_id = &call_param(call, "id")->id;
	const char *status = call_param(call, "status")->text;
	struct list list;
	struct db_page place;
	struct dj dj;

	if (!djs_find(call->db, call->arena, dj_id, &dj, err) ||
	    !list_begin(&list, call, 1, err))
		return false;
	place = list_page(&list);
	if (!requests_list(call->db, call->arena, dj_id, status, &place, visit,
		&list, err))
		return false;
	list_end(&list);
	return true;
}

static bool
decide(struct call *call, const char *status, struct error *err)
{
	struct guest_request request;
	struct json_writer w;

	if (!requests_decide(call->db, call->arena, &call_param(call, "id")->id,
		status, call->now, &request, err))
		return false;
	call_json(call, 200, &w);
	view_request(&w, &request, true);
	return true;
}

static bool
post_approve(struct call *call, struct error *err)
{
	return decide(call, REQUESTS_APPROVED, err);
}

static bool
post_reject(struct call *call, struct error *err)
{
	return decide(call, REQUESTS_REJECTED, err);
}

static const struct param request_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"guest_name", PARAM_BODY, PARAM_NAME, true, 1, 100, NULL},
    {"guest_email", PARAM_BODY, PARAM_EMAIL, true, 0, 0, NULL},
    {"message", PARAM_BODY, PARAM_TEXT, false, 0, 1000, NULL},
    {NULL},
};

static const struct param list_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"status", PARAM_QUERY, PARAM_CHOICE, false, 0, 0,
	REQUESTS_PENDING " " REQUESTS_APPROVED " " REQUESTS_REJECTED},
    LIST_PARAMS,
    {NULL},
};

static const struct param id_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_POST, "/api/djs/{id}/request", ROUTE_PUBLIC, false, request_params,
	post_request},
    {HTTP_GET, "/api/djs/{id}/requests", ROUTE_ADMIN, false, list_params,
	get_list},
    {HTTP_POST, "/api/requests/{id}/approve", ROUTE_ADMIN, false, id_params,
	post_approve},
    {HTTP_POST, "/api/requests/{id}/reject", ROUTE_ADMIN, false, id_params,
	post_reject},
};

const struct route_table requests_routes = {routes, LENGTH(routes)};
