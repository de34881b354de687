/* SPDX-License-Identifier: MIT */
/* Routes of DJs. */
#include "dj/djs.h"
#include "base/array.h"

#include "api/guard.h"
#include "api/list.h"
#include "api/routes.h"
#include "api/views.h"
#include "dj/night.h"
#include "dj/queue.h"

static bool
post_register(struct call *call, struct error *err)
{
	struct json_writer w;
	struct dj dj;
	bool admin;

	if (!guard_is_admin(call, &admin, err) ||
	    !guard_public_write(call, "registration", err) ||
	    !djs_register(call->db, call->arena, call_param(call, "name")->text,
		call_param(call, "email")->text, &dj, err))
		return false;
	call_json(call, 200, &w);
	view_dj(&w, &dj, admin);
	return true;
}

static bool
read_night(struct call *call, struct night *out, struct error *err)
{
	return night_read(
	    call->db, call->config, call->arena, call->now, out, err);
}

struct dj_list {
	struct list list;
	bool admin;
	struct night night;
};

static bool
visit(void *context, const struct dj *dj, struct error *err)
{
	struct dj_list *page = context;
	const struct list_place place = {dj->registered_at, {dj->id}};

	struct dj placed = *dj;

	(void)err;
	if (!list_take(&page->list, &place))
		return true;
	night_place(&page->night, &placed);
	view_dj(&page->list.w, &placed, page->admin);
	return true;
}

static bool
get_list(struct call *call, struct error *err)
{
	struct dj_list page;
	struct list *list = &page.list;
	struct db_page place;

	if (!guard_is_admin(call, &page.admin, err) ||
	    !read_night(call, &page.night, err) ||
	    !list_begin(list, call, 1, err))
		return false;
	place = list_page(list);
	if (!djs_list(call->db, call->arena, &place, visit, &page, err))
		return false;
	list_end(list);
	return true;
}

static bool
answer(struct call *call, bool admin, struct error *err)
{
	struct json_writer w;
	struct night night;
	struct dj dj;

	if (!djs_find(
		call->db, call->arena, &call_param(call, "id")->id, &dj, err) ||
	    !read_night(call, &night, err))
		return false;
	call_json(call, 200, &w);
	night_place(&night, &dj);
	view_dj(&w, &dj, admin);
	return true;
}

static bool
get_one(struct call *call, struct error *err)
{
	bool admin;

	return guard_is_admin(call, &admin, err) && answer(call, admin, err);
}

static bool
put_one(struct call *call, struct error *err)
{
	const struct uuid *id = &call_param(call, "id")->id;
	const struct param_value *email = call_param(call, "email");
	const struct param_value *weight = call_param(call, "weight");
	const struct param_value *active = call_param(call, "is_active");
	const struct dj_change change = {
	    .name = call_param(call, "name")->text,
	    .has_email = email->given,
	    .email = email->text,
	    .has_weight = weight->given,
	    .weight = weight->decimal,
	    .has_active = active->given,
	    .active = active->truth,
	};

	return djs_change(call->db, call->config, call->arena, id, &change,
		   call->now, err) &&
	    answer(call, true, err);
}

/* Move a DJ who waits in the queue. */
static bool
put_position(struct call *call, struct error *err)
{
	return queue_move(call->db, call->config, call->arena,
		   &call_param(call, "id")->id,
		   call_param(call, "new_position")->number, call->now, err) &&
	    answer(call, true, err);
}

static bool
delete_one(struct call *call, struct error *err)
{
	if (!djs_remove(call->db, call->config, call->arena,
		&call_param(call, "id")->id, call->now, err))
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

static const struct param position_params[] = {
    {"id", PARAM_PATH, PARAM_UUID, true, 0, 0, NULL},
    {"new_position", PARAM_BODY, PARAM_INTEGER, true, 1, NIGHT_MAX_TURNS, NULL},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_POST, "/api/djs/register", ROUTE_PUBLIC, false, register_params,
	post_register},
    {HTTP_GET, "/api/djs", ROUTE_PUBLIC, false, list_params, get_list},
    {HTTP_GET, "/api/djs/{id}", ROUTE_PUBLIC, false, id_params, get_one},
    {HTTP_PUT, "/api/djs/{id}", ROUTE_ADMIN, false, change_params, put_one},
    {HTTP_DELETE, "/api/djs/{id}", ROUTE_ADMIN, false, id_params, delete_one},
    {HTTP_GET, "/api/admin/djs", ROUTE_ADMIN, false, list_params, get_list},
    {HTTP_PUT, "/api/admin/djs/{id}", ROUTE_ADMIN, false, change_params,
	put_one},
    {HTTP_DELETE, "/api/admin/djs/{id}", ROUTE_ADMIN, false, id_params,
	delete_one},
    {HTTP_PUT, "/api/admin/djs/{id}/position", ROUTE_ADMIN, false,
	position_params, put_position},
};

const struct route_table djs_routes = {routes, LENGTH(routes)};
