/* SPDX-License-Identifier: MIT */
/* Doing what events have left. */
#include "recorder/pending.h"

#include <string.h>
#include <time.h>

#include "base/log.h"
#include "db/lease.h"
#include "recorder/events.h"
#include "recorder/fetch.h"
#include "recorder/gather.h"
#include "recorder/layout.h"
#include "recorder/merge.h"
#include "recorder/parts.h"
#include "recorder/recorders.h"
#include "recorder/relink.h"
#include "s3/listing.h"

/* A process that died blocks the next one for so long; a round takes a minute
 * at the worst. */
#define LEASE_SECONDS 90

/* A recording of a day has 17 pages of chunks. */
#define LISTING_TIME USEC_PER_MIN

/* Files come one after the other: waiting a moment for the next event is
 * cheaper than another process. */
#define LINGER      (1 * USEC_PER_SEC)
#define LOOK_MILLIS 100

/* While more and more comes, sets are looked at no more often. */
#define RELINK_PAUSE (5 * USEC_PER_SEC)

/* A recording that is to be looked at. */
struct pending {
	struct uuid recorder_id, id;
	int64_t look; /* enum events_look */
	int64_t changes;
	/* Of the metadata that an event has told of; "": none has. */
	const char *etag;
	usec_t stored;
};

/* What is fetched at a time. */
struct round {
	struct pending rows[FETCH_MAX];
	size_t count;
};

struct drain {
	struct db *db;
	const struct config *config;
	const struct uuid *owner;
	struct s3_client *client;
	struct arena arena; /* of a round */
	usec_t relinked;    /* clock_monotonic */
	struct pending_report *report;
};

static bool
take_row(void *context, const struct db_value *row, struct error *err)
{
	struct round *round = context;

	(void)err;
	round->rows[round->count++] = (struct pending){
	    .recorder_id = row[0].as.id,
	    .id = row[1].as.id,
	    .look = row[2].as.number,
	    .changes = row[3].as.number,
	    .etag = row[4].as.text.bytes,
	    .stored = row[5].as.time,
	};
	return true;
}

static bool
read_round(struct drain *drain, struct round *round, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_UUID, DB_INT, DB_INT, DB_TEXT, DB_TIME};
	const struct db_value args[] = {db_int(FETCH_MAX)};

	round->count = 0;
	return db_each(drain->db,
	    "SELECT recorder_id, recording_id, look, changes, etag, stored_at "
	    "FROM events_pending ORDER BY recorder_id, recording_id LIMIT ?",
	    args, 1, types, 6, &drain->arena, take_row, round, err);
}

/* Take in one page. */
static bool
list_page(struct drain *drain, struct s3_listing *listing,
    struct gather *gather, struct listed **out, struct error *err)
{
	struct arena arena = ARENA_INIT;
	const struct s3_object *object;
	struct s3_page page;
	bool ok = s3_listing_next(drain->client, listing, &arena, &page, err);

	for (object = page.objects; ok && object != NULL; object = object->next)
		ok = gather_add(gather, object, &drain->arena, out, err);
	arena_free(&arena);
	return ok;
}

/* What the bucket has of the recording, NULL when there is nothing. */
static bool
list_recording(struct drain *drain, const struct pending *row,
    struct listed **out, struct error *err)
{
	char folder[LAYOUT_FOLDER_SIZE];
	struct s3_listing listing = {
	    .prefix = folder,
	    .deadline = clock_monotonic() + LISTING_TIME,
	};
	struct gather gather = {0};
	bool ok = true;

	layout_folder(&row->recorder_id, &row->id, folder);
	while (ok && !listing.ended)
		ok = list_page(drain, &listing, &gather, out, err);
	s3_listing_free(&listing);
	return ok && gather_end(&gather, &drain->arena, out, err);
}

static bool
touch(struct db *db, const struct uuid *recorder_id, struct error *err)
{
	return recorders_touch(db, recorder_id, clock_now(), err);
}

/* What the listing of a recording has shown: NULL for nothing. */
struct files {
	const struct pending *row;
	const struct listed *listed;
};

