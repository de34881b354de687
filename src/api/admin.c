/* SPDX-License-Identifier: MIT */
/* Statistics for admins. */
#include "api/routes.h"
#include "api/table.h"
#include "api/views.h"
#include "base/array.h"
#include "dj/djs.h"
#include "dj/lottery.h"
#include "dj/sessions.h"

struct statistics {
	struct djs_statistics djs;
	struct sessions_statistics sessions;
	struct lottery_statistics lottery;
};

static bool
read_statistics(struct call *call, struct statistics *out, struct error *err)
{
	return djs_statistics(call->db, call->arena, &out->djs, err) &&
	    sessions_statistics(call->db, call->arena, &out->sessions, err) &&
	    lottery_statistics(call->db, call->arena, &out->lottery, err);
}

static void
write_table(struct call *call, const struct statistics *statistics)
{
	static const char *const columns[] = {"total_djs", "active_djs",
	    "total_sessions", "active_sessions", "total_draws",
	    "unique_winners", "average_weight", "fairness_score", NULL};
	static const struct table_layout layout = {"statistics", columns};
	struct table table;

	table_begin(&table, call, &layout);
	table_number(&table, statistics->djs.total);
	table_number(&table, statistics->djs.active);
	table_number(&table, statistics->sessions.total);
	table_number(&table, statistics->sessions.active);
	table_number(&table, statistics->lottery.total_draws);
	table_number(&table, statistics->lottery.unique_winners);
	table_decimal(&table, statistics->lottery.average_weight);
	table_decimal(&table, statistics->lottery.fairness);
	table_row_end(&table);
}

static bool
get_statistics(struct call *call, struct error *err)
{
	struct statistics statistics;
	struct json_writer w;

	if (!read_statistics(call, &statistics, err))
		return false;
	if (table_is_wanted(call)) {
		write_table(call, &statistics);
		return true;
	}
	call_json(call, 200, &w);
	json_object_begin(&w);
	json_key(&w, "total_djs");
	json_number(&w, statistics.djs.total);
	json_key(&w, "active_djs");
	json_number(&w, statistics.djs.active);
	json_key(&w, "total_sessions");
	json_number(&w, statistics.sessions.total);
	json_key(&w, "active_sessions");
	json_number(&w, statistics.sessions.active);
	json_key(&w, "lottery_stats");
	view_lottery_statistics(&w, &statistics.lottery);
	json_object_end(&w);
	return true;
}

static const struct param table_params[] = {
    TABLE_PARAM,
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/admin/statistics", ROUTE_ADMIN, false, table_params,
	get_statistics},
};

const struct route_table admin_routes = {routes, LENGTH(routes)};
