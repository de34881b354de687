/* SPDX-License-Identifier: MIT */
/* Routes of timetables. */
#include "dj/timetable.h"
#include "base/array.h"

#include "api/event_night.h"
#include "api/routes.h"
#include "api/table.h"
#include "api/views.h"
#include "dj/djs.h"

/* What it took in whole minutes, or is meant to. */
static int64_t
duration(const struct timetable_entry *entry)
{
	if (entry->status == TIMETABLE_COMPLETED)
		return (entry->ended - entry->begins) / USEC_PER_MIN;
	return entry->length / USEC_PER_MIN;
}

static void
add_entry(struct json_writer *w, const struct timetable_entry *entry,
    int64_t position)
{
	json_object_begin(w);
	json_key(w, "position");
	json_number(w, position);
	view_id(w, "dj_id", &entry->djs[0].id);
	json_key(w, "dj_name");
	json_string(w, entry->names);
	view_time(w, "started_at", true, entry->begins);
	view_time(
	    w, "ended_at", entry->status == TIMETABLE_COMPLETED, entry->ended);
	json_key(w, "duration_minutes");
	json_number(w, duration(entry));
	json_key(w, "status");
	json_string(w, timetable_status_name(entry->status));
	json_key(w, "session_type");
	json_string(w, entry->type);
	view_participants(w, entry->djs, entry->n_djs);
	json_object_end(w);
}

static void
write_table(struct call *call, const struct timetable *timetable)
{
	static const char *const columns[] = {"position", "dj_id", "dj_name",
	    "started_at", "ended_at", "duration_minutes", "status",
	    "session_type", NULL};
	static const struct table_layout layout = {"timetable", columns};
	struct table table;
	size_t i;

	table_begin(&table, call, &layout);
	for (i = 0; i < timetable->count; i++) {
		const struct timetable_entry *entry = &timetable->entries[i];

		table_number(&table, (int64_t)i + 1);
		table_id(&table, &entry->djs[0].id);
		table_text(&table, entry->names);
		table_time(&table, true, entry->begins);
		table_time(
		    &table, entry->status == TIMETABLE_COMPLETED, entry->ended);
		table_number(&table, duration(entry));
		table_text(&table, timetable_status_name(entry->status));
		table_text(&table, entry->type);
		table_row_end(&table);
	}
}

static bool
read_timetable(struct call *call, struct night *night, struct timetable *out,
    struct error *err)
{
	return event_night(call, night, err) &&
	    timetable_read(call->db, call->arena, night, out, err);
}

static bool
get_timetable(struct call *call, struct error *err)
{
	struct timetable timetable;
	struct json_writer w;
	struct night night;
	size_t i;

	if (!read_timetable(call, &night, &timetable, err))
		return false;
	if (table_is_wanted(call)) {
		write_table(call, &timetable);
		return true;
	}
	call_json(call, 200, &w);
	json_object_begin(&w);
	view_id(&w, "event_id", &night.event.id);
	view_time(&w, "event_started_at", true, night.event.started_at);
	json_key(&w, "entries");
	json_array_begin(&w);
	for (i = 0; i < timetable.count; i++)
		add_entry(&w, &timetable.entries[i], (int64_t)i + 1);
	json_array_end(&w);
	json_key(&w, "total_djs");
	json_number(&w, (int64_t)timetable.n_djs);
	json_key(&w, "completed_sets");
	json_number(&w, (int64_t)timetable.completed);
	json_object_end(&w);
	return true;
}

/* The DJ of an entry as all lists show DJs. */
static bool
add_dj(struct call *call, struct json_writer *w,
    const struct timetable_entry *entry, struct error *err)
{
	struct dj dj = entry->queued;

	if (entry->status != TIMETABLE_UPCOMING &&
	    !djs_find(call->db, call->arena, &entry->djs[0].id, &dj, err))
		return false;
	json_key(w, "dj");
	view_dj(w, &dj, true);
	return true;
}

/* Who plays now, and who waits, is in the timetable of the admins. */
static bool
is_to_come(const struct timetable_entry *entry)
{
	return entry->status != TIMETABLE_COMPLETED;
}

static void
write_admin_table(struct call *call, const struct timetable *timetable)
{
	static const char *const columns[] = {"position", "dj_id", "dj_name",
	    "estimated_start_time", "session_type", NULL};
	static const struct table_layout layout = {"admin-timetable", columns};
	struct table table;
	int64_t position = 0;
	size_t i;

	table_begin(&table, call, &layout);
	for (i = 0; i < timetable->count; i++) {
		const struct timetable_entry *entry = &timetable->entries[i];

		if (!is_to_come(entry))
			continue;
		table_number(&table, ++position);
		table_id(&table, &entry->djs[0].id);
		table_text(&table, entry->names);
		table_time(&table, true, entry->begins);
		table_text(&table, entry->type);
		table_row_end(&table);
	}
}

static bool
add_admin_entry(struct call *call, struct json_writer *w,
    const struct timetable_entry *entry, int64_t position, struct error *err)
{
	json_object_begin(w);
	json_key(w, "position");
	json_number(w, position);
	if (!add_dj(call, w, entry, err))
		return false;
	view_time(w, "estimated_start_time", true, entry->begins);
	json_key(w, "session_type");
	json_string(w, entry->type);
	json_object_end(w);
	return true;
}

static bool
get_admin_timetable(struct call *call, struct error *err)
{
	struct timetable timetable;
	struct json_writer w;
	struct night night;
	int64_t position = 0;
	size_t i;

	if (!read_timetable(call, &night, &timetable, err))
		return false;
	if (table_is_wanted(call)) {
		write_admin_table(call, &timetable);
		return true;
	}
	call_json(call, 200, &w);
	json_array_begin(&w);
	for (i = 0; i < timetable.count; i++)
		if (is_to_come(&timetable.entries[i]) &&
		    !add_admin_entry(
			call, &w, &timetable.entries[i], ++position, err))
			return false;
	json_array_end(&w);
	return true;
}

static const struct param table_params[] = {
    TABLE_PARAM,
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/event/timetable", ROUTE_PUBLIC, false, table_params,
	get_timetable},
    {HTTP_GET, "/api/admin/timetable", ROUTE_ADMIN, false, table_params,
	get_admin_timetable},
};

const struct route_table timetable_routes = {routes, LENGTH(routes)};
