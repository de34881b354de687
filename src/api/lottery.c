/* SPDX-License-Identifier: MIT */
/* Routes of the lottery. */
#include "dj/lottery.h"
#include "base/array.h"

#include "api/list.h"
#include "api/routes.h"
#include "api/views.h"
#include "dj/night.h"
#include "dj/queue.h"

static void
add_weight(struct json_writer *w, const char *name, int64_t millionths)
{
	json_key(w, name);
	json_decimal(w, (double)millionths / (double)DRAW_ONE);
}

static void
add_participants(struct json_writer *w, const struct lottery_result *result)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < result->count; i++)
		sum += result->participants[i].weight;
	json_key(w, "participants");
	json_array_begin(w);
	for (i = 0; i < result->count; i++) {
		const struct lottery_participant *p = &result->participants[i];

		json_object_begin(w);
		json_key(w, "dj");
		view_dj(w, &p->dj, true);
		add_weight(w, "calculated_weight", p->weight);
		json_key(w, "selection_probability");
		json_decimal(w, (double)p->weight / (double)sum);
		json_object_end(w);
	}
	json_array_end(w);
}

static bool
post_draw(struct call *call, struct error *err)
{
	struct lottery_result result;
	struct json_writer w;
	struct night night;

	if (!lottery_draw(call->db, call->config, call->arena, &result, err))
		return false;
	call_json(call, 200, &w);
	if (!result.drawn) {
		json_null(&w);
		return true;
	}
	if (!night_read(
		call->db, call->config, call->arena, call->now, &night, err))
		return false;
	night_place(&night, &result.participants[result.winner].dj);
	json_object_begin(&w);
	view_id(&w, "draw_id", &result.draw.id);
	json_key(&w, "winner");
	view_dj(&w, &result.participants[result.winner].dj, true);
	add_participants(&w, &result);
	view_time(&w, "drawn_at", true, result.draw.drawn_at);
	json_key(&w, "algorithm_used");
	json_string(&w, DRAW_ALGORITHM);
	json_object_end(&w);
	return true;
}

/* The members of a draw, without the braces. */
static void
add_draw(struct json_writer *w, const struct lottery_draw *draw)
{
	view_id(w, "id", &draw->id);
	view_id(w, "pool_id", &draw->pool_id);
	json_key(w, "number");
	json_number(w, draw->number);
	json_key(w, "algorithm");
	json_string(w, DRAW_ALGORITHM);
	json_key(w, "commitment");
	json_string(w, draw->commitment);
	view_time(w, "committed_at", true, draw->committed_at);
	view_time(w, "due_at", draw->drawn, draw->due_at);
	view_time(w, "drawn_at", draw->drawn, draw->drawn_at);
	json_key(w, "seed");
	json_string(w, draw->seed);
	json_key(w, "winner");
	if (!draw->drawn) {
		json_null(w);
		return;
	}
	json_object_begin(w);
	view_id(w, "dj_id", &draw->winner_id);
	json_key(w, "name");
	json_string(w, draw->winner_name);
	json_object_end(w);
}

static const char *const draw_columns[] = {"id", "pool_id", "number",
    "algorithm", "commitment", "committed_at", "due_at", "drawn_at", "seed",
    "winner_id", "winner_name", NULL};

static const struct table_layout draw_layout = {"draws", draw_columns};

static void
add_draw_row(struct table *table, const struct lottery_draw *draw)
{
	table_id(table, &draw->id);
	table_id(table, &draw->pool_id);
	table_number(table, draw->number);
	table_text(table, DRAW_ALGORITHM);
	table_text(table, draw->commitment);
	table_time(table, true, draw->committed_at);
	table_time(table, draw->drawn, draw->due_at);
	table_time(table, draw->drawn, draw->drawn_at);
	table_text(table, draw->seed);
	table_id(table, draw->drawn ? &draw->winner_id : NULL);
	table_text(table, draw->winner_name);
	table_row_end(table);
}

static bool
visit_draw(void *context, const struct lottery_draw *draw, struct error *err)
{
	struct list *list = context;
	const struct list_place place = {draw->committed_at, {draw->id}};

	(void)err;
	if (!list_take(list, &place))
		return true;
	if (list->csv) {
		add_draw_row(&list->table, draw);
		return true;
	}
	json_object_begin(&list->w);
	add_draw(&list->w, draw);
	json_object_end(&list->w);
	return true;
}

