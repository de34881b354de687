/* Starting, ending and changing sessions. */
#include "dj/djs.h"
#include "dj/sessions.h"

struct start {
	struct arena *arena;
	const struct session_change *change;
	struct uuid id;
	struct uuid *ended;
	size_t n_ended;
};

static bool
check_times(usec_t started_at, bool has_end, usec_t ended_at, struct error *err)
{
	if (has_end && ended_at < started_at)
		return error_set(err, ERROR_INVALID,
		    "ended_at: must not lie before started_at");
	return true;
}

static bool
check_dj(struct db *db, struct arena *arena, const struct uuid *id,
    struct error *err)
{
	struct dj dj;

	if (!djs_find(db, arena, id, &dj, err))
		return false;
	return dj.active ||
	    error_set(err, ERROR_CONFLICT, "dj_id: this DJ is deactivated");
}

/* The UNIQUE key on active_dj_id is what makes a set the only one. */
static bool
say_conflict(struct error *err)
{
	if (err->code == ERROR_DUPLICATE)
		(void)error_set(err, ERROR_CONFLICT,
		    "dj_id: this DJ has an active session");
	return false;
}

static bool
take_running(void *context, const struct db_value *row, struct error *err)
{
	struct start *start = context;

	(void)err;
	start->ended[start->n_ended++] = row[0].as.id;
	return true;
}

/* The sets that run in the room of the new one, into start->ended: all that a
 * room ever has. Of more than that the rest gets its recordings later, when the
 * index is refreshed. */
static bool
find_running(struct db *db, struct start *start, struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	const struct db_value args[] = {
	    db_text(start->change->room), db_int(SESSIONS_MAX_ENDED)};

	start->n_ended = 0;
	return db_each(db,
	    "SELECT id FROM sessions WHERE active_dj_id IS NOT NULL "
	    "AND room <=> ? ORDER BY started_at LIMIT ? FOR UPDATE",
	    args, 2, types, 1, start->arena, take_running, start, err);
}

static bool
lock_room(struct db *db, const char *room, struct error *err)
{
	const struct db_value args[] = {db_text(room == NULL ? "" : room)};

	return db_exec(db,
	    "INSERT INTO rooms (name, starts) VALUES (?, 1) "
	    "ON DUPLICATE KEY UPDATE starts = starts + 1",
	    args, 1, NULL, err);
}

/* A set never ends before it starts, even when the clock was set back. */
#define END_SESSIONS                                               \
	"UPDATE sessions SET ended_at = GREATEST(started_at, ?), " \
	"active_dj_id = NULL WHERE ended_at IS NULL "

/* Who waits in the queue plays now, and is no longer next. */
static bool
play_from_queue(struct db *db, const struct start *start, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&start->id), db_uuid(start->change->dj_id)};

	return db_exec(db,
	    "UPDATE queue_entries q JOIN pools p "
	    "ON p.id = q.pool_id AND p.open_mark = 1 "
	    "SET q.status = 'playing', q.session_id = ? "
	    "WHERE q.dj_id = ? AND q.status = 'waiting'",
	    args, 2, NULL, err);
}

static bool
leave_queue(struct db *db, struct error *err)
{
	return db_exec(db,
	    "UPDATE queue_entries q JOIN sessions s ON s.id = q.session_id "
	    "SET q.status = 'played' "
	    "WHERE q.status = 'playing' AND s.ended_at IS NOT NULL",
	    NULL, 0, NULL, err);
}

static bool
end_running(struct db *db, struct start *start, struct error *err)
{
	const struct db_value args[] = {
	    db_time(start->change->started_at), db_text(start->change->room)};

	return lock_room(db, start->change->room, err) &&
	    find_running(db, start, err) &&
	    db_exec(db,
		END_SESSIONS "AND active_dj_id IS NOT NULL AND room <=> ?",
		args, 2, NULL, err);
}

static bool
insert(struct db *db, const struct start *start, struct error *err)
{
	const struct session_change *change = start->change;
	const struct db_value args[] = {
	    db_uuid(&start->id),
	    db_uuid(change->dj_id),
	    change->has_end ? db_null() : db_uuid(change->dj_id),
	    db_text(change->room),
	    db_text(change->type == NULL ? "solo" : change->type),
	    db_time(change->started_at),
	    change->has_end ? db_time(change->ended_at) : db_null(),
	};

	return db_exec(db,
		   "INSERT INTO sessions (id, dj_id, active_dj_id, room, "
		   "session_type, started_at, ended_at) "
		   "VALUES (?, ?, ?, ?, ?, ?, ?)",
		   args, 7, NULL, err) ||
	    say_conflict(err);
}

