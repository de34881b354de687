/* SPDX-License-Identifier: MIT */
/* Tying sets to recordings. */
#include "recorder/links.h"

#include <string.h>

#include "base/log.h"
#include "recorder/candidates.h"
#include "recorder/explain.h"
#include "recorder/holds.h"
#include "recorder/span_row.h"

#define MANUAL "manual"

/* So far from a set, the nearest recording is told of one that has none. */
#define REACH (24 * USEC_PER_HOUR)

/* What a search works with. */
struct work {
	const struct config *config;
	struct arena *arena;
	const struct link_request *request;
	struct link_result *result;
};

/* What a set has, and what it is to have. */
struct search {
	const struct work *work;
	struct holds_set set;
	struct match_set match_set;
	const struct link_list *had; /* that of the result */
	const char *how;             /* it was found; NULL: it has none */
	struct candidates candidates;
	struct match_result match;
	enum match_reason *reasons; /* NULL: not wanted */
};

static struct link_part
to_part(const struct candidates *candidates, size_t index)
{
	const struct match_recording *r = &candidates->recordings[index];

	return (struct link_part){
	    .recorder_id = r->recorder_id, .recording_id = r->id};
}

/* The one of the parts that is this recording, or NULL. */
static const struct link_part *
find_part(const struct link_list *list, const struct link_part *part)
{
	for (size_t i = 0; i < list->count; i++)
		if (uuid_compare(
			&list->parts[i].recorder_id, &part->recorder_id) == 0 &&
		    uuid_compare(
			&list->parts[i].recording_id, &part->recording_id) == 0)
			return &list->parts[i];
	return NULL;
}

/* What the set has already is not taken from it, whoever has it too. */
static bool
read_candidates(
    struct db *db, struct search *search, usec_t reach, struct error *err)
{
	struct candidates *out = &search->candidates;

	if (!candidates_read(db, search->work->arena, &search->set, reach,
		search->work->request->now, out, err))
		return false;
	for (size_t i = 0; i < out->count; i++) {
		const struct link_part part = to_part(out, i);

		out->recordings[i].taken = out->recordings[i].taken &&
		    find_part(search->had, &part) == NULL;
	}
	return true;
}

/* Choose among the candidates, once they are read. */
static bool
match(struct search *search, struct error *err)
{
	const struct candidates *candidates = &search->candidates;
	const struct work *work = search->work;

	search->reasons = NULL;
	if (work->request->why || log_enabled(LOG_DEBUG)) {
		search->reasons = arena_alloc(work->arena,
		    (candidates->count + 1) * sizeof(search->reasons[0]));
		if (search->reasons == NULL)
			return error_memory(err);
	}
	match_choose(&search->match_set, candidates->recordings,
	    candidates->count, search->set.tolerance, search->reasons,
	    &search->match);
	return true;
}

static bool
has_found(const struct search *search)
{
	return search->match.n_parts > 0 || search->match.taken != SIZE_MAX;
}

/* A wrong clock is thought of only when nothing fits without it. */
static bool
read_and_match(
    struct db *db, struct search *search, usec_t reach, struct error *err)
{
	if (!read_candidates(db, search, reach, err) || !match(search, err))
		return false;
	if (has_found(search) || search->candidates.count == 0)
		return true;
	return candidates_judge_clocks(db, search->work->arena, &search->set,
		   &search->candidates, err) &&
	    match(search, err);
}

static void
take_found(const struct search *search, struct link_result *out)
{
	const struct match_result *match = &search->match;

	out->outcome = LINK_MADE;
	out->rule = match->rule;
	out->guessed = search->candidates.untied > 1;
	out->got.count = match->n_parts;
	out->got.primary = match->primary;
	for (size_t i = 0; i < match->n_parts; i++) {
		out->got.parts[i] = to_part(
		    &search->candidates, match->parts[i].index);
		out->got.parts[i].offset = match->parts[i].offset;
	}
}

static void
take_outcome(const struct search *search, struct link_result *out)
{
	const struct match_result *match = &search->match;

	if (match->n_parts > 0) {
		take_found(search, out);
		return;
	}
	out->outcome = LINK_NO_MATCH;
	out->absence = match->absence;
	if (match->taken != SIZE_MAX) {
		out->outcome = LINK_TAKEN;
		out->holder = search->candidates.holders[match->taken];
	} else if (match->nearest != SIZE_MAX) {
		out->has_nearest = true;
		out->nearest = to_part(&search->candidates, match->nearest);
		out->missed_by = match->missed_by;
	}
}

/* Say why, to the log and to who asked for it. */
static bool
explain(struct db *db, const struct search *search, struct error *err)
{
	const struct work *work = search->work;
	const struct explain_case about = {
	    .set = &search->set,
	    .candidates = &search->candidates,
	    .match = &search->match,
	    .reasons = search->reasons,
	    .now = work->request->now,
	};

	if (log_enabled(LOG_DEBUG))
		explain_log(&about);
	return !work->request->why ||
	    explain_choice(db, work->arena, &about, &work->result->why, err);
}

