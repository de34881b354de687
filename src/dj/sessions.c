/* Reading sessions. */
#include "dj/sessions.h"

#include <string.h>

/* A set with the first part of its recording; the index tells which files are
 * there. One statement, by primary keys but for the outer table: the server
 * would begin with all DJs. `key` is a hint for it. */
#define SELECT_SESSIONS(key)                                            \
	"SELECT s.id, s.dj_id, d.name, s.room, s.session_type, "        \
	"s.started_at, s.ended_at, l.recorder_id, l.recording_id, "     \
	"r.gone_at, r.ogg_size, r.flac_size, "                          \
	"r.waveform_size, r.overview_size, "                            \
	"s.event_id, s.planned_minutes, "                               \
	"CASE WHEN r.ogg_changed_at >= l.linked_at "                    \
	"THEN r.ogg_changed_at END "                                    \
	"FROM sessions s " key "STRAIGHT_JOIN djs d ON d.id = s.dj_id " \
	"LEFT JOIN session_recordings l ON l.session_id = s.id "        \
	"AND l.part = 1 "                                               \
	"LEFT JOIN recordings r ON r.recorder_id = l.recorder_id "      \
	"AND r.id = l.recording_id "

#define BY_START SELECT_SESSIONS("FORCE INDEX (by_start) ")

enum column {
	ID,
	DJ_ID,
	DJ_NAME,
	ROOM,
	TYPE,
	STARTED_AT,
	ENDED_AT,
	RECORDER_ID,
	RECORDING_ID,
	GONE_AT,
	SIZES,
	EVENT_ID = SIZES + RECORDING_FORMATS,
	PLANNED_MINUTES,
	CHANGED_AT,
	N_COLUMNS
};

static const enum db_type types[N_COLUMNS] = {
    [ID] = DB_UUID,
    [DJ_ID] = DB_UUID,
    [DJ_NAME] = DB_TEXT,
    [ROOM] = DB_TEXT,
    [TYPE] = DB_TEXT,
    [STARTED_AT] = DB_TIME,
    [ENDED_AT] = DB_TIME,
    [RECORDER_ID] = DB_UUID,
    [RECORDING_ID] = DB_UUID,
    [GONE_AT] = DB_TIME,
    [SIZES + RECORDING_OGG] = DB_INT,
    [SIZES + RECORDING_FLAC] = DB_INT,
    [SIZES + RECORDING_WAVEFORM] = DB_INT,
    [SIZES + RECORDING_OVERVIEW] = DB_INT,
    [EVENT_ID] = DB_UUID,
    [PLANNED_MINUTES] = DB_INT,
    [CHANGED_AT] = DB_TIME,
};

static void
link_from_row(const struct db_value *row, struct session *out)
{
	int i;

	out->linked = row[RECORDING_ID].type != DB_NULL;
	if (!out->linked)
		return;
	out->recorder_id = row[RECORDER_ID].as.id;
	out->recording_id = row[RECORDING_ID].as.id;
	out->gone = row[GONE_AT].type != DB_NULL;
	out->changed = row[CHANGED_AT].type != DB_NULL;
	if (out->changed)
		out->changed_at = row[CHANGED_AT].as.time;
	for (i = 0; i < RECORDING_FORMATS; i++)
		out->has_file[i] = !out->gone &&
		    row[SIZES + i].type != DB_NULL &&
		    row[SIZES + i].as.number > 0;
}

static struct session
from_row(const struct db_value *row)
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
	link_from_row(row, &session);
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

bool
sessions_find(struct db *db, struct arena *arena, const struct uuid *id,
    struct session *out, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};
	struct db_value row[N_COLUMNS];
	bool found;

	if (!db_select_one(db, SELECT_SESSIONS("") "WHERE s.id = ?", args, 1,
		types, row, N_COLUMNS, arena, &found, err))
		return false;
	if (!found)
		return error_set(
		    err, ERROR_NOT_FOUND, "there is no such session");
	*out = from_row(row);
	return read_djs(db, arena, out, err);
}

bool
sessions_current(struct db *db, struct arena *arena, struct session *out,
    bool *found, struct error *err)
{
	struct db_value row[N_COLUMNS];

	/* Those that run are few, and one_active finds them. */
	if (!db_select_one(db,
		SELECT_SESSIONS(
		    "") "WHERE s.active_dj_id IS NOT NULL "
			"ORDER BY s.started_at DESC, s.id DESC LIMIT 1",
		NULL, 0, types, row, N_COLUMNS, arena, found, err))
		return false;
	if (!*found)
		return true;
	*out = from_row(row);
	return read_djs(db, arena, out, err);
}

struct list {
	struct db *db;
	struct arena *arena;
	sessions_visit *visit;
	void *context;
};

static bool
visit_row(void *context, const struct db_value *row, struct error *err)
{
	const struct list *list = context;
	struct session session = from_row(row);

	return read_djs(list->db, list->arena, &session, err) &&
	    list->visit(list->context, &session, err);
}

bool
sessions_list(struct db *db, struct arena *arena, const struct db_page *page,
    sessions_visit *visit, void *context, struct error *err)
{
	struct list list = {db, arena, visit, context};

	return db_each_of_page(db,
	    BY_START "ORDER BY s.started_at DESC, s.id DESC LIMIT ?",
	    BY_START "WHERE s.started_at <= ? "
		     "AND (s.started_at < ? OR s.id < ?) "
		     "ORDER BY s.started_at DESC, s.id DESC LIMIT ?",
	    page, types, N_COLUMNS, arena, visit_row, &list, err);
}

bool
sessions_of_event(struct db *db, struct arena *arena,
    const struct uuid *event_id, unsigned limit, sessions_visit *visit,
    void *context, struct error *err)
{
	const struct db_value args[] = {db_uuid(event_id), db_int(limit)};
	struct list list = {db, arena, visit, context};

	return db_each(db,
	    SELECT_SESSIONS("") "WHERE s.event_id = ? "
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

enum session_status
session_status(const struct session *session, usec_t now, usec_t wait)
{
	if (!session->ended)
		return SESSION_RECORDING;
	if (session->has_file[RECORDING_OGG])
		return SESSION_UPLOADED;
	return now - session->ended_at <= wait ? SESSION_PROCESSING
					       : SESSION_FAILED;
}

const char *
session_status_name(enum session_status status)
{
	static const char *const names[] = {
	    [SESSION_RECORDING] = "recording",
	    [SESSION_PROCESSING] = "processing",
	    [SESSION_UPLOADED] = "uploaded",
	    [SESSION_FAILED] = "failed",
	};

	return names[status];
}
