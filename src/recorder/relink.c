/* SPDX-License-Identifier: MIT */
/* Looking again for the recordings of sets. */
#include "recorder/relink.h"

#include "base/arena.h"
#include "recorder/holds.h"
#include "recorder/links.h"

#define PAGE 200

bool
relink_ask(struct db *db, struct error *err)
{
	return db_exec(db,
	    "UPDATE sync_state SET relink_due = relink_due + 1 WHERE id = 1",
	    NULL, 0, NULL, err);
}

/* The last change, and the one as of which the sets were looked at. */
struct changes {
	int64_t last, done;
};

static bool
read_changes(struct db *db, struct changes *out, struct error *err)
{
	static const enum db_type types[] = {DB_INT, DB_INT};
	struct arena arena = ARENA_INIT;
	struct db_value row[2];
	bool found, ok;

	ok = db_select_one(db,
	    "SELECT relink_due, relinked FROM sync_state WHERE id = 1", NULL, 0,
	    types, row, 2, &arena, &found, err);
	*out = (struct changes){0};
	if (ok && found)
		*out = (struct changes){row[0].as.number, row[1].as.number};
	arena_free(&arena);
	return ok;
}

static bool
write_done(struct db *db, const struct changes *changes, struct error *err)
{
	const struct db_value args[] = {db_int(changes->last)};

	return db_exec(db,
	    "UPDATE sync_state SET relinked = GREATEST(relinked, ?) "
	    "WHERE id = 1",
	    args, 1, NULL, err);
}

bool
relink_is_due(struct db *db, bool *due, struct error *err)
{
	struct changes changes;
	bool ok = read_changes(db, &changes, err);

	*due = changes.last > changes.done;
	return ok;
}

/* The ids are read before anything is linked: linking sends statements of its
 * own. */
struct waiting {
	struct uuid ids[PAGE];
	size_t count;
	usec_t last_start; /* of the last one */
};

static bool
take_row(void *context, const struct db_value *row, struct error *err)
{
	struct waiting *page = context;

	(void)err;
	page->ids[page->count++] = row[0].as.id;
	page->last_start = row[1].as.time;
	return true;
}

/* The next page of such sets, from the one after (start, id). A recording that
 * gets nothing any more changes by that, without a change of the index: sets
 * that ended at `recent` or later, or go on, are always among them. */
static bool
read_page(struct db *db, struct arena *arena, bool all, usec_t recent,
    usec_t oldest, usec_t start, const struct uuid *after, struct waiting *out,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID, DB_TIME};
	const struct db_value args[] = {
	    db_time(start),
	    db_time(start),
	    db_uuid(after),
	    db_int(all),
	    db_time(recent),
	    db_time(oldest),
	    db_int(PAGE),
	};

	out->count = 0;
	return db_each(db,
	    "SELECT s.id, s.started_at FROM sessions s "
	    "LEFT JOIN session_recordings l "
	    "ON l.session_id = s.id AND l.is_primary = 1 "
	    "WHERE s.started_at >= ? AND (s.started_at > ? OR s.id > ?) "
	    "AND (l.session_id IS NULL OR ((? OR s.ended_at IS NULL "
	    "OR s.ended_at >= ?) AND l.matched_by <> 'manual')) "
	    "AND s.link_barred = 0 "
	    "AND (s.ended_at IS NULL OR s.ended_at >= ?) "
	    "ORDER BY s.started_at, s.id LIMIT ?",
	    args, 7, types, 2, arena, take_row, out, err);
}

static bool
link_page(struct db *db, const struct config *config, struct arena *arena,
    const struct waiting *page, usec_t now, unsigned *linked, struct error *err)
{
	struct link_request request = {
	    .tolerance = config->link_tolerance * USEC_PER_MIN,
	    .now = now,
	};
	struct link_result result;
	size_t i;

	for (i = 0; i < page->count; i++) {
		request.session_id = page->ids[i];
		if (!links_find(db, config, arena, &request, &result, err)) {
			/* The set may have been removed meanwhile. */
			if (err->code != ERROR_NOT_FOUND)
				return false;
			continue;
		}
		if (result.outcome == LINK_MADE || result.dropped)
			(*linked)++;
		arena_reset(arena);
	}
	return true;
}

