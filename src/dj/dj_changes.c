/* SPDX-License-Identifier: MIT */
/* Changing and removing DJs. */
#include "dj/djs.h"

#include "dj/dj_row.h"
#include "dj/night.h"
#include "dj/queue.h"
#include "dj/tick.h"

struct edit {
	const struct config *config;
	struct arena *arena;
	const struct uuid *id;
	const struct dj_change *change;
	usec_t now;
};

static bool
leave(struct db *db, const struct edit *edit, struct error *err)
{
	return queue_leave(
	    db, edit->config, edit->arena, edit->id, edit->now, err);
}

/* In the open pool a name is unique. */
static bool
rename_in_pool(struct db *db, const struct edit *edit, struct error *err)
{
	const struct db_value args[] = {
	    db_text(edit->change->name), db_uuid(edit->id)};

	return db_exec(db,
		   "UPDATE pool_entries e JOIN pools p "
		   "ON p.id = e.pool_id AND p.open_mark = 1 "
		   "SET e.name = ? WHERE e.dj_id = ?",
		   args, 2, NULL, err) ||
	    dj_row_name_refused(err);
}

static bool
change_work(struct db *db, void *context, struct error *err)
{
	const struct edit *edit = context;
	const struct dj_change *change = edit->change;
	const struct db_value args[] = {
	    db_text(change->name),
	    db_int(change->has_email),
	    db_text(change->email),
	    change->has_weight ? db_double(change->weight) : db_null(),
	    change->has_active ? db_int(change->active) : db_null(),
	    db_uuid(edit->id),
	};
	uint64_t rows;

	if (change->has_active && !night_lock(db, err))
		return false;
	if (change->name != NULL &&
	    (!djs_check_name(db, edit->arena, change->name, err) ||
		!rename_in_pool(db, edit, err)))
		return false;
	if (!db_exec(db,
		"UPDATE djs SET name = COALESCE(?, name), "
		"email = IF(?, ?, email), weight = COALESCE(?, weight), "
		"is_active = COALESCE(?, is_active) WHERE id = ?",
		args, 6, &rows, err))
		return false;
	if (rows == 0)
		return error_set(err, ERROR_NOT_FOUND, "there is no such DJ");
	if (!change->has_active)
		return true;
	return change->active ? queue_return(db, edit->now, err)
			      : leave(db, edit, err);
}

bool
djs_change(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *id, const struct dj_change *change, usec_t now,
    struct error *err)
{
	struct edit edit = {config, arena, id, change, now};

	tick_before_change(db, config, arena, now);
	return db_transaction(db, change_work, &edit, err);
}

/* Lock the DJ, and tell whether anything refers to them. */
static bool
lock_and_look(
    struct db *db, const struct edit *edit, bool *referred, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	const struct db_value args[] = {db_uuid(edit->id)};
	struct db_value row;
	bool found;

	if (!db_select_one(db,
		"SELECT EXISTS (SELECT 1 FROM session_djs s "
		"WHERE s.dj_id = djs.id) "
		"OR EXISTS (SELECT 1 FROM draw_participants d "
		"WHERE d.dj_id = djs.id) "
		"OR EXISTS (SELECT 1 FROM guest_requests r "
		"WHERE r.dj_id = djs.id) "
		"FROM djs WHERE id = ? FOR UPDATE",
		args, 1, types, &row, 1, edit->arena, &found, err))
		return false;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "there is no such DJ");
	*referred = row.as.number != 0;
	return true;
}

static bool
remove_work(struct db *db, void *context, struct error *err)
{
	const struct edit *edit = context;
	const struct db_value args[] = {db_uuid(edit->id)};
	bool referred = false;

	if (!night_lock(db, err) || !lock_and_look(db, edit, &referred, err))
		return false;
	if (referred)
		return db_exec(db, "UPDATE djs SET is_active = 0 WHERE id = ?",
			   args, 1, NULL, err) &&
		    leave(db, edit, err);
	return db_exec(db, "DELETE FROM pool_entries WHERE dj_id = ?", args, 1,
		   NULL, err) &&
	    db_exec(db, "DELETE FROM djs WHERE id = ?", args, 1, NULL, err);
}

bool
djs_remove(struct db *db, const struct config *config, struct arena *arena,
    const struct uuid *id, usec_t now, struct error *err)
{
	struct edit edit = {config, arena, id, NULL, now};

	tick_before_change(db, config, arena, now);
	return db_transaction(db, remove_work, &edit, err);
}
