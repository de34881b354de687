/* Tying sets to recordings. */
#include "recorder/links.h"

#include <string.h>

#include "base/log.h"
#include "recorder/candidates.h"
#include "recorder/explain.h"
#include "recorder/holds.h"

#define MANUAL "manual"

/* What one of the transactions below works with. */
struct work {
	const struct config *config;
	struct arena *arena;
	const struct link_request *request;
	struct link_result *result;
	/* For a link that a person makes. */
	const struct uuid *recorder_id;
	const struct uuid *recording_id;
	bool force;
};

static void
take_parts(const struct candidates *candidates,
    const struct match_result *match, struct link_result *out)
{
	size_t i;

	out->rule = match->rule;
	out->n_parts = match->n_parts;
	for (i = 0; i < match->n_parts; i++) {
		const struct match_recording *r =
		    &candidates->recordings[match->parts[i].index];

		out->parts[i] = (struct link_part){
		    .recorder_id = r->recorder_id,
		    .recording_id = r->id,
		    .offset = match->parts[i].offset,
		};
	}
}

/* The one of the parts that is this recording, or NULL. */
static const struct link_part *
find_part(const struct link_part *parts, size_t count,
    const struct uuid *recorder_id, const struct uuid *recording_id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (uuid_compare(&parts[i].recorder_id, recorder_id) == 0 &&
		    uuid_compare(&parts[i].recording_id, recording_id) == 0)
			return &parts[i];
	return NULL;
}

/* What a set has, and what it is to have. */
struct search {
	const struct work *work;
	struct holds_set set;
	struct link_part *old; /* those of the result */
	size_t n_old;
};

static const struct link_part *
find_own(const struct search *search, const struct uuid *recorder_id,
    const struct uuid *recording_id)
{
	return find_part(search->old, search->n_old, recorder_id, recording_id);
}

/* What the set has already is not taken from it, whoever has it too. */
static bool
read_candidates(struct db *db, struct search *search, struct candidates *out,
    struct error *err)
{
	size_t i;

	if (!candidates_read(db, search->work->arena, &search->set,
		search->work->request->now, out, err))
		return false;
	for (i = 0; i < out->count; i++) {
		struct match_recording *r = &out->recordings[i];

		r->taken = r->taken &&
		    find_own(search, &r->recorder_id, &r->id) == NULL;
	}
	return true;
}

static void
take_outcome(const struct candidates *candidates,
    const struct match_result *match, struct link_result *out)
{
	take_parts(candidates, match, out);
	if (match->n_parts > 0) {
		out->outcome = LINK_MADE;
	} else if (match->taken != SIZE_MAX) {
		out->outcome = LINK_TAKEN;
		out->holder = candidates->holders[match->taken];
	} else {
		out->outcome = LINK_NO_MATCH;
	}
}