static bool
link_waiting(struct db *db, const struct config *config, usec_t now, bool all,
    unsigned *linked, struct error *err)
{
	/* No set lasts for a week, so older starts need not be read. */
	usec_t oldest = now - config->wait_days * 24 * USEC_PER_HOUR;
	usec_t start = oldest - 7 * 24 * USEC_PER_HOUR;
	struct arena arena = ARENA_INIT;
	struct waiting page = {.count = PAGE};
	struct uuid after = {{0}};
	bool ok = true;

	while (ok && page.count == PAGE) {
		ok = read_page(db, &arena, all, now - USEC_PER_HOUR, oldest,
			 start, &after, &page, err) &&
		    link_page(db, config, &arena, &page, now, linked, err);
		if (page.count > 0) {
			start = page.last_start;
			after = page.ids[page.count - 1];
		}
	}
	arena_free(&arena);
	return ok;
}

/* What a set gets may depend on what another one has: the recorder of a room,
 * a clock that is seen to be right. */
#define MAX_ROUNDS 4

bool
relink_sets(struct db *db, const struct config *config, usec_t now,
    unsigned *linked, struct error *err)
{
	struct changes changes;
	unsigned round = 0, more = 0;
	bool all;

	*linked = 0;
	if (!read_changes(db, &changes, err))
		return false;
	all = changes.last > changes.done;
	do {
		more = 0;
		if (!link_waiting(db, config, now, all, &more, err))
			return false;
		*linked += more;
	} while (all && more > 0 && ++round < MAX_ROUNDS);
	return !all || write_done(db, &changes, err);
}

/* A page of all sets from a time on; it borrows from an arena of its own. */
struct listing {
	struct relink_row sets[PAGE];
	size_t count;
};

static bool
take_set(void *context, const struct db_value *row, struct error *err)
{
	struct listing *out = context;

	(void)err;
	out->sets[out->count++] = (struct relink_row){
	    .session_id = row[0].as.id,
	    .started_at = row[1].as.time,
	    .dj_name = row[2].type == DB_NULL ? "" : row[2].as.text.bytes,
	    .room = row[3].type == DB_NULL ? NULL : row[3].as.text.bytes,
	};
	return true;
}

/* The next page, from the one after (start, id). */
static bool
list_page(struct db *db, struct arena *arena, usec_t start,
    const struct uuid *after, struct listing *out, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_TIME, DB_TEXT, DB_TEXT};
	const struct db_value args[] = {
	    db_time(start),
	    db_time(start),
	    db_uuid(after),
	    db_int(PAGE),
	};

	out->count = 0;
	return db_each(db,
	    "SELECT s.id, s.started_at, " HOLDS_NAMES ", "
	    "s.room FROM sessions s "
	    "LEFT JOIN djs d ON d.id = s.dj_id "
	    "WHERE s.started_at >= ? AND (s.started_at > ? OR s.id > ?) "
	    "ORDER BY s.started_at, s.id LIMIT ?",
	    args, 4, types, 4, arena, take_set, out, err);
}

/* How each set of a page is looked at, and who is told. */
struct survey {
	struct db *db;
	const struct config *config;
	usec_t now;
	bool write;
	relink_visit *visit;
	void *context;
};

static bool
look_at(const struct survey *survey, struct arena *arena,
    struct relink_row *row, struct error *err)
{
	const struct link_request request = {
	    .session_id = row->session_id,
	    .tolerance = survey->config->link_tolerance * USEC_PER_MIN,
	    .now = survey->now,
	    .look = !survey->write,
	    .why = true,
	};
	struct link_result result;

	if (!links_find(
		survey->db, survey->config, arena, &request, &result, err))
		/* The set may have been removed meanwhile. */
		return err->code == ERROR_NOT_FOUND;
	row->result = &result;
	return survey->visit(survey->context, row, err);
}

static bool
look_at_page(
    const struct survey *survey, struct listing *page, struct error *err)
{
	struct arena arena = ARENA_INIT;
	bool ok = true;

	for (size_t i = 0; ok && i < page->count; i++) {
		ok = look_at(survey, &arena, &page->sets[i], err);
		arena_reset(&arena);
	}
	arena_free(&arena);
	return ok;
}

bool
relink_since(struct db *db, const struct config *config, usec_t since,
    usec_t now, bool write, relink_visit *visit, void *context,
    struct error *err)
{
	const struct survey survey = {db, config, now, write, visit, context};
	struct listing page = {.count = PAGE};
	struct arena arena = ARENA_INIT;
	struct uuid after = {{0}};
	bool ok = true;

	while (ok && page.count == PAGE) {
		ok = list_page(db, &arena, since, &after, &page, err) &&
		    look_at_page(&survey, &page, err);
		if (page.count > 0) {
			since = page.sets[page.count - 1].started_at;
			after = page.sets[page.count - 1].session_id;
		}
		arena_reset(&arena);
	}
	arena_free(&arena);
	return ok;
}