/* A transaction's work. */
static bool
write_files(struct db *db, void *context, struct error *err)
{
	const struct files *files = context;
	const struct uuid *recorder_id = &files->row->recorder_id;
	enum part_outcome outcome;

	if (files->listed != NULL)
		return touch(db, recorder_id, err) &&
		    parts_put_listed(db, &files->listed->recording, err);
	return parts_remove_all(
		   db, recorder_id, &files->row->id, &outcome, err) &&
	    (outcome == PART_OLD || touch(db, recorder_id, err));
}

/* One whose files cannot be listed keeps those that are known. */
static bool
look_at_files(struct drain *drain, const struct pending *row, struct error *err)
{
	struct listed *listed = NULL;
	struct files files = {.row = row};

	if (!list_recording(drain, row, &listed, err)) {
		log_line(
		    LOG_WARN, "event=not_listed detail=\"%s\"", err->detail);
		return err->code != ERROR_MEMORY;
	}
	files.listed = listed;
	return db_transaction(drain->db, write_files, &files, err);
}

/* What is to be written for a row of the round. */
struct outcome {
	const struct pending *row;
	const struct fetch *fetch; /* NULL: nothing had to be fetched */
	struct recording recording;
	char etag[GATHER_ETAG_MAX + 1];
};

static bool
write_parts(struct db *db, const struct outcome *outcome, struct error *err)
{
	const struct recording *r = &outcome->recording;
	enum part_outcome removed;

	switch (outcome->fetch->outcome) {
	case FETCH_READ:
		return touch(db, &r->recorder_id, err) &&
		    parts_put_metadata(db, r, err);
	case FETCH_UNREADABLE:
		return touch(db, &r->recorder_id, err) &&
		    parts_put_unreadable(db, r, err);
	case FETCH_ABSENT:
		return parts_remove_metadata(
			   db, &r->recorder_id, &r->id, &removed, err) &&
		    (removed == PART_OLD || touch(db, &r->recorder_id, err));
	case FETCH_FAILED: /* the next refresh finds that its ETag is new */
		break;
	}
	return true;
}

/* The row stays when another event came meanwhile. */
static bool
forget(struct db *db, const struct pending *row, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&row->recorder_id),
	    db_uuid(&row->id),
	    db_int(row->changes),
	};

	return db_exec(db,
	    "DELETE FROM events_pending WHERE recorder_id = ? "
	    "AND recording_id = ? AND changes = ?",
	    args, 3, NULL, err);
}

/* A transaction's work. */
static bool
write_outcome(struct db *db, void *context, struct error *err)
{
	const struct outcome *outcome = context;

	return (outcome->fetch == NULL || write_parts(db, outcome, err)) &&
	    forget(db, outcome->row, err) && relink_ask(db, err);
}

static bool
write_nothing(struct drain *drain, const struct pending *row, struct error *err)
{
	struct outcome outcome = {.row = row};

	return db_transaction(drain->db, write_outcome, &outcome, err);
}

static bool
write_row(struct drain *drain, const struct pending *row,
    const struct fetch *fetch, struct error *err)
{
	const struct s3_object object = {.etag = fetch->etag};
	struct outcome outcome = {.row = row, .fetch = fetch};
	struct recording *recording = &outcome.recording;

	recording->recorder_id = row->recorder_id;
	recording->id = row->id;
	recording->metadata_etag = gather_etag(outcome.etag, &object);
	recording->metadata_at = strcmp(row->etag, outcome.etag) == 0
	    ? row->stored
	    : fetch->modified;
	if (fetch->outcome == FETCH_FAILED)
		log_line(LOG_WARN, "event=not_fetched detail=\"%s\"",
		    fetch->error.detail);
	if (fetch->outcome == FETCH_READ)
		merge_take_metadata(recording, &fetch->metadata);
	return db_transaction(drain->db, write_outcome, &outcome, err);
}

/* The rows whose metadata has to be fetched, in *wanted. */
static bool
look_at_rows(struct drain *drain, const struct round *round,
    const struct pending **wanted, struct fetch *fetches, size_t *n,
    struct error *err)
{
	*n = 0;
	for (size_t i = 0; i < round->count; i++) {
		const struct pending *row = &round->rows[i];

		if (row->look >= EVENTS_FILES &&
		    !look_at_files(drain, row, err))
			return false;
		if (row->look < EVENTS_METADATA) {
			if (!write_nothing(drain, row, err))
				return false;
			continue;
		}
		fetches[*n].recorder_id = row->recorder_id;
		fetches[*n].id = row->id;
		wanted[(*n)++] = row;
	}
	return true;
}