static bool
choose(struct db *db, struct search *search, struct error *err)
{
	const struct work *work = search->work;

	if (!read_and_match(db, search, 0, err) ||
	    (!has_found(search) && work->request->why &&
		!read_and_match(db, search, REACH, err)))
		return false;
	take_outcome(search, work->result);
	return search->reasons == NULL || explain(db, search, err);
}

static bool
same_lists(const struct link_list *a, const struct link_list *b)
{
	if (a->count != b->count || (a->count > 0 && a->primary != b->primary))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct link_part *x = &a->parts[i], *y = &b->parts[i];

		if (uuid_compare(&x->recorder_id, &y->recorder_id) != 0 ||
		    uuid_compare(&x->recording_id, &y->recording_id) != 0 ||
		    x->offset != y->offset)
			return false;
	}
	return true;
}

static void
insert_part(struct link_list *list, size_t at, const struct link_part *part)
{
	memmove(&list->parts[at + 1], &list->parts[at],
	    (list->count++ - at) * sizeof(list->parts[0]));
	list->parts[at] = *part;
	if (at <= list->primary)
		list->primary++;
}

/* Put the parts that are gone back where they were, if the primary one is as
 * before: what was chosen is in the bucket, and does not tell against them. */
static void
keep_gone_parts(const struct link_list *had, struct link_list *got)
{
	if (had->count == 0 || got->count == 0 ||
	    find_part(had, &got->parts[got->primary]) !=
		&had->parts[had->primary])
		return;
	for (size_t i = 0; i < had->count && got->count < MATCH_MAX_PARTS;
	     i++) {
		const struct link_part *part = &had->parts[i];

		/* It may have come back since the links were read. */
		if (part->gone && find_part(got, part) == NULL)
			insert_part(got, i < got->count ? i : got->count, part);
	}
}

/* Nothing fits: what is gone stays, since it may come back. */
static void
keep_gone(const struct link_list *had, struct link_list *got)
{
	got->count = got->primary = 0;
	for (size_t i = 0; i < had->count; i++) {
		if (!had->parts[i].gone)
			continue;
		if (i == had->primary)
			got->primary = got->count;
		got->parts[got->count++] = had->parts[i];
	}
}

/* Lock what was chosen; what changed since it was read makes the transaction
 * run again. */
static bool
lock_part(struct db *db, const struct search *search,
    const struct link_part *part, struct error *err)
{
	bool there, held = false;
	struct uuid holder;

	if (!holds_lock_recording(
		db, &part->recorder_id, &part->recording_id, &there, err))
		return false;
	if (there && find_part(search->had, part) == NULL &&
	    !holds_find_holder(db, search->work->arena, &search->set,
		&part->recorder_id, &part->recording_id,
		search->work->request->now, &holder, &held, err))
		return false;
	if (there && !held)
		return true;
	return error_set(err, ERROR_RETRY, "the recording was taken meanwhile");
}

/* What a person asked for by a link: the set is no longer barred, and is not
 * looked at again with a smaller tolerance. */
static bool
note_request(
    struct db *db, const struct uuid *id, usec_t tolerance, struct error *err)
{
	const struct db_value args[] = {db_int(tolerance), db_uuid(id)};

	return db_exec(db,
	    "UPDATE sessions SET link_barred = 0, link_tolerance = ? "
	    "WHERE id = ?",
	    args, 2, NULL, err);
}

static const char *
state_of(const struct link_result *result)
{
	if (result->outcome != LINK_NO_MATCH)
		return NULL;
	switch (result->absence) {
	case MATCH_AUDIO_LOST:
		return "audio_lost";
	case MATCH_SILENT:
		return "silent";
	case MATCH_NOT_FOUND:
		break;
	}
	return NULL;
}

static bool
write_parts(struct db *db, const struct search *search,
    const struct holds_note *note, struct error *err)
{
	const struct work *work = search->work;
	struct link_result *result = work->result;

	for (size_t i = 0; i < result->got.count; i++) {
		struct link_part *part = &result->got.parts[i];
		const struct link_part *own = find_part(search->had, part);

		if (own != NULL)
			part->linked = own->linked;
		if (!part->gone && !lock_part(db, search, part, err))
			return false;
	}
	return holds_write(db, work->config, &search->set.id, &result->got,
	    result->outcome == LINK_MADE ? match_rule_name(result->rule)
					 : search->how,
	    note, err);
}

