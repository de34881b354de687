/* SPDX-License-Identifier: MIT */
/* Bringing the rows of recorders in line with a listing. */
#include "recorder/merge_recorders.h"

#include "recorder/fetch.h"
#include "recorder/recorders.h"

/* Those that are fetched and written together. */
struct batch {
	struct refresh *refresh;
	struct fetch fetches[FETCH_MAX];
	const char *etags[FETCH_MAX];
	size_t n;
};

/* A transaction's work. */
static bool
write_batch(struct db *db, void *context, struct error *err)
{
	const struct batch *batch = context;
	usec_t now = clock_now();
	bool ok = refresh_hold(batch->refresh, err);

	for (size_t i = 0; ok && i < batch->n; i++) {
		const struct fetch *fetch = &batch->fetches[i];
		const char *name = fetch->outcome == FETCH_READ
		    ? fetch->metadata.name
		    : NULL;

		if (fetch->outcome == FETCH_READ ||
		    fetch->outcome == FETCH_UNREADABLE)
			ok = recorders_store(db, &fetch->recorder_id, name,
			    batch->etags[i], now, err);
	}
	return ok;
}

static void
count_outcome(struct refresh *refresh, const struct fetch *fetch)
{
	if (fetch->outcome != FETCH_FAILED) {
		refresh->failures = 0;
		refresh->report->unreadable += fetch->outcome ==
		    FETCH_UNREADABLE;
		return;
	}
	refresh->failures++;
	if (refresh->failed.code == ERROR_OK)
		refresh->failed = fetch->error;
}

static bool
flush(struct batch *batch, struct arena *arena, struct error *err)
{
	struct refresh *refresh = batch->refresh;

	/* Once as many have failed in a row, no more is tried. */
	if (refresh->failures >= FETCH_MAX)
		batch->n = 0;
	if (batch->n == 0)
		return true;
	refresh->report->requests += (int64_t)batch->n;
	if (!refresh_keep(refresh, err) ||
	    !fetch_metadata(
		refresh->client, arena, batch->fetches, batch->n, err) ||
	    !db_transaction(refresh->db, write_batch, batch, err))
		return false;
	for (size_t i = 0; i < batch->n; i++)
		count_outcome(refresh, &batch->fetches[i]);
	batch->n = 0;
	return true;
}

bool
merge_recorders(struct refresh *refresh, struct arena *arena,
    const struct listed_recorder *list, struct error *err)
{
	struct batch batch = {.refresh = refresh};
	bool known;

	for (; list != NULL; list = list->next) {
		if (!recorders_know(
			refresh->db, &list->id, list->etag, &known, err))
			return false;
		if (known)
			continue;
		batch.fetches[batch.n] = (struct fetch){
		    .recorder_id = list->id, .of_recorder = true};
		batch.etags[batch.n++] = list->etag;
		if (batch.n == FETCH_MAX && !flush(&batch, arena, err))
			return false;
	}
	return flush(&batch, arena, err);
}
