/* SPDX-License-Identifier: MIT */
/* Bringing the rows of the index in line with a listing, side by side. */
#include "recorder/merge.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/fetch.h"
#include "recorder/listed.h"
#include "recorder/presence.h"
#include "recorder/recorders.h"
#include "recorder/relink.h"
#include "recorder/reopening.h"

/* Rows read at a time, and changes written in one transaction: what a refresh
 * that ends on the way has fetched in vain. */
#define WINDOW      500
#define MAX_CHANGES 200

enum change_kind {
	CHANGE_ADD, /* new, or there again */
	CHANGE_STORE,
	CHANGE_LEARN, /* as it was, but not known in full */
	CHANGE_GONE,
	CHANGE_NONE /* its metadata could not be fetched */
};

struct change {
	enum change_kind kind;
	bool fetch;           /* the metadata is to be fetched before */
	enum layout_kind ask; /* of CHANGE_GONE: the file to be asked for
			       * before, or LAYOUT_FOREIGN */
	struct recording recording;
};

struct merge {
	struct refresh *refresh;
	struct arena texts; /* of the window */
	struct recording window[WINDOW];
	size_t n_window, at;
	bool read_any, read_all;
	struct recording last; /* its ids: where the next window begins */
	struct change changes[MAX_CHANGES];
	size_t n_changes;
};

struct merge *
merge_new(struct refresh *refresh)
{
	struct merge *merge = calloc(1, sizeof(*merge));

	if (merge != NULL)
		merge->refresh = refresh;
	return merge;
}

void
merge_free(struct merge *merge)
{
	if (merge == NULL)
		return;
	arena_free(&merge->texts);
	free(merge);
}

static bool
take_row(void *context, const struct recording *row, struct error *err)
{
	struct merge *merge = context;

	(void)err;
	merge->window[merge->n_window++] = *row;
	return true;
}

/* The row that is next in the index, NULL after the last one. It is there
 * until the next call after merge->at has moved on. */
static bool
peek_row(struct merge *merge, const struct recording **row, struct error *err)
{
	if (merge->at == merge->n_window && !merge->read_all) {
		arena_reset(&merge->texts);
		merge->at = merge->n_window = 0;
		if (!index_walk(merge->refresh->db, &merge->texts,
			merge->read_any ? &merge->last : NULL, WINDOW, take_row,
			merge, err))
			return false;
		merge->read_all = merge->n_window < WINDOW;
		merge->read_any = true;
		if (merge->n_window > 0)
			merge->last = merge->window[merge->n_window - 1];
	}
	*row = merge->at < merge->n_window ? &merge->window[merge->at] : NULL;
	return true;
}

void
merge_take_metadata(struct recording *r, const struct metadata *metadata)
{
	usec_t length = metadata->duration / 1000;

	r->name = metadata->name;
	r->has_start = metadata->has_start;
	r->start = metadata->start;
	r->has_duration = metadata->duration > 0;
	r->duration = metadata->duration;
	r->closed = metadata->closed;
	r->kept = metadata->keep;
	/* One that is open has no end, whatever else it says. */
	r->has_end = metadata->closed && metadata->has_end;
	r->end = r->has_end ? metadata->end : 0;
	if (r->closed && !r->has_end && r->has_start && r->has_duration &&
	    length <= CLOCK_MAX - r->start) {
		r->has_end = true;
		r->end = r->start + length;
	}
}

static void
apply_fetch(
    struct merge *merge, struct change *change, const struct fetch *fetch)
{
	struct refresh *refresh = merge->refresh;

	switch (fetch->outcome) {
	case FETCH_READ:
		merge_take_metadata(&change->recording, &fetch->metadata);
		break;
	case FETCH_ABSENT: /* deleted since it was listed */
		change->recording.metadata_etag = "";
		change->recording.metadata_at = 0;
		break;
	case FETCH_UNREADABLE:
		refresh->report->unreadable++;
		break;
	case FETCH_FAILED:
		change->kind = CHANGE_NONE;
		refresh->failures++;
		if (refresh->failed.code == ERROR_OK)
			refresh->failed = fetch->error;
		return;
	}
	refresh->failures = 0;
}

/* The next FETCH_MAX changes, from *at on, that want metadata. Once as many
 * have failed in a row, no more is tried: each could wait for a dead server. */
static size_t
choose_fetches(struct merge *merge, size_t *at, struct fetch *fetches,
    struct change **changes)
{
	size_t n = 0;

	for (; *at < merge->n_changes && n < FETCH_MAX; ++*at) {
		struct change *change = &merge->changes[*at];

		if (!change->fetch)
			continue;
		if (merge->refresh->failures >= FETCH_MAX) {
			change->kind = CHANGE_NONE;
			continue;
		}
		fetches[n].recorder_id = change->recording.recorder_id;
		fetches[n].id = change->recording.id;
		changes[n++] = change;
	}
	return n;
}

