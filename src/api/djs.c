/* Routes of DJs. */
#include "dj/djs.h"

#include "api/guard.h"
#include "api/list.h"
#include "api/routes.h"
#include "api/views.h"

static bool
post_register(struct call *call, struct error *err)
{
	struct json_writer w;
	struct dj dj;

	if (!djs_register(call->db, call->arena, call_param(call, "name")->text,
		call_param(call, "email")->text, call->now, &dj, err) ||
	    !call_json(call, 200, &w, err))
		return false;
	view_dj(&w, &dj, guard_is_admin(call));
	return true;
}

struct dj_list {
	struct list list;
	bool admin;
};

static bool
visit(void *context, const struct dj *dj, struct error *err)
{
	struct dj_list *page = context;
	const struct list_place place = {dj->registered_at, {dj->id}};

	(void)err;
	if (list_take(&page->list, &place))
		view_dj(&page->list.w, dj, page->admin);
	return true;
}

static bool
get_list(struct call *call, struct error *err)
{
	struct dj_list page = {.admin = guard_is_admin(call)};
	struct list *list = &page.list;
	struct db_page place;

	if (!list_begin(list, call, 1, err))
		return false;
	place = list_page(list);
	if (!djs_list(call->db, call->arena, &place, visit, &page, err))
		return false;
	list_end(list);
	return true;
}

static bool
get_one(struct call *call, struct error *err)
{
	struct json_writer w;
	struct dj dj;

	if (!djs_find(
		call->db, call->arena, &call_param(call, "id")->id, &dj, err) ||
	    !call_json(call, 200, &w, err))
		return false;
	view_dj(&w, &dj, guard_is_admin(call));
	return true;
}

static bool
put_one(struct call *call, struct error *err)
{
	const struct uuid *id = &call_param(call, "id")->id;
	const struct param_value *weight = call_param(call, "weight");
	const struct param_value *active = call_param(call, "is_active");
	const struct dj_change change = {
	    .name = call_param(call, "name")->text,
	    .email = call_param(call, "email")->text,
	    .has_weight = weight->given,
	    .weight = weight->decimal,
	    .has_active = active->given,
	    .active = active->truth,
	};
	struct json_writer w;
	struct dj dj;

	if (!djs_change(call->db, call->arena, id, &change, err) ||
	    !djs_find(call->db, call->arena, id, &dj, err) ||
	    !call_json(call, 200, &w, err))
		return false;
	view_dj(&w, &dj, true);
	return true;
}

static bool
delete_one(struct call *call, struct error *err)
{
	if (!djs_remove(
		call->db, call->arena, &call_param(call, "id")->id, err))
		return false;
	call->response->status = 204;
	return true;
}

static const struct param register_params[] = {
    {"name", PARAM_BODY, PARAM_NAME, true, 1, 100, NULL},
    {"email", PARAM_BODY, PARAM_EMAIL, false, 0, 0, NULL},
    {NULL},
};

static const struct param list_params[] = {
    LIST_PARAMS,
    {NULL},
};

static const struct param id_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {NULL},
};

static const struct param change_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"name", PARAM_BODY, PARAM_NAME, false, 1, 100, NULL},
    {"email", PARAM_BODY, PARAM_EMAIL, false, 0, 0, NULL},
    {"weight", PARAM_BODY, PARAM_DECIMAL, false, 0, 1000, NULL},
    {"is_active", PARAM_BODY, PARAM_BOOL, false, 0, 0, NULL},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_POST, "/api/djs/register", ROUTE_PUBLIC, false, register_params,
	post_register},
    {HTTP_GET, "/api/djs", ROUTE_PUBLIC, false, list_params, get_list},
    {HTTP_GET, "/api/djs/{id}", ROUTE_PUBLIC, false, id_params, get_one},
    {HTTP_PUT, "/api/djs/{id}", ROUTE_ADMIN, false, change_params, put_one},
    {HTTP_DELETE, "/api/djs/{id}", ROUTE_ADMIN, false, id_params, delete_one},
};

const struct route_table djs_routes = {
    routes, sizeof(routes) / sizeof(routes[0])};
