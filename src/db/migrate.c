/* SPDX-License-Identifier: MIT */
/* Migrations. */
#include "db/migrate.h"

#include <string.h>

#include "base/log.h"
#include "db/lease.h"

#define LEASE         "migrate"
#define LEASE_SECONDS 600 /* longer than any one step takes */
#define WAIT_SECONDS  600

int
migrate_version(void)
{
	return migrate_steps[migrate_steps_count - 1].version;
}

bool
migrate_judge(int version, struct error *err)
{
	if (version == migrate_version())
		return true;
	if (version > migrate_version())
		return error_set(err, ERROR_UNAVAILABLE,
		    "the database has version %d, this program knows %d: "
		    "install a newer setlink",
		    version, migrate_version());
	return error_set(err, ERROR_UNAVAILABLE,
	    "the database has version %d, version %d is needed: "
	    "run setlink migrate",
	    version, migrate_version());
}

static bool
count_rows(struct db *db, const char *sql, const struct db_value *args,
    size_t n_args, int64_t *count, struct error *err)
{
	const enum db_type types[] = {DB_INT};
	struct arena arena = ARENA_INIT;
	struct db_value column;
	bool found, ok;

	ok = db_select_one(
	    db, sql, args, n_args, types, &column, 1, &arena, &found, err);
	if (ok)
		*count = found && column.type == DB_INT ? column.as.number : 0;
	arena_free(&arena);
	return ok;
}

bool
migrate_read_version(struct db *db, int *version, struct error *err)
{
	const struct db_value table[] = {db_text("schema_migrations")};
	int64_t tables, max;

	*version = 0;
	if (!count_rows(db,
		"SELECT COUNT(*) FROM information_schema.tables "
		"WHERE table_schema = DATABASE() AND table_name = ?",
		table, 1, &tables, err))
		return false;
	if (tables == 0)
		return true;
	if (!count_rows(db, "SELECT MAX(version) FROM schema_migrations", NULL,
		0, &max, err))
		return false;
	*version = (int)max;
	return true;
}

static bool
is_done(struct db *db, const struct migrate_step *step, bool *done,
    struct error *err)
{
	const struct db_value args[] = {
	    db_text(step->table),
	    db_text(step->part),
	    db_text(step->table),
	    db_text(step->part),
	};
	int64_t count = 0;

	*done = false;
	if (step->table[0] == '\0')
		return true;
	if (!count_rows(db,
		"SELECT (SELECT COUNT(*) FROM information_schema.columns "
		"WHERE table_schema = DATABASE() "
		"AND table_name = ? AND column_name = ?) + "
		"(SELECT COUNT(*) FROM information_schema.statistics "
		"WHERE table_schema = DATABASE() "
		"AND table_name = ? AND index_name = ?)",
		args, 4, &count, err))
		return false;
	*done = count > 0;
	return true;
}

static bool
run_step(struct db *db, const struct migrate_step *step, struct error *err)
{
	bool done;

	if (!is_done(db, step, &done, err))
		return false;
	return done || db_exec(db, step->sql, NULL, 0, NULL, err);
}

static bool
record_version(
    struct db *db, const struct migrate_step *step, struct error *err)
{
	const struct db_value args[] = {
	    db_int(step->version), db_text(step->name)};

	log_line(LOG_INFO, "event=migrated version=%d name=%s", step->version,
	    step->name);
	return db_exec(db,
	    "INSERT IGNORE INTO schema_migrations "
	    "(version, name, applied_at) VALUES (?, ?, UTC_TIMESTAMP(6))",
	    args, 2, NULL, err);
}

/* Run the steps of the versions after `from`. */
static bool
run_steps(struct db *db, const struct uuid *owner, int from, struct error *err)
{
	size_t i;

	for (i = 0; i < migrate_steps_count; i++) {
		const struct migrate_step *step = &migrate_steps[i];
		bool last = i + 1 == migrate_steps_count ||
		    step[1].version != step->version;
		bool taken;

		if (step->version <= from)
			continue;
		if (!lease_take(db, LEASE, owner, LEASE_SECONDS, &taken, err))
			return false;
		if (!taken)
			return error_set(
			    err, ERROR_CONFLICT, "another migration took over");
		if (!run_step(db, step, err))
			return false;
		if (last && !record_version(db, step, err))
			return false;
	}
	return true;
}

static bool
run_base(struct db *db, struct error *err)
{
	size_t i;

	for (i = 0; migrate_steps[i].version == 0; i++)
		if (!run_step(db, &migrate_steps[i], err))
			return false;
	return true;
}

static bool
refuse_newer(int version, struct error *err)
{
	if (version <= migrate_version() || migrate_judge(version, err))
		return true;
	err->code = ERROR_CONFLICT;
	return false;
}

bool
migrate_run(struct db *db, int *from, int *to, struct error *err)
{
	struct error ignored;
	struct uuid owner;
	bool taken, ok;

	if (!migrate_read_version(db, from, err) || !refuse_newer(*from, err))
		return false;
	if (!uuid_make(clock_now(), &owner, err) || !run_base(db, err) ||
	    !lease_wait(db, LEASE, &owner, LEASE_SECONDS, WAIT_SECONDS, NULL,
		&taken, err))
		return false;
	if (!taken)
		return error_set(
		    err, ERROR_UNAVAILABLE, "another migration is running");
	/* It may have been done while the lease was waited for. */
	ok = migrate_read_version(db, from, err) && refuse_newer(*from, err) &&
	    run_steps(db, &owner, *from, err);
	if (!lease_release(db, LEASE, &owner, ok ? err : &ignored))
		ok = false;
	*to = ok ? migrate_version() : *from;
	return ok;
}