static bool
get_draws(struct call *call, struct error *err)
{
	struct list list;
	struct db_page place;

	if (!list_begin_table(&list, call, 1, &draw_layout, err))
		return false;
	place = list_page(&list);
	if (!lottery_list(
		call->db, call->arena, &place, visit_draw, &list, err))
		return false;
	list_end(&list);
	return true;
}

/* What the weight came of. */
static void
add_reasons(struct json_writer *w, const struct lottery_participant *p)
{
	json_key(w, "own_weight");
	json_decimal(w, p->reasons.own_weight);
	view_time(w, "registered_at", true, p->reasons.registered_at);
	json_key(w, "late");
	json_bool(w, p->late);
	json_key(w, "joker");
	json_bool(w, p->reasons.joker);
}

/* The rules of the weights; null where an old record does not tell. */
static void
add_rules(struct json_writer *w, const struct lottery_draw *draw)
{
	const struct draw_rules *rules = &draw->rules;

	json_key(w, "rules");
	if (!draw->has_rules) {
		json_null(w);
		return;
	}
	json_object_begin(w);
	json_key(w, "base_weight");
	json_decimal(w, rules->base_weight);
	json_key(w, "joker_factor");
	json_decimal(w, rules->joker > 0 ? rules->joker : 1);
	json_key(w, "jokers_first");
	json_bool(w, !(rules->joker > 0));
	view_time(w, "late_after", rules->has_cutoff, rules->cutoff);
	json_object_end(w);
}

/* All that is needed to recompute it: see doc/lottery.md. */
static bool
get_draw(struct call *call, struct error *err)
{
	struct lottery_result result;
	struct json_writer w;
	size_t i;

	if (!lottery_find(call->db, call->arena, &call_param(call, "id")->id,
		&result, err))
		return false;
	call_json(call, 200, &w);
	json_object_begin(&w);
	add_draw(&w, &result.draw);
	add_rules(&w, &result.draw);
	json_key(&w, "participants");
	json_array_begin(&w);
	for (i = 0; i < result.count; i++) {
		json_object_begin(&w);
		view_id(&w, "dj_id", &result.participants[i].dj.id);
		json_key(&w, "name");
		json_string(&w, result.participants[i].dj.name);
		json_key(&w, "weight_millionths");
		json_number(&w, result.participants[i].weight);
		if (result.draw.has_rules)
			add_reasons(&w, &result.participants[i]);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	return true;
}

static void
write_statistics_table(
    struct call *call, const struct lottery_statistics *statistics)
{
	static const char *const columns[] = {"total_draws", "unique_winners",
	    "average_weight", "fairness_score", NULL};
	static const struct table_layout layout = {
	    "lottery-statistics", columns};
	struct table table;

	table_begin(&table, call, &layout);
	table_number(&table, statistics->total_draws);
	table_number(&table, statistics->unique_winners);
	table_decimal(&table, statistics->average_weight);
	table_decimal(&table, statistics->fairness);
	table_row_end(&table);
}

static bool
get_statistics(struct call *call, struct error *err)
{
	struct lottery_statistics statistics;
	struct json_writer w;

	if (!lottery_statistics(call->db, call->arena, &statistics, err))
		return false;
	if (table_is_wanted(call)) {
		write_statistics_table(call, &statistics);
		return true;
	}
	call_json(call, 200, &w);
	view_lottery_statistics(&w, &statistics);
	return true;
}

static bool
post_reset(struct call *call, struct error *err)
{
	struct json_writer w;

	if (!queue_reset(
		call->db, call->config, call->arena, true, call->now, err))
		return false;
	call_json(call, 200, &w);
	json_object_begin(&w);
	json_key(&w, "success");
	json_bool(&w, true);
	json_key(&w, "message");
	json_string(&w, "A new round has begun; the records stay");
	json_object_end(&w);
	return true;
}

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
    {HTTP_POST, "/api/lottery/draw", ROUTE_ADMIN, false, NULL, post_draw},
    {HTTP_GET, "/api/lottery/statistics", ROUTE_PUBLIC, false,
	statistics_params, get_statistics},
    {HTTP_GET, "/api/lottery/draws", ROUTE_PUBLIC, false, list_params,
	get_draws},
    {HTTP_GET, "/api/lottery/draws/{id}", ROUTE_PUBLIC, false, id_params,
	get_draw},
    {HTTP_POST, "/api/lottery/reset", ROUTE_ADMIN, false, NULL, post_reset},
};

const struct route_table lottery_routes = {routes, LENGTH(routes)};
