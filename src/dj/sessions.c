/* SPDX-License-Identifier: MIT */
/* Reading sessions. */
#include "dj/sessions.h"

#include <string.h>

#define SET_COLUMNS                                        \
	"s.id, s.dj_id, d.name, s.room, s.session_type, "  \
	"s.started_at, s.ended_at, s.event_id, "           \
	"s.planned_minutes, s.link_state, s.recorded_us, " \
	"s.link_barred"

/* Sets with the primary part of their recording; the index tells what is there.
 * By primary keys, which are named, as is the order: the server would look at
 * all others, too, or begin with all DJs. `key` is that of the sets. */
#define FROM_SETS(key)                                                       \
	" FROM sessions s " key "STRAIGHT_JOIN djs d FORCE INDEX (PRIMARY) " \
	"ON d.id = s.dj_id "                                                 \
	"LEFT JOIN session_recordings l FORCE INDEX (PRIMARY) "              \
	"ON l.session_id = s.id AND l.is_primary = 1 " TRACKS_RECORDING

#define SELECT_SETS(key) \
	"SELECT " SET_COLUMNS ", " TRACKS_COLUMNS FROM_SETS(key)

#define BY_ID    "FORCE INDEX (PRIMARY) "
#define BY_START SELECT_SETS("FORCE INDEX (by_start) ")

enum column {
	ID,
	DJ_ID,
	DJ_NAME,
	ROOM,
	TYPE,
	STARTED_AT,
	ENDED_AT,
	EVENT_ID,
	PLANNED_MINUTES,
	LINK_STATE,
	RECORDED,
	BARRED,
	LINK,
	N_COLUMNS = LINK + TRACKS_N_COLUMNS,
	MORE_PARTS = N_COLUMNS,
	N_COLUMNS_OF_PARTS
};

static const enum db_type set_types[LINK] = {
    [ID] = DB_UUID,
    [DJ_ID] = DB_UUID,
    [DJ_NAME] = DB_TEXT,
    [ROOM] = DB_TEXT,
    [TYPE] = DB_TEXT,
    [STARTED_AT] = DB_TIME,
    [ENDED_AT] = DB_TIME,
    [EVENT_ID] = DB_UUID,
    [PLANNED_MINUTES] = DB_INT,
    [LINK_STATE] = DB_TEXT,
    [RECORDED] = DB_SPAN,
    [BARRED] = DB_INT,
};

/* Two tables of types, one of them another file's, in a row. */
static void
fill_types(enum db_type types[N_COLUMNS_OF_PARTS])
{
	memcpy(types, set_types, sizeof(set_types));
	tracks_fill_types(types + LINK);
	types[MORE_PARTS] = DB_INT;
}

static struct tracks_set
tracks_set_of(const struct session *session)
{
	return (struct tracks_set){
	    .session_id = session->id,
	    .dj_name = session->dj_name,
	    .started_at = session->started_at,
	    .ended = session->ended,
	    .ended_at = session->ended_at,
	};
}

static void
link_from_row(const struct db_value *row, usec_t now, struct session *out)
{
	const struct tracks_set set = tracks_set_of(out);

	out->linked = row[LINK + TRACKS_RECORDING_ID].type != DB_NULL;
	if (out->linked)
		out->part = tracks_part_of_row(row + LINK, &set, now);
	out->link_state = row[LINK_STATE].type == DB_NULL
	    ? ""
	    : row[LINK_STATE].as.text.bytes;
	out->has_recorded = row[RECORDED].type != DB_NULL;
	out->recorded = row[RECORDED].as.number;
	out->barred = row[BARRED].as.number != 0;
}

static struct session
from_row(const struct db_value *row, usec_t now)
{
	struct session session = {
	    .id = row[ID].as.id,
	    .dj_id = row[DJ_ID].as.id,
	    .dj_name = row[DJ_NAME].as.text.bytes,
	    .type = row[TYPE].as.text.bytes,
	    .started_at = row[STARTED_AT].as.time,
	    .ended = row[ENDED_AT].type != DB_NULL,
	    .in_event = row[EVENT_ID].type != DB_NULL,
	    .has_length = row[PLANNED_MINUTES].type != DB_NULL,
	};

	if (row[ROOM].type != DB_NULL)
		session.room = row[ROOM].as.text.bytes;
	if (session.ended)
		session.ended_at = row[ENDED_AT].as.time;
	if (session.in_event)
		session.event_id = row[EVENT_ID].as.id;
	if (session.has_length)
		session.planned_minutes = row[PLANNED_MINUTES].as.number;
	link_from_row(row, now, &session);
	return session;
}

static bool
take_dj(void *context, const struct db_value *row, struct error *err)
{
	struct session *session = context;

	(void)err;
	session->djs[session->n_djs++] = (struct session_dj){
	    row[0].as.id, row[1].as.text.bytes};
	return true;
}

/* The names of all, as a line-up has them. */
static bool
join_names(struct arena *arena, struct session *session, struct error *err)
{
	const char *names = session->djs[0].name;
	size_t i;

	for (i = 1; i < session->n_djs && names != NULL; i++)
		names = arena_printf(
		    arena, "%s b2b %s", names, session->djs[i].name);
	session->dj_name = names;
	return names != NULL || error_memory(err);
}

/* Who plays. A solo set, as nearly all are, needs no further look. */
static bool
read_djs(
    struct db *db, struct arena *arena, struct session *out, struct error *err)
{
	static const enum db_type dj_types[] = {DB_UUID, DB_TEXT};
	const struct db_value args[] = {
	    db_uuid(&out->id), db_int(SESSIONS_MAX_DJS)};

