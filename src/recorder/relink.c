/* Looking again for the recordings of sets. */
#include "recorder/relink.h"

#include "base/arena.h"
#include "recorder/links.h"

#define PAGE 200

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

/* The next page of such sets, from the one after (start, id). */
static bool
read_page(struct db *db, struct arena *arena, bool all, usec_t oldest,
    usec_t start, const struct uuid *after, struct waiting *out,
    struct error *err)
{
	static const enum db_type types[] = {DB_UUID, DB_TIME};
	const struct db_value args[] = {
	    db_time(start),
	    db_time(start),
	    db_uuid(after),
	    db_int(all),
	    db_time(oldest),
	    db_int(PAGE),
	};

	out->count = 0;
	return db_each(db,
	    "SELECT s.id, s.started_at FROM sessions s "
	    "LEFT JOIN session_recordings l "
	    "ON l.session_id = s.id AND l.part = 1 "
	    "LEFT JOIN recordings r ON r.recorder_id = l.recorder_id "
	    "AND r.id = l.recording_id "
	    "WHERE s.started_at >= ? AND (s.started_at > ? OR s.id > ?) "
	    "AND (l.session_id IS NULL OR (? AND l.matched_by <> 'manual' "
	    "AND r.gone_at IS NULL)) "
	    "AND s.link_barred = 0 "
	    "AND (s.ended_at IS NULL OR s.ended_at >= ?) "
	    "ORDER BY s.started_at, s.id LIMIT ?",
	    args, 6, types, 2, arena, take_row, out, err);
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
		if (result.outcome == LINK_MADE)
			(*linked)++;
		arena_reset(arena);
	}
	return true;
}

bool
relink_sets(struct db *db, const struct config *config, usec_t now, bool all,
    unsigned *linked, struct error *err)
{
	/* No set lasts for a week, so older starts need not be read. */
	usec_t oldest = now - config->wait_days * 24 * USEC_PER_HOUR;
	usec_t start = oldest - 7 * 24 * USEC_PER_HOUR;
	struct arena arena = ARENA_INIT;
	struct waiting page = {.count = PAGE};
	struct uuid after = {{0}};
	bool ok = true;

	*linked = 0;
	while (ok && page.count == PAGE) {
		ok = read_page(
			 db, &arena, all, oldest, start, &after, &page, err) &&
		    link_page(db, config, &arena, &page, now, linked, err);
		if (page.count > 0) {
			start = page.last_start;
			after = page.ids[page.count - 1];
		}
	}
	arena_free(&arena);
	return ok;
}