static bool
fetch_some(
    struct merge *merge, struct arena *arena, size_t *at, struct error *err)
{
	struct fetch fetches[FETCH_MAX] = {0};
	struct change *changes[FETCH_MAX];
	struct refresh *refresh = merge->refresh;
	size_t n = choose_fetches(merge, at, fetches, changes), i;

	if (n == 0)
		return true;
	refresh->report->requests += (int64_t)n;
	if (!refresh_keep(refresh, err) ||
	    !fetch_metadata(refresh->client, arena, fetches, n, err))
		return false;
	for (i = 0; i < n; i++)
		apply_fetch(merge, changes[i], &fetches[i]);
	if (refresh->options->progress != NULL)
		refresh->options->progress(
		    refresh->options->context, refresh->report);
	return true;
}

/* The next PRESENCE_MAX changes, from *at on, that are to be asked for. */
static size_t
choose_asked(struct merge *merge, size_t *at, struct presence *list,
    struct change **changes)
{
	size_t n = 0;

	for (; *at < merge->n_changes && n < PRESENCE_MAX; ++*at) {
		struct change *change = &merge->changes[*at];

		if (change->ask == LAYOUT_FOREIGN)
			continue;
		list[n].recorder_id = change->recording.recorder_id;
		list[n].id = change->recording.id;
		list[n].kind = change->ask;
		changes[n++] = change;
	}
	return n;
}

/* An event may have brought it in behind the listing. */
static bool
take_presence(struct refresh *refresh, struct change *change,
    const struct presence *presence, struct error *err)
{
	bool later;

	if (presence->outcome == PRESENCE_GONE)
		return true;
	if (presence->outcome == PRESENCE_UNKNOWN) {
		*err = presence->error;
		return false;
	}
	change->kind = CHANGE_NONE;
	if (!index_known_later(refresh->db, &presence->recorder_id,
		&presence->id, refresh->started, &later, err))
		return false;
	return later ||
	    error_set(err, ERROR_INVALID,
		"the object store's listing leaves out recordings that are "
		"there");
}

/* Recordings are gone when the listing does not show them, and S3 does not know
 * their files either: a listing can be cut, wrong, or empty by error. */
static bool
ask_some(struct merge *merge, size_t *at, struct error *err)
{
	struct presence list[PRESENCE_MAX] = {0};
	struct change *changes[PRESENCE_MAX];
	struct refresh *refresh = merge->refresh;
	size_t n = choose_asked(merge, at, list, changes), i;

	if (n == 0)
		return true;
	refresh->report->requests += (int64_t)n;
	if (!refresh_keep(refresh, err) ||
	    !presence_ask(refresh->client, list, n, err))
		return false;
	for (i = 0; i < n; i++)
		if (!take_presence(refresh, changes[i], &list[i], err))
			return false;
	return true;
}

static bool
write_change(const struct refresh *refresh, const struct change *change,
    usec_t now, struct error *err)
{
	const struct recording *r = &change->recording;
	struct db *db = refresh->db;

	switch (change->kind) {
	case CHANGE_ADD:
	case CHANGE_STORE:
	case CHANGE_LEARN:
		return index_store(db, r, now, refresh->started, err) &&
		    (r->closed ||
			(reopening_note(db, &r->recorder_id, &r->id, err) &&
			    reopening_note_late(
				db, &r->recorder_id, &r->id, err)));
	case CHANGE_GONE:
		return index_mark_gone(
		    db, &r->recorder_id, &r->id, now, refresh->started, err);
	case CHANGE_NONE:
		break;
	}
	return true;
}

/* A transaction's work: it may be run again. The changes of a recorder stand
 * together. */
static bool
write_changes(struct db *db, void *context, struct error *err)
{
	struct merge *merge = context;
	const struct uuid *last = NULL;
	usec_t now = clock_now();
	bool ok = refresh_hold(merge->refresh, err);

	for (size_t i = 0; ok && i < merge->n_changes; i++) {
		const struct change *change = &merge->changes[i];
		const struct uuid *id = &change->recording.recorder_id;

		if (change->kind == CHANGE_NONE)
			continue;
		if (last == NULL || uuid_compare(last, id) != 0)
			ok = recorders_touch(db, id, now, err);
		ok = ok && write_change(merge->refresh, change, now, err);
		last = id;
	}
	return ok && relink_ask(db, err);
}

static void
count_changes(const struct merge *merge, int64_t counts[CHANGE_NONE + 1])
{
	for (size_t i = 0; i < merge->n_changes; i++)
		counts[merge->changes[i].kind]++;
}

