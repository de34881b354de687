/* SPDX-License-Identifier: MIT */
/* Routes of the queue and the pool: who can be drawn, waits, plays. */
#include "dj/queue.h"
#include "base/array.h"

#include "api/guard.h"
#include "api/routes.h"
#include "api/views.h"
#include "dj/sessions.h"
#include "dj/tick.h"

/* DJs being written into an array. */
struct dj_array {
	struct json_writer w;
	bool admin;
	int64_t count;
};

static bool
visit_dj(void *context, const struct dj *dj, struct error *err)
{
	struct dj_array *array = context;

	(void)err;
	view_dj(&array->w, dj, array->admin);
	array->count++;
	return true;
}

/* Who reads the queue has what is due done. */
static bool
read_night(struct call *call, struct night *out, struct error *err)
{
	return tick_night(
	    call->db, call->config, call->arena, call->now, out, err);
}

static bool
add_queue(const struct night *night, struct dj_array *array, struct error *err)
{
	json_array_begin(&array->w);
	if (!night_queue(night, visit_dj, array, err))
		return false;
	json_array_end(&array->w);
	return true;
}

static bool
answer_queue(struct call *call, bool admin, struct error *err)
{
	struct dj_array array = {.admin = admin};
	struct night night;

	if (!read_night(call, &night, err))
		return false;
	call_json(call, 200, &array.w);
	return add_queue(&night, &array, err);
}

static bool
get_queue(struct call *call, struct error *err)
{
	bool admin;

	return guard_is_admin(call, &admin, err) &&
	    answer_queue(call, admin, err);
}

/* The next of the queue, or null. */
static void
add_next(const struct night *night, struct dj_array *array)
{
	const struct plan *plan = &night->plan;
	struct dj dj;

	if (plan->next == plan->n_turns) {
		json_null(&array->w);
		return;
	}
	dj = plan->turns[plan->next].dj;
	night_place(night, &dj);
	view_dj(&array->w, &dj, array->admin);
}

static bool
get_next(struct call *call, struct error *err)
{
	struct dj_array array = {0};
	struct night night;

	if (!guard_is_admin(call, &array.admin, err) ||
	    !read_night(call, &night, err))
		return false;
	call_json(call, 200, &array.w);
	add_next(&night, &array);
	return true;
}

/* Who plays: by the event, or else the session that was started last. */
static bool
find_current(struct call *call, const struct night *night, struct dj *out,
    bool *found, struct error *err)
{
	const struct night_current current = night_current(night);
	struct session session;

	if (!sessions_current(
		call->db, call->arena, call->now, &session, found, err))
		return false;
	if (night->has_event && current.any) {
		*found = true;
		return djs_find(
		    call->db, call->arena, &current.dj_id, out, err);
	}
	return !*found ||
	    djs_find(call->db, call->arena, &session.dj_id, out, err);
}

static bool
add_current(struct call *call, const struct night *night,
    struct dj_array *array, struct error *err)
{
	struct dj dj;
	bool found;

	if (!find_current(call, night, &dj, &found, err))
		return false;
	if (!found) {
		json_null(&array->w);
		return true;
	}
	night_place(night, &dj);
	view_dj(&array->w, &dj, array->admin);
	return true;
}

static bool
add_pool(struct call *call, struct dj_array *array, struct error *err)
{
	json_array_begin(&array->w);
	if (!lottery_pool(call->db, call->arena, visit_dj, array, err))
		return false;
	json_array_end(&array->w);
	return true;
}

static bool
get_pool(struct call *call, struct error *err)
{
	struct dj_array array = {0};
	struct night night;
	int64_t total;

	if (!guard_is_admin(call, &array.admin, err) ||
	    !read_night(call, &night, err))
		return false;
	call_json(call, 200, &array.w);
	json_object_begin(&array.w);
	json_key(&array.w, "active_djs");
	if (!add_pool(call, &array, err))
		return false;
	total = array.count;
	json_key(&array.w, "current_dj");
	if (!add_current(call, &night, &array, err))
		return false;
	json_key(&array.w, "next_dj");
	add_next(&night, &array);
	json_key(&array.w, "total_count");
	json_number(&array.w, total);
	json_object_end(&array.w);
	return true;
}

static bool
get_admin_queue(struct call *call, struct error *err)
{
	struct lottery_statistics statistics;
	struct dj_array array = {.admin = true};
	struct night night;

	if (!read_night(call, &night, err) ||
	    !lottery_statistics(call->db, call->arena, &statistics, err))
		return false;
	call_json(call, 200, &array.w);
	json_object_begin(&array.w);
	json_key(&array.w, "lottery_pool");
	if (!add_pool(call, &array, err))
		return false;
	json_key(&array.w, "current_queue");
	if (!add_queue(&night, &array, err))
		return false;
	json_key(&array.w, "statistics");
	view_lottery_statistics(&array.w, &statistics);
	json_object_end(&array.w);
	return true;
}

static bool
post_reset(struct call *call, struct error *err)
{
	return queue_reset(call->db, call->config, call->arena, false,
		   call->now, err) &&
	    answer_queue(call, true, err);
}

static bool
post_skip(struct call *call, struct error *err)
{
	const struct param_value *dj_id = call_param(call, "dj_id");
	struct uuid skipped;

	return queue_skip(call->db, call->config, call->arena,
		   dj_id->given ? &dj_id->id : NULL, call->now, &skipped,
		   err) &&
	    answer_queue(call, true, err);
}

static const struct param skip_params[] = {
    {"dj_id", PARAM_BODY | PARAM_QUERY, PARAM_UUID, false, 0, 0, NULL},
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/djs/pool", ROUTE_PUBLIC, false, NULL, get_pool},
    {HTTP_GET, "/api/lottery/queue", ROUTE_PUBLIC, false, NULL, get_queue},
    {HTTP_GET, "/api/lottery/next", ROUTE_PUBLIC, false, NULL, get_next},
    {HTTP_GET, "/api/admin/queue", ROUTE_ADMIN, false, NULL, get_admin_queue},
    {HTTP_POST, "/api/admin/queue/reset", ROUTE_ADMIN, false, NULL, post_reset},
    {HTTP_POST, "/api/admin/queue/skip", ROUTE_ADMIN, false, skip_params,
	post_skip},
};

const struct route_table queue_routes = {routes, LENGTH(routes)};