	if (strcmp(out->type, "solo") != 0 &&
	    !db_each(db,
		"SELECT p.dj_id, d.name FROM session_djs p "
		"JOIN djs d ON d.id = p.dj_id WHERE p.session_id = ? "
		"ORDER BY p.place LIMIT ?",
		args, 2, dj_types, 2, arena, take_dj, out, err))
		return false;
	if (out->n_djs == 0)
		out->djs[out->n_djs++] = (struct session_dj){
		    out->dj_id, out->dj_name};
	return join_names(arena, out, err);
}

/* The set that a statement finds, if there is one. */
static bool
find(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *args, size_t n_args, usec_t now, struct session *out,
    bool *found, struct error *err)
{
	enum db_type types[N_COLUMNS_OF_PARTS];
	struct db_value row[N_COLUMNS];

	fill_types(types);
	if (!db_select_one(db, sql, args, n_args, types, row, N_COLUMNS, arena,
		found, err))
		return false;
	if (!*found)
		return true;
	*out = from_row(row, now);
	return read_djs(db, arena, out, err);
}

static bool
not_found(struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "there is no such session");
}

bool
sessions_find(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct session *out, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};
	bool found;

	return find(db, arena, SELECT_SETS(BY_ID) "WHERE s.id = ?", args, 1,
		   now, out, &found, err) &&
	    (found || not_found(err));
}

/* All in one row, but for the few sets that have more than one part. (Parts are
 * written anew together, and count from 1.) */
bool
sessions_find_parts(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct session *out, struct tracks_part parts[MATCH_MAX_PARTS],
    size_t *count, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};
	enum db_type types[N_COLUMNS_OF_PARTS];
	struct db_value row[N_COLUMNS_OF_PARTS];
	struct tracks_set set;
	bool found;

	fill_types(types);
	if (!db_select_one(db,
		"SELECT " SET_COLUMNS ", " TRACKS_COLUMNS ", m.part" FROM_SETS(
		    BY_ID) "LEFT JOIN session_recordings m FORCE INDEX (PRIMARY) "
			   "ON m.session_id = s.id AND m.part = 2 WHERE s.id = ?",
		args, 1, types, row, N_COLUMNS_OF_PARTS, arena, &found, err))
		return false;
	if (!found)
		return not_found(err);
	*out = from_row(row, now);
	if (!read_djs(db, arena, out, err))
		return false;
	set = tracks_set_of(out);
	if (row[MORE_PARTS].type != DB_NULL)
		return tracks_of_set(db, arena, &set, now, parts, count, err);
	*count = out->linked ? 1 : 0;
	if (out->linked)
		parts[0] = out->part;
	return true;
}

bool
sessions_current(struct db *db, struct arena *arena, usec_t now,
    struct session *out, bool *found, struct error *err)
{
	/* Those that run are few, and one_active finds them. */
	return find(db, arena,
	    SELECT_SETS("") "WHERE s.active_dj_id IS NOT NULL "
			    "ORDER BY s.started_at DESC, s.id DESC LIMIT 1",
	    NULL, 0, now, out, found, err);
}

struct list {
	struct db *db;
	struct arena *arena;
	usec_t now;
	sessions_visit *visit;
	void *context;
};

static bool
visit_row(void *context, const struct db_value *row, struct error *err)
{
	const struct list *list = context;
	struct session session = from_row(row, list->now);

	return read_djs(list->db, list->arena, &session, err) &&
	    list->visit(list->context, &session, err);
}

bool
sessions_list(struct db *db, struct arena *arena, const struct db_page *page,
    usec_t now, sessions_visit *visit, void *context, struct error *err)
{
	struct list list = {db, arena, now, visit, context};
	enum db_type types[N_COLUMNS_OF_PARTS];

	fill_types(types);
	return db_each_of_page(db,
	    BY_START "ORDER BY s.started_at DESC, s.id DESC LIMIT ?",
	    BY_START "WHERE s.started_at <= ? "
		     "AND (s.started_at < ? OR s.id < ?) "
		     "ORDER BY s.started_at DESC, s.id DESC LIMIT ?",
	    page, types, N_COLUMNS, arena, visit_row, &list, err);
}

bool
sessions_of_event(struct db *db, struct arena *arena,
    const struct uuid *event_id, unsigned limit, usec_t now,
    sessions_visit *visit, void *context, struct error *err)
{
	const struct db_value args[] = {db_uuid(event_id), db_int(limit)};
	struct list list = {db, arena, now, visit, context};
	enum db_type types[N_COLUMNS_OF_PARTS];

	fill_types(types);
	return db_each(db,
	    SELECT_SETS("") "WHERE s.event_id = ? "
			    "ORDER BY s.started_at, s.id LIMIT ?",
	    args, 2, types, N_COLUMNS, arena, visit_row, &list, err);
}

bool
sessions_statistics(struct db *db, struct arena *arena,
    struct sessions_statistics *out, struct error *err)
{
	static const enum db_type statistics_types[] = {
	    DB_INT, DB_INT, DB_DOUBLE, DB_DOUBLE};
	struct db_value row[4];
	bool found;

	if (!db_select_one(db,
		"SELECT COUNT(*), COUNT(active_dj_id), "
		"COALESCE(AVG(length), 0) / 60e6, "
		"COALESCE(SUM(length), 0) / 3600e6 "
		"FROM (SELECT active_dj_id, TIMESTAMPDIFF(MICROSECOND, "
		"started_at, ended_at) AS length FROM sessions) s",
		NULL, 0, statistics_types, row, 4, arena, &found, err))
		return false;
	*out = (struct sessions_statistics){
	    .total = row[0].as.number,
	    .active = row[1].as.number,
	    .average_minutes = row[2].as.decimal,
	    .total_hours = row[3].as.decimal,
	};
	return true;
}