/* Fetch what is wanted and write the changes. */
static bool
flush(struct merge *merge, struct arena *arena, struct error *err)
{
	struct sync_report *report = merge->refresh->report;
	int64_t counts[CHANGE_NONE + 1] = {0};

	for (size_t at = 0; at < merge->n_changes;)
		if (!fetch_some(merge, arena, &at, err))
			return false;
	for (size_t at = 0; at < merge->n_changes;)
		if (!ask_some(merge, &at, err))
			return false;
	count_changes(merge, counts);
	if (counts[CHANGE_NONE] < (int64_t)merge->n_changes &&
	    !db_transaction(merge->refresh->db, write_changes, merge, err))
		return false;
	report->added += counts[CHANGE_ADD];
	report->changed += counts[CHANGE_STORE];
	report->gone += counts[CHANGE_GONE];
	merge->n_changes = 0;
	return true;
}

/* Room for one more change. */
static bool
new_change(struct merge *merge, struct arena *arena, struct change **out,
    struct error *err)
{
	if (merge->n_changes == MAX_CHANGES && !flush(merge, arena, err))
		return false;
	*out = &merge->changes[merge->n_changes++];
	**out = (struct change){.kind = CHANGE_STORE, .ask = LAYOUT_FOREIGN};
	return true;
}

static bool
add_gone(struct merge *merge, struct arena *arena, const struct recording *row,
    struct error *err)
{
	struct change *change;

	if (row->gone)
		return true;
	if (!new_change(merge, arena, &change, err))
		return false;
	change->kind = CHANGE_GONE;
	change->ask = presence_kind(row);
	change->recording.recorder_id = row->recorder_id;
	change->recording.id = row->id;
	return true;
}

/* What was known from metadata stays, until other metadata is read: when it is
 * deleted (somebody deletes a session that still records, and its chunks and
 * files come back without it), and when it becomes unreadable. When a
 * recording began does not change by that. */
static bool
carry_over(struct arena *arena, const struct recording *row,
    struct recording *to, struct error *err)
{
	to->name = arena_copy(arena, row->name, strlen(row->name));
	to->has_start = row->has_start;
	to->start = row->start;
	to->has_end = row->has_end;
	to->end = row->end;
	to->has_duration = row->has_duration;
	to->duration = row->duration;
	to->closed = row->closed;
	to->kept = row->kept;
	return to->name != NULL || error_memory(err);
}

/* `row` is what the index has of it, or NULL. */
static bool
add_listed(struct merge *merge, struct arena *arena,
    const struct listed *listed, const struct recording *row, struct error *err)
{
	const char *etag = listed->recording.metadata_etag;
	struct change *change;
	bool is_new;
	bool same = row != NULL && !row->gone &&
	    listed_is_same(row, &listed->recording);

	merge->refresh->report->recordings++;
	if (same && listed_is_known(row, &listed->recording))
		return true;
	if (!new_change(merge, arena, &change, err))
		return false;
	if (row == NULL || row->gone)
		change->kind = CHANGE_ADD;
	else if (same)
		change->kind = CHANGE_LEARN;
	change->recording = listed->recording;
	if (row != NULL && !carry_over(arena, row, &change->recording, err))
		return false;
	is_new = listed->metadata_size >= 0 &&
	    (row == NULL || strcmp(row->metadata_etag, etag) != 0);
	change->fetch = is_new &&
	    listed->metadata_size <= (int64_t)FETCH_MAX_BYTES;
	if (is_new && !change->fetch)
		merge->refresh->report->unreadable++;
	return true;
}

static int
compare(const struct recording *a, const struct recording *b)
{
	int order = uuid_compare(&a->recorder_id, &b->recorder_id);

	return order != 0 ? order : uuid_compare(&a->id, &b->id);
}

/* Pass by the rows before `until` (NULL: all that are left); *row is then the
 * one at it, or NULL. */
static bool
pass_rows(struct merge *merge, struct arena *arena,
    const struct recording *until, const struct recording **row,
    struct error *err)
{
	int order;

	for (;; merge->at++) {
		if (!peek_row(merge, row, err))
			return false;
		if (*row == NULL)
			return true;
		order = until == NULL ? -1 : compare(*row, until);
		if (order >= 0)
			break;
		if (!add_gone(merge, arena, *row, err))
			return false;
	}
	if (order > 0)
		*row = NULL;
	return true;
}

bool
merge_page(struct merge *merge, struct arena *arena, const struct listed *list,
    bool last, struct error *err)
{
	const struct recording *row;

	for (; list != NULL; list = list->next) {
		if (!pass_rows(merge, arena, &list->recording, &row, err) ||
		    !add_listed(merge, arena, list, row, err))
			return false;
		if (row != NULL)
			merge->at++;
	}
	if (last && !pass_rows(merge, arena, NULL, &row, err))
		return false;
	return flush(merge, arena, err);
}
