/* SPDX-License-Identifier: MIT */
/* DJs. */
#include "dj/djs.h"

#include "dj/dj_row.h"
#include "dj/lottery.h"
#include "dj/night.h"

const enum db_type dj_row_types[DJ_ROW_SIZE] = {
    DB_UUID, DB_TEXT, DB_TEXT, DB_TIME, DB_DOUBLE, DB_INT};

struct dj
dj_row_read(const struct db_value *row)
{
	return (struct dj){
	    .id = row[0].as.id,
	    .name = row[1].as.text.bytes,
	    .email = row[2].type == DB_NULL ? NULL : row[2].as.text.bytes,
	    .registered_at = row[3].as.time,
	    .weight = row[4].as.decimal,
	    .active = row[5].as.number != 0,
	};
}

bool
djs_find(struct db *db, struct arena *arena, const struct uuid *id,
    struct dj *out, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};
	struct db_value row[DJ_ROW_SIZE];
	bool found;

	if (!db_select_one(db,
		"SELECT " DJ_ROW_COLUMNS " FROM djs WHERE id = ?", args, 1,
		dj_row_types, row, DJ_ROW_SIZE, arena, &found, err))
		return false;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "there is no such DJ");
	*out = dj_row_read(row);
	return true;
}

bool
dj_row_name_refused(struct error *err)
{
	if (err->code == ERROR_DUPLICATE)
		(void)error_set(err, ERROR_CONFLICT,
		    "name: this name is registered already");
	return false;
}

bool
dj_row_visit(void *context, const struct db_value *row, struct error *err)
{
	const struct dj_row_visit *each = context;
	const struct dj dj = dj_row_read(row);

	return each->visit(each->context, &dj, err);
}

bool
djs_list(struct db *db, struct arena *arena, const struct db_page *page,
    djs_visit *visit, void *context, struct error *err)
{
	struct dj_row_visit each = {visit, context};

	return db_each_of_page(db,
	    "SELECT " DJ_ROW_COLUMNS " FROM djs FORCE INDEX (by_registration) "
	    "ORDER BY registered_at DESC, id DESC LIMIT ?",
	    "SELECT " DJ_ROW_COLUMNS " FROM djs FORCE INDEX (by_registration) "
	    "WHERE registered_at <= ? "
	    "AND (registered_at < ? OR id < ?) "
	    "ORDER BY registered_at DESC, id DESC LIMIT ?",
	    page, dj_row_types, DJ_ROW_SIZE, arena, dj_row_visit, &each, err);
}

bool
djs_statistics(struct db *db, struct arena *arena, struct djs_statistics *out,
    struct error *err)
{
	static const enum db_type types[] = {DB_INT, DB_INT};
	struct db_value row[2];
	bool found;

	if (!db_select_one(db,
		"SELECT COUNT(*), COUNT(NULLIF(is_active, 0)) FROM djs", NULL,
		0, types, row, 2, arena, &found, err))
		return false;
	*out = (struct djs_statistics){row[0].as.number, row[1].as.number};
	return true;
}

struct registration {
	struct arena *arena;
	const char *name;
	const char *email;
	usec_t now;
	struct uuid new_id;
	struct dj *out;
};

bool
djs_check_name(
    struct db *db, struct arena *arena, const char *name, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	const struct db_value args[] = {db_text(name)};
	struct db_value empty;
	bool found;

	if (!db_select_one(db,
		"SELECT CONVERT(? USING utf8mb4) "
		"COLLATE utf8mb4_unicode_520_ci = ''",
		args, 1, types, &empty, 1, arena, &found, err))
		return false;
	return empty.as.number == 0 ||
	    error_set(
		err, ERROR_INVALID, "name: must have a visible character");
}

static bool
find_pool(struct db *db, const struct registration *r, struct uuid *out,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	struct db_value row;
	bool found;

	if (!djs_check_name(db, r->arena, r->name, err) ||
	    !db_select_one(db, "SELECT id FROM pools WHERE open_mark = 1", NULL,
		0, types, &row, 1, r->arena, &found, err))
		return false;
	if (!found)
		return error_set(err, ERROR_INTERNAL, "no pool is open");
	*out = row.as.id;
	return true;
}

/* A DJ of this name and address from an earlier night. */
static bool
find_known(
    struct db *db, const struct registration *r, bool *found, struct error *err)
{
	const struct db_value args[] = {db_text(r->name), db_text(r->email)};
	struct db_value row[DJ_ROW_SIZE];

	if (!db_select_one(db,
		"SELECT " DJ_ROW_COLUMNS
		" FROM djs WHERE name = ? AND email <=> ? "
		"ORDER BY registered_at DESC LIMIT 1",
		args, 2, dj_row_types, row, DJ_ROW_SIZE, r->arena, found, err))
		return false;
	if (*found)
		*r->out = dj_row_read(row);
	return true;
}

static bool
insert_dj(struct db *db, const struct registration *r, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&r->new_id),
	    db_text(r->name),
	    db_text(r->email),
	    db_time(r->now),
	};

	*r->out = (struct dj){
	    .id = r->new_id,
	    .name = r->name,
	    .email = r->email,
	    .registered_at = r->now,
	    .weight = 1,
	    .active = true,
	};
	return db_exec(db,
	    "INSERT INTO djs (id, name, email, registered_at) "
	    "VALUES (?, ?, ?, ?)",
	    args, 4, NULL, err);
}

static bool
renew_dj(struct db *db, const struct registration *r, struct error *err)
{
	const struct db_value args[] = {db_time(r->now), db_uuid(&r->out->id)};

	r->out->registered_at = r->now;
	r->out->active = true;
	return db_exec(db,
	    "UPDATE djs SET registered_at = ?, is_active = 1 WHERE id = ?",
	    args, 2, NULL, err);
}

static bool
enter_pool(struct db *db, const struct registration *r,
    const struct uuid *pool_id, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(pool_id),
	    db_uuid(&r->out->id),
	    db_text(r->name),
	    db_time(r->now),
	};

	return db_exec(db,
		   "INSERT INTO pool_entries (pool_id, dj_id, name, "
		   "registered_at) VALUES (?, ?, ?, ?)",
		   args, 4, NULL, err) ||
	    dj_row_name_refused(err);
}

static bool
register_work(struct db *db, void *context, struct error *err)
{
	struct registration *r = context;
	struct uuid pool_id;
	bool known;

	if (!night_lock(db, err))
		return false;
	/* After the wait for the lock, so that who registered before a draw was
	 * due is in it. */
	r->now = clock_now();
	if (!find_pool(db, r, &pool_id, err) || !find_known(db, r, &known, err))
		return false;
	if (known ? !renew_dj(db, r, err) : !insert_dj(db, r, err))
		return false;
	return enter_pool(db, r, &pool_id, err) &&
	    lottery_prepare(db, r->arena, &pool_id, err);
}

bool
djs_register(struct db *db, struct arena *arena, const char *name,
    const char *email, struct dj *out, struct error *err)
{
	struct registration r = {
	    .arena = arena,
	    .name = name,
	    .email = email,
	    .out = out,
	};

	return uuid_make(clock_now(), &r.new_id, err) &&
	    db_transaction(db, register_work, &r, err);
}