static bool
start_work(struct db *db, void *context, struct error *err)
{
	struct start *start = context;

	return check_dj(db, start->arena, start->change->dj_id, err) &&
	    (!start->change->end_current || end_running(db, start, err)) &&
	    insert(db, start, err) && play_from_queue(db, start, err) &&
	    leave_queue(db, err);
}

bool
sessions_start(struct db *db, struct arena *arena,
    const struct session_change *change, struct uuid *id, struct uuid *ended,
    size_t *n_ended, struct error *err)
{
	struct start start = {
	    .arena = arena,
	    .change = change,
	    .ended = ended,
	};

	if (!check_times(
		change->started_at, change->has_end, change->ended_at, err) ||
	    !uuid_make(clock_now(), &start.id, err) ||
	    !db_transaction(db, start_work, &start, err))
		return false;
	*id = start.id;
	*n_ended = start.n_ended;
	return true;
}

struct end {
	struct arena *arena;
	const struct uuid *id;
	usec_t now;
};

static bool
end_work(struct db *db, void *context, struct error *err)
{
	const struct end *end = context;
	const struct db_value args[] = {db_time(end->now), db_uuid(end->id)};
	struct session session;
	uint64_t rows;

	if (!db_exec(db, END_SESSIONS "AND id = ?", args, 2, &rows, err))
		return false;
	if (rows == 1)
		return leave_queue(db, err);
	return sessions_find(db, end->arena, end->id, &session, err) &&
	    error_set(err, ERROR_CONFLICT,
		"session_id: this session has ended already");
}

bool
sessions_end(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct error *err)
{
	struct end end = {arena, id, now};

	return db_transaction(db, end_work, &end, err);
}

struct edit {
	struct arena *arena;
	const struct uuid *id;
	const struct session_change *change;
};

/* What the set is after the change. */
static struct session
merge(const struct session *old, const struct session_change *change)
{
	struct session new = *old;

	if (change->dj_id != NULL)
		new.dj_id = *change->dj_id;
	if (change->type != NULL)
		new.type = change->type;
	if (change->room != NULL)
		new.room = change->room;
	if (change->has_start)
		new.started_at = change->started_at;
	if (change->has_end) {
		new.ended = true;
		new.ended_at = change->ended_at;
	}
	return new;
}

static bool
update(struct db *db, const struct session *new, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&new->dj_id),
	    new->ended ? db_null() : db_uuid(&new->dj_id),
	    db_text(new->room),
	    db_text(new->type),
	    db_time(new->started_at),
	    new->ended ? db_time(new->ended_at) : db_null(),
	    db_uuid(&new->id),
	};

	return db_exec(db,
		   "UPDATE sessions SET dj_id = ?, active_dj_id = ?, "
		   "room = ?, session_type = ?, started_at = ?, ended_at = ? "
		   "WHERE id = ?",
		   args, 7, NULL, err) ||
	    say_conflict(err);
}

/* So that nobody changes the row between our reading and writing it. */
static bool
lock(struct db *db, struct arena *arena, const struct uuid *id,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	const struct db_value args[] = {db_uuid(id)};
	struct db_value row;
	bool found;

	return db_select_one(db,
	    "SELECT id FROM sessions WHERE id = ? FOR UPDATE", args, 1, types,
	    &row, 1, arena, &found, err);
}

static bool
change_work(struct db *db, void *context, struct error *err)
{
	const struct edit *edit = context;
	struct session old, new;

	if (!lock(db, edit->arena, edit->id, err) ||
	    !sessions_find(db, edit->arena, edit->id, &old, err))
		return false;
	if (edit->change->dj_id != NULL &&
	    !check_dj(db, edit->arena, edit->change->dj_id, err))
		return false;
	new = merge(&old, edit->change);
	return check_times(new.started_at, new.ended, new.ended_at, err) &&
	    update(db, &new, err) && leave_queue(db, err);
}

bool
sessions_change(struct db *db, struct arena *arena, const struct uuid *id,
    const struct session_change *change, struct error *err)
{
	struct edit edit = {arena, id, change};

	return db_transaction(db, change_work, &edit, err);
}