static bool
do_round(struct drain *drain, const struct round *round, struct error *err)
{
	const struct pending *wanted[FETCH_MAX];
	struct fetch fetches[FETCH_MAX] = {0};
	size_t n;

	if (!look_at_rows(drain, round, wanted, fetches, &n, err) ||
	    (n > 0 &&
		!fetch_metadata(drain->client, &drain->arena, fetches, n, err)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!write_row(drain, wanted[i], &fetches[i], err))
			return false;
	drain->report->recordings += (unsigned)round->count;
	return true;
}

/* Look at the sets, at once when nothing else is to be done. */
static bool
relink(struct drain *drain, bool idle, struct error *err)
{
	unsigned linked = 0;
	bool due;

	if (!idle && clock_monotonic() - drain->relinked < RELINK_PAUSE)
		return true;
	if (!relink_is_due(drain->db, &due, err))
		return false;
	if (!due)
		return true;
	if (!relink_sets(drain->db, drain->config, clock_now(), &linked, err))
		return false;
	drain->report->linked += linked;
	drain->relinked = clock_monotonic();
	return true;
}

static bool
take_lease(struct drain *drain, bool *taken, struct error *err)
{
	return lease_take(
	    drain->db, EVENTS_LEASE, drain->owner, LEASE_SECONDS, taken, err);
}

/* Rounds until a while has passed without any, or the lease is lost. */
static bool
run_rounds(
    struct drain *drain, const volatile sig_atomic_t *stop, struct error *err)
{
	const struct timespec pause = {0, LOOK_MILLIS * 1000 * 1000};
	usec_t end = clock_monotonic() + LINGER;
	struct round round;
	bool held = true;

	drain->relinked = clock_monotonic();
	while (held && *stop == 0 && clock_monotonic() < end) {
		arena_reset(&drain->arena);
		if (!read_round(drain, &round, err) ||
		    !relink(drain, round.count == 0, err))
			return false;
		if (round.count == 0) {
			(void)nanosleep(&pause, NULL);
			continue;
		}
		if (!take_lease(drain, &held, err) ||
		    (held && !do_round(drain, &round, err)))
			return false;
		end = clock_monotonic() + LINGER;
	}
	return true;
}

/* An event that came after the last look has found the lease taken, and
 * started nobody: so there is one more look once it is free. */
static bool
drain_all(
    struct drain *drain, const volatile sig_atomic_t *stop, struct error *err)
{
	struct round round = {.count = 1};
	struct error ignored;
	bool taken = false, ok = true;

	while (ok && round.count > 0 && *stop == 0) {
		if (!take_lease(drain, &taken, err))
			return false;
		drain->report->busy = !taken;
		if (!taken)
			return true;
		ok = run_rounds(drain, stop, err);
		if (!lease_release(drain->db, EVENTS_LEASE, drain->owner,
			ok ? err : &ignored))
			ok = false;
		ok = ok && read_round(drain, &round, err);
	}
	return ok;
}

bool
pending_any(struct db *db, bool *any, struct error *err)
{
	static const enum db_type type[] = {DB_INT};
	struct arena arena = ARENA_INIT;
	struct db_value value;
	bool ok = db_select_one(db, "SELECT 1 FROM events_pending LIMIT 1",
	    NULL, 0, type, &value, 1, &arena, any, err);

	arena_free(&arena);
	return ok;
}

bool
pending_drain(struct db *db, const struct config *config,
    const struct uuid *owner, const volatile sig_atomic_t *stop,
    struct pending_report *out, struct error *err)
{
	struct drain drain = {
	    .db = db, .config = config, .owner = owner, .report = out};
	bool ok;

	*out = (struct pending_report){.busy = false};
	drain.client = s3_client_new(config, err);
	ok = drain.client != NULL && drain_all(&drain, stop, err);
	s3_client_free(drain.client);
	arena_free(&drain.arena);
	return ok;
}
