/* SPDX-License-Identifier: MIT */
/* Counters of addresses. */
#include "admin/counts.h"

#include <string.h>

static struct uuid
key_of(const struct network_address *address)
{
	struct uuid key;

	memcpy(key.bytes, address->bytes, sizeof(key.bytes));
	if (memcmp(key.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) != 0)
		memset(key.bytes + 8, 0, 8);
	return key;
}

bool
counts_is_full(struct db *db, struct arena *arena,
    const struct count_limit *limit, const struct network_address *address,
    usec_t now, bool *full, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	const struct uuid key = key_of(address);
	const struct db_value args[] = {
	    db_text(limit->what),
	    db_uuid(&key),
	    db_time(now - limit->window),
	};
	struct db_value count;
	bool found;

	if (!db_select_one(db,
		"SELECT count FROM address_counts "
		"WHERE what = ? AND address = ? AND window_at >= ?",
		args, 3, types, &count, 1, arena, &found, err))
		return false;
	*full = found && count.as.number >= limit->most;
	return true;
}

struct entry {
	const struct count_limit *limit;
	struct uuid key;
	usec_t now;
};

static bool
add_to_row(
    struct db *db, const struct entry *entry, bool *added, struct error *err)
{
	const struct count_limit *limit = entry->limit;
	const usec_t begin = entry->now - limit->window;
	const struct db_value args[] = {
	    db_time(begin),
	    db_time(begin),
	    db_time(entry->now),
	    db_text(limit->what),
	    db_uuid(&entry->key),
	    db_int(limit->most),
	    db_time(begin),
	};
	uint64_t rows;

	if (!db_exec(db,
		"UPDATE address_counts SET "
		"count = IF(window_at < ?, 1, count + 1), "
		"window_at = IF(window_at < ?, ?, window_at) "
		"WHERE what = ? AND address = ? "
		"AND (count < ? OR window_at < ?)",
		args, 7, &rows, err))
		return false;
	*added = rows > 0;
	return true;
}

/* Old rows go when new ones come, so that the table stays as small as the
 * number of those who come. It is no failure of the request if they stay. */
static void
remove_old(struct db *db, const struct entry *entry)
{
	const struct db_value args[] = {
	    db_text(entry->limit->what),
	    db_time(entry->now - entry->limit->window),
	};
	struct error ignored;

	(void)!db_exec(db,
	    "DELETE FROM address_counts "
	    "WHERE what = ? AND window_at < ? LIMIT 100",
	    args, 2, NULL, &ignored);
}

static bool
add_row(
    struct db *db, const struct entry *entry, bool *added, struct error *err)
{
	const struct db_value args[] = {
	    db_text(entry->limit->what),
	    db_uuid(&entry->key),
	    db_time(entry->now),
	};

	*added = db_exec(db,
	    "INSERT INTO address_counts (what, address, window_at, count) "
	    "VALUES (?, ?, ?, 1)",
	    args, 3, NULL, err);
	if (*added)
		remove_old(db, entry);
	return *added || err->code == ERROR_DUPLICATE;
}

/* The row may come while it is being made: so once more. */
bool
counts_take(struct db *db, const struct count_limit *limit,
    const struct network_address *address, usec_t now, bool *taken,
    struct error *err)
{
	const struct entry entry = {limit, key_of(address), now};

	if (!add_to_row(db, &entry, taken, err))
		return false;
	if (*taken)
		return true;
	if (!add_row(db, &entry, taken, err))
		return false;
	return *taken || add_to_row(db, &entry, taken, err);
}