/* Say why, to the log and to who asked for it. */
static bool
explain(struct db *db, const struct search *search,
    const struct candidates *candidates, const struct match_result *match,
    const enum match_reason *reasons, struct error *err)
{
	const struct work *work = search->work;
	const struct explain_case about = {
	    .set = &search->set,
	    .candidates = candidates,
	    .match = match,
	    .reasons = reasons,
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
	struct holds_set *set = &search->set;
	const struct match_set match_set = {set->start, set->end, set->running};
	bool wanted = work->request->why || log_enabled(LOG_DEBUG);
	enum match_reason *reasons = NULL;
	struct candidates candidates;
	struct match_result match;

	if (!read_candidates(db, search, &candidates, err))
		return false;
	if (wanted) {
		reasons = arena_alloc(
		    work->arena, (candidates.count + 1) * sizeof(reasons[0]));
		if (reasons == NULL)
			return error_memory(err);
	}
	match_choose(&match_set, candidates.recordings, candidates.count,
	    set->tolerance, work->request->now, reasons, &match);
	take_outcome(&candidates, &match, work->result);
	return !wanted ||
	    explain(db, search, &candidates, &match, reasons, err);
}

static bool
same_parts(const struct link_part *a, const struct link_part *b, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (uuid_compare(&a[i].recorder_id, &b[i].recorder_id) != 0 ||
		    uuid_compare(&a[i].recording_id, &b[i].recording_id) != 0 ||
		    a[i].offset != b[i].offset)
			return false;
	return true;
}

/* Put the further parts that are gone back where they were: what was chosen is
 * in the bucket, and does not tell against them. */
static void
keep_gone(const struct search *search, struct link_result *result)
{
	struct link_part *parts = result->parts;
	const struct link_part *old = search->old;
	size_t i, at;

	if (result->n_parts == 0 || search->n_old == 0 ||
	    find_part(parts, 1, &old->recorder_id, &old->recording_id) == NULL)
		return;
	for (i = 1; i < search->n_old && result->n_parts < MATCH_MAX_PARTS;
	     i++) {
		/* It may have come back since the links were read. */
		if (!old[i].gone ||
		    find_part(parts, result->n_parts, &old[i].recorder_id,
			&old[i].recording_id) != NULL)
			continue;
		at = i < result->n_parts ? i : result->n_parts;
		memmove(&parts[at + 1], &parts[at],
		    (result->n_parts++ - at) * sizeof(parts[0]));
		parts[at] = old[i];
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
	if (there &&
	    find_own(search, &part->recorder_id, &part->recording_id) == NULL &&
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

static bool
write_parts(struct db *db, const struct search *search, struct error *err)
{
	const struct work *work = search->work;
	struct link_result *result = work->result;
	size_t i;

	for (i = 0; i < result->n_parts; i++) {
		struct link_part *part = &result->parts[i];
		const struct link_part *own = find_own(
		    search, &part->recorder_id, &part->recording_id);

		if (own != NULL)
			part->linked = own->linked;
		if (!part->gone && !lock_part(db, search, part, err))
			return false;
	}
	return holds_write(db, work->config, &search->set.id, result->parts,
	    result->n_parts, match_rule_name(result->rule), err);
}

static bool
keep_or_write(struct db *db, const struct search *search, struct error *err)
{
	const struct link_request *request = search->work->request;
	struct link_result *result = search->work->result;
	bool found = result->outcome == LINK_MADE;

	if (!found && !request->anew)
		return true;
	if (!request->anew)
		keep_gone(search, result);
	if (search->n_old != result->n_parts ||
	    !same_parts(search->old, result->parts, search->n_old)) {
		if (!request->look && !write_parts(db, search, err))
			return false;
	} else if (found) {
		result->outcome = LINK_KEPT;
	}
	return !found || !request->asked ||
	    note_request(db, &search->set.id, request->tolerance, err);
}

static bool
find_offset(struct db *db, const struct work *work, const struct holds_set *set,
    struct link_part *part, struct error *err)
{
	static const enum db_type types[] = {DB_TIME, DB_SPAN};
	const struct db_value args[] = {
	    db_uuid(&part->recorder_id), db_uuid(&part->recording_id)};
	struct db_value row[2];
	usec_t start;
	bool found;

	part->offset = 0;
	if (!db_select_one(db,
		"SELECT r.start_time, COALESCE(c.clock_correction_us, 0) "
		"FROM recordings r LEFT JOIN recorders c "
		"ON c.id = r.recorder_id "
		"WHERE r.recorder_id = ? AND r.id = ?",
		args, 2, types, row, 2, work->arena, &found, err))
		return false;
	if (!found || row[0].type == DB_NULL)
		return true;
	start = row[0].as.time + row[1].as.number;
	if (start < set->start)
		part->offset = set->start - start;
	return true;
}

/* A link that a person made stays, but the set may begin elsewhere in it. */
static bool
keep_manual(struct db *db, struct search *search, struct error *err)
{
	const struct work *work = search->work;
	size_t i;

	work->result->outcome = LINK_MANUAL;
	work->result->why = "linked by hand";
	if (!work->request->anew)
		return true;
	for (i = 0; i < search->n_old; i++)
		if (!find_offset(db, work, &search->set, &search->old[i], err))
			return false;
	return holds_write(db, work->config, &search->set.id, search->old,
	    search->n_old, MANUAL, err);
}

static bool
search_open(struct db *db, struct search *search, struct error *err)
{
	const struct work *work = search->work;
	const struct link_request *request = work->request;
	struct holds_set *set = &search->set;
	const char *how;
	bool ok = request->look
	    ? holds_read_set(
		  db, work->arena, &request->session_id, request->now, set, err)
	    : holds_lock_set(db, work->arena, &request->session_id,
		  request->now, set, err);

	if (!ok ||
	    !holds_read(db, work->arena, &set->id, search->old, &search->n_old,
		&how, err))
		return false;
	work->result->n_old = search->n_old;
	if (request->asked || set->tolerance < request->tolerance)
		set->tolerance = request->tolerance;
	return true;
}

static bool
find_work(struct db *db, void *context, struct error *err)
{
	const struct work *work = context;
	struct search search = {.work = work, .old = work->result->old};

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
	return choose(db, &search, err) && keep_or_write(db, &search, err);
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

/* Take the recording from a set; the other parts that it has stay. */
static bool
drop_part(struct db *db, const struct work *work, const struct uuid *holder,
    struct error *err)
{
	struct link_part parts[MATCH_MAX_PARTS];
	size_t count, kept = 0, i;
	struct holds_set set;
	const char *how;

	if (!holds_lock_set(
		db, work->arena, holder, work->request->now, &set, err) ||
	    !holds_read(db, work->arena, holder, parts, &count, &how, err))
		return false;
	for (i = 0; i < count; i++)
		if (find_part(&parts[i], 1, work->recorder_id,
			work->recording_id) == NULL)
			parts[kept++] = parts[i];
	return holds_write(db, work->config, holder, parts, kept, how, err);
}

/* Take the recording from every set that holds it at the same time, or refuse
 * to. */
static bool
clear_holders(struct db *db, const struct work *work,
    const struct holds_set *set, struct error *err)
{
	const struct link_request *request = work->request;
	char text[UUID_TEXT_SIZE];
	struct uuid holder;
	bool held;

	for (;;) {
		if (!holds_find_holder(db, work->arena, set, work->recorder_id,
			work->recording_id, request->now, &holder, &held, err))
			return false;
		if (!held)
			return true;
		if (!work->force) {
			uuid_format(&holder, text);
			return error_set(err, ERROR_CONFLICT,
			    "the recording is linked to session %s, which "
			    "overlaps this one; force=true takes it from it",
			    text);
		}
		if (!drop_part(db, work, &holder, err))
			return false;
	}
}

static bool
set_work(struct db *db, void *context, struct error *err)
{
	const struct work *work = context;
	struct link_part part = {.recorder_id = *work->recorder_id,
	    .recording_id = *work->recording_id};
	struct holds_set set;
	bool there;

	if (!holds_lock_set(db, work->arena, &work->request->session_id,
		work->request->now, &set, err) ||
	    !holds_lock_recording(
		db, work->recorder_id, work->recording_id, &there, err))
		return false;
	if (!there)
		return error_set(err, ERROR_NOT_FOUND,
		    "there is no such recording in the bucket");
	set.tolerance = work->request->tolerance;
	return clear_holders(db, work, &set, err) &&
	    find_offset(db, work, &set, &part, err) &&
	    holds_write(db, work->config, &set.id, &part, 1, MANUAL, err) &&
	    note_request(db, &set.id, 0, err);
}

bool
links_set(struct db *db, const struct config *config, struct arena *arena,
    const struct link_request *request, const struct uuid *recorder_id,
    const struct uuid *recording_id, bool force, struct error *err)
{
	struct work work = {
	    .config = config,
	    .arena = arena,
	    .request = request,
	    .recorder_id = recorder_id,
	    .recording_id = recording_id,
	    .force = force,
	};

	return db_transaction(db, set_work, &work, err);
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
	struct holds_set set;

	return holds_lock_set(
		   db, removal->arena, removal->session_id, 0, &set, err) &&
	    holds_write(db, NULL, &set.id, NULL, 0, MANUAL, err) &&
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
