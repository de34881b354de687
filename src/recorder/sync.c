/* SPDX-License-Identifier: MIT */
/* Bringing the index up to date with the bucket: one refresh at a time. */
#include "recorder/sync.h"

#include <string.h>

#include "db/lease.h"
#include "recorder/audio.h"
#include "recorder/merge.h"
#include "recorder/merge_recorders.h"
#include "recorder/recorders.h"
#include "s3/listing.h"

#define LEASE "sync"

/* A refresh that died blocks the next one for so long. Between two prolongings
 * lie at most KEEP_SECONDS and one round of requests, which takes a minute at
 * the worst. */
#define LEASE_SECONDS 90
#define KEEP_SECONDS  10

/* A bucket of a hundred thousand recordings takes some minutes at its first
 * refresh. The next one goes on where this one ended. */
#define LISTING_TIME USEC_PER_HOUR

bool
refresh_hold(struct refresh *refresh, struct error *err)
{
	bool taken;

	if (!lease_take(refresh->db, LEASE, &refresh->owner, LEASE_SECONDS,
		&taken, err))
		return false;
	if (!taken)
		return error_set(
		    err, ERROR_CONFLICT, "another refresh has taken over");
	refresh->held = clock_monotonic();
	return true;
}

bool
refresh_keep(struct refresh *refresh, struct error *err)
{
	const volatile sig_atomic_t *stop = refresh->options->stop;

	if (stop != NULL && *stop != 0)
		return error_set(err, ERROR_CONFLICT, "interrupted");
	if (clock_monotonic() - refresh->held < KEEP_SECONDS * USEC_PER_SEC)
		return true;
	return refresh_hold(refresh, err);
}

/* Append the recordings that the page completes to the list. */
static bool
gather_page(struct gather *gather, const struct s3_page *page,
    struct arena *arena, struct listed **list, struct error *err)
{
	const struct s3_object *object;
	struct listed *done;

	for (object = page->objects; object != NULL; object = object->next) {
		if (!gather_add(gather, object, arena, &done, err))
			return false;
		if (done != NULL) {
			*list = done;
			list = &done->next;
		}
	}
	if (page->next_token != NULL)
		return true;
	if (!gather_end(gather, arena, &done, err))
		return false;
	*list = done;
	return true;
}

static void
report_page(const struct refresh *refresh, const struct gather *gather)
{
	const struct sync_options *options = refresh->options;

	refresh->report->keys = gather->keys;
	refresh->report->foreign = gather->foreign;
	if (options->progress != NULL)
		options->progress(options->context, refresh->report);
}

/* List one page and merge it. */
static bool
refresh_page(struct refresh *refresh, struct s3_listing *listing,
    struct gather *gather, struct merge *merge, struct arena *arena,
    struct error *err)
{
	struct s3_page page;
	struct listed *list = NULL;

	if (!refresh_keep(refresh, err))
		return false;
	refresh->report->requests++;
	if (!s3_listing_next(refresh->client, listing, arena, &page, err))
		return false;
	gather->recorders = NULL;
	if (!gather_page(gather, &page, arena, &list, err))
		return false;
	report_page(refresh, gather);
	return merge_recorders(refresh, arena, gather->recorders, err) &&
	    merge_page(merge, arena, list, listing->ended, err);
}

static bool
refresh_pages(struct refresh *refresh, struct error *err)
{
	struct gather gather = {0};
	struct s3_listing listing = {
	    .prefix = "", .deadline = clock_monotonic() + LISTING_TIME};
	struct merge *merge = merge_new(refresh);
	struct arena arena = ARENA_INIT;
	bool ok = merge != NULL || error_memory(err);

	while (ok && !listing.ended) {
		ok = refresh_page(
		    refresh, &listing, &gather, merge, &arena, err);
		arena_reset(&arena);
	}
	s3_listing_free(&listing);
	arena_free(&arena);
	merge_free(merge);
	return ok;
}

/* The time of the database, which all machines share. */
static bool
read_time(struct db *db, usec_t *now, struct error *err)
{
	const enum db_type type[] = {DB_TIME};
	struct arena arena = ARENA_INIT;
	struct db_value value;
	bool found, ok;

	ok = db_select_one(db, "SELECT UTC_TIMESTAMP(6)", NULL, 0, type, &value,
	    1, &arena, &found, err);
	if (ok)
		*now = value.as.time;
	arena_free(&arena);
	return ok;
}

/* The index is as old as the beginning of its listing: what was stored later
 * may be missing. */