static bool
settle(struct db *db, const struct search *search, struct error *err)
{
	const struct link_request *request = search->work->request;
	struct link_result *result = search->work->result;
	bool found = result->outcome == LINK_MADE, same;
	const struct holds_note note = {
	    .state = state_of(result),
	    /* By a clock that may be wrong nobody knows how much that is. */
	    .has_recorded = found && !search->set.running &&
		result->rule != MATCH_NEAR,
	    .recorded = search->match.held,
	};

	if (!found && !request->anew)
		keep_gone(search->had, &result->got);
	else if (found && !request->anew)
		keep_gone_parts(search->had, &result->got);
	same = same_lists(search->had, &result->got);
	if (found && same)
		result->outcome = LINK_KEPT;
	result->dropped = !found && !same;
	if (request->look)
		return true;
	if (!(same ? holds_write_note(db, &search->set, &note, err)
		   : write_parts(db, search, &note, err)))
		return false;
	return !found || !request->asked ||
	    note_request(db, &search->set.id, request->tolerance, err);
}

/* Where a set begins in a recording of a link by hand, by its place on the
 * clock; at its beginning, if that says that they have nothing in common. */
static bool
find_offset(struct db *db, const struct work *work, const struct holds_set *set,
    struct link_part *part, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(&part->recorder_id), db_uuid(&part->recording_id)};
	struct db_value row[SPAN_N_COLUMNS];
	struct span_place place;
	struct span_facts facts;
	struct span span;
	bool found;

	if (!db_select_one(db,
		"SELECT " SPAN_COLUMNS " FROM recordings r "
		"LEFT JOIN recorders c ON c.id = r.recorder_id "
		"WHERE r.recorder_id = ? AND r.id = ?",
		args, 2, span_types, row, SPAN_N_COLUMNS, work->arena, &found,
		err))
		return false;
	facts = span_facts_of_row(row);
	span_find(&facts, work->request->now, &span);
	span_place(&span, set->start, set->end, &place);
	part->offset = place.offset;
	return true;
}

/* A link that a person made stays, but the set may begin elsewhere in it. */
static bool
keep_manual(struct db *db, struct search *search, struct error *err)
{
	const struct work *work = search->work;
	const struct holds_note note = {.state = NULL};
	struct link_list *had = &work->result->had;

	work->result->outcome = LINK_MANUAL;
	work->result->why = "linked by hand";
	if (!work->request->anew)
		return true;
	for (size_t i = 0; i < had->count; i++)
		if (!had->parts[i].fixed &&
		    !find_offset(db, work, &search->set, &had->parts[i], err))
			return false;
	return holds_write(
	    db, work->config, &search->set.id, had, MANUAL, &note, err);
}

static bool
search_open(struct db *db, struct search *search, struct error *err)
{
	const struct work *work = search->work;
	const struct link_request *request = work->request;
	struct holds_set *set = &search->set;
	bool ok = request->look
	    ? holds_read_set(
		  db, work->arena, &request->session_id, request->now, set, err)
	    : holds_lock_set(db, work->arena, &request->session_id,
		  request->now, set, err);

	if (!ok ||
	    !holds_read(db, work->arena, &set->id, &work->result->had,
		&search->how, err))
		return false;
	search->match_set = (struct match_set){
	    set->start, set->end, set->running};
	if (request->asked || set->tolerance < request->tolerance)
		set->tolerance = request->tolerance;
	return true;
}

static bool
find_work(struct db *db, void *context, struct error *err)
{
	const struct work *work = context;
	struct search search = {.work = work, .had = &work->result->had};

	*work->result = (struct link_result){.outcome = LINK_NO_MATCH};
	if (!search_open(db, &search, err))
		return false;
	if (search.set.manual)
		return keep_manual(db, &search, err);
	if (search.set.barred && !work->request->asked) {
		work->result->outcome = LINK_BARRED;
		work->result->why = "unlinked by hand";
		return true;
	}
	return choose(db, &search, err) && settle(db, &search, err);
}

bool
links_find(struct db *db, const struct config *config, struct arena *arena,
    const struct link_request *request, struct link_result *out,
    struct error *err)
{
	struct work work = {
	    .config = config,
	    .arena = arena,
	    .request = request,
	    .result = out,
	};

	return db_transaction(db, find_work, &work, err);
}

struct removal {
	struct arena *arena;
	const struct uuid *session_id;
};

static bool
remove_work(struct db *db, void *context, struct error *err)
{
	const struct removal *removal = context;
	const struct db_value args[] = {db_uuid(removal->session_id)};
	const struct holds_note note = {.state = NULL};
	const struct link_list none = {.count = 0};
	struct holds_set set;

	return holds_lock_set(
		   db, removal->arena, removal->session_id, 0, &set, err) &&
	    holds_write(db, NULL, &set.id, &none, MANUAL, &note, err) &&
	    db_exec(db, "UPDATE sessions SET link_barred = 1 WHERE id = ?",
		args, 1, NULL, err);
}

bool
links_remove(struct db *db, struct arena *arena, const struct uuid *session_id,
    struct error *err)
{
	struct removal removal = {arena, session_id};

	return db_transaction(db, remove_work, &removal, err);
}