static bool
write_finish(struct db *db, void *context, struct error *err)
{
	struct refresh *refresh = context;
	const struct db_value args[] = {db_time(refresh->started)};

	return refresh_hold(refresh, err) &&
	    db_exec(db,
		"UPDATE sync_state SET finished_at = ?, failed_at = NULL, "
		"failure = NULL WHERE id = 1",
		args, 1, NULL, err);
}

static void
write_failure(struct db *db, const struct error *failure)
{
	const struct db_value args[] = {db_text(failure->detail)};
	struct error ignored;

	/* The caller is told of the failure itself. */
	(void)!db_exec(db,
	    "UPDATE sync_state SET failed_at = UTC_TIMESTAMP(6), failure = ? "
	    "WHERE id = 1",
	    args, 1, NULL, &ignored);
}

/* Under the lease. */
static bool
refresh_run(struct refresh *refresh, struct error *err)
{
	struct db_value args[1];

	if (!read_time(refresh->db, &refresh->started, err))
		return false;
	args[0] = db_time(refresh->started);
	if (!db_exec(refresh->db,
		"UPDATE sync_state SET started_at = ? WHERE id = 1", args, 1,
		NULL, err) ||
	    !refresh_pages(refresh, err) || !recorders_count(refresh->db, err))
		return false;
	if (refresh->failed.code != ERROR_OK) {
		*err = refresh->failed;
		return false;
	}
	return db_transaction(refresh->db, write_finish, refresh, err);
}

static bool
is_fresh(
    struct db *db, const struct config *config, bool *fresh, struct error *err)
{
	const enum db_type type[] = {DB_INT};
	const struct db_value args[] = {db_int(config->sync_interval)};
	struct arena arena = ARENA_INIT;
	struct db_value value = {.type = DB_NULL};
	bool found, ok;

	ok = db_select_one(db,
	    "SELECT finished_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND "
	    "FROM sync_state WHERE id = 1",
	    args, 1, type, &value, 1, &arena, &found, err);
	*fresh = ok && found && value.type != DB_NULL && value.as.number != 0;
	arena_free(&arena);
	return ok;
}

static bool
run_leased(
    struct refresh *refresh, const struct config *config, struct error *err)
{
	bool ok = true;

	/* Whoever had the lease may have just refreshed it. */
	if (refresh->options->if_stale &&
	    !is_fresh(refresh->db, config, &refresh->report->fresh, err))
		return false;
	if (!refresh->report->fresh)
		ok = refresh_run(refresh, err);
	if (!ok && err->code != ERROR_CONFLICT)
		write_failure(refresh->db, err);
	return ok;
}

/* Have the lease and a client, run, and give them back. */
static bool
with_lease(struct refresh *refresh, const struct config *config,
    bool (*run)(struct refresh *refresh, const struct config *config,
	struct error *err),
    unsigned wait, struct error *err)
{
	struct error ignored;
	bool taken, ok;

	if (!uuid_make(clock_now(), &refresh->owner, err) ||
	    !lease_wait(refresh->db, LEASE, &refresh->owner, LEASE_SECONDS,
		wait, refresh->options->stop, &taken, err))
		return false;
	refresh->report->busy = !taken;
	if (!taken)
		return true;
	refresh->held = clock_monotonic();
	refresh->client = s3_client_new(config, err);
	ok = refresh->client != NULL && run(refresh, config, err);
	s3_client_free(refresh->client);
	if (!lease_release(
		refresh->db, LEASE, &refresh->owner, ok ? err : &ignored))
		ok = false;
	return ok;
}

bool
sync_run(struct db *db, const struct config *config,
    const struct sync_options *options, struct sync_report *report,
    struct error *err)
{
	struct refresh refresh = {
	    .db = db, .options = options, .report = report};

	*report = (struct sync_report){0};
	if (options->if_stale && !is_fresh(db, config, &report->fresh, err))
		return false;
	if (report->fresh)
		return true;
	return with_lease(&refresh, config, run_leased, options->wait, err);
}

static bool
run_audio(
    struct refresh *refresh, const struct config *config, struct error *err)
{
	(void)config;
	return audio_read(refresh, err);
}

bool
sync_audio(struct db *db, const struct config *config,
    const struct sync_options *options, int64_t *requests, struct error *err)
{
	struct sync_report report = {0};
	struct refresh refresh = {
	    .db = db, .options = options, .report = &report};
	bool ok = with_lease(&refresh, config, run_audio, 0, err);

	*requests = report.requests;
	return ok;
}
