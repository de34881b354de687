/* Tying sets to recordings. */
#include "recorder/links.h"

#include <string.h>

#include "base/log.h"
#include "recorder/candidates.h"
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
trace(void *context, const struct match_recording *r, const char *reason)
{
	const struct uuid *session_id = context;
	char session[UUID_TEXT_SIZE], recording[UUID_TEXT_SIZE];
	char start[CLOCK_RFC3339_SIZE];

	uuid_format(session_id, session);
	uuid_format(&r->id, recording);
	clock_format(r->start, start);
	log_line(LOG_DEBUG,
	    "event=match session=%s recording=%s start=%s reason=\"%s\"",
	    session, recording, start, reason);
}

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
		    r->recorder_id, r->id, match->parts[i].offset};
	}
}

static bool
choose(struct db *db, const struct work *work, const struct holds_set *set,
    struct link_result *out, struct error *err)
{
	const struct link_request *request = work->request;
	const struct match_set match_set = {set->start, set->end, set->running};
	struct uuid id = set->id;
	struct candidates candidates;
	struct match_result match;

	if (!candidates_read(db, work->arena, set, request->tolerance,
		request->now, &candidates, err))
		return false;
	match_choose(&match_set, candidates.recordings, candidates.count,
	    request->tolerance, request->now,
	    log_enabled(LOG_DEBUG) ? trace : NULL, &id, &match);
	take_parts(&candidates, &match, out);
	if (match.n_parts > 0) {
		out->outcome = LINK_MADE;
	} else if (match.taken != SIZE_MAX) {
		out->outcome = LINK_TAKEN;
		out->holder = candidates.holders[match.taken];
	} else {
		out->outcome = LINK_NO_MATCH;
	}
	return true;
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

/* Lock what was chosen; what changed since it was read makes the transaction
 * run again. */
static bool
lock_parts(struct db *db, const struct work *work, const struct holds_set *set,
    const struct link_result *result, struct error *err)
{
	const struct link_request *request = work->request;
	size_t i;

	for (i = 0; i < result->n_parts; i++) {
		const struct link_part *part = &result->parts[i];
		bool there, held = false;
		struct uuid holder;

		if (!holds_lock_recording(db, &part->recorder_id,
			&part->recording_id, &there, err))
			return false;
		if (there &&
		    !holds_find_holder(db, work->arena, set, &part->recorder_id,
			&part->recording_id, request->tolerance, request->now,
			&holder, &held, err))
			return false;
		if (!there || held)
			return error_set(err, ERROR_RETRY,
			    "the recording was taken meanwhile");
	}
	return true;
}

static bool
unbar(struct db *db, const struct uuid *id, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};

	return db_exec(db, "UPDATE sessions SET link_barred = 0 WHERE id = ?",
	    args, 1, NULL, err);
}

/* What a set has, and what it is to have. */
static bool
keep_or_write(struct db *db, const struct work *work,
    const struct holds_set *set, struct error *err)
{
	struct link_result *result = work->result;
	struct link_part old[MATCH_MAX_PARTS];
	const char *how;
	size_t n_old;

	if (result->outcome != LINK_MADE && !work->request->anew)
		return true;
	if (!holds_read(db, work->arena, &set->id, old, &n_old, &how, err))
		return false;
	if (n_old == result->n_parts && same_parts(old, result->parts, n_old)) {
		if (n_old > 0)
			result->outcome = LINK_KEPT;
		return true;
	}
	return lock_parts(db, work, set, result, err) &&
	    holds_write(db, work->config, &set->id, result->parts,
		result->n_parts, match_rule_name(result->rule),
		work->request->now, err) &&
	    (!set->barred || unbar(db, &set->id, err));
}

static bool
find_offset(struct db *db, const struct work *work, const struct holds_set *set,
    struct link_part *part, struct error *err)
{
	static const enum db_type types[] = {DB_TIME};
	const struct db_value args[] = {
	    db_uuid(&part->recorder_id), db_uuid(&part->recording_id)};
	struct db_value start;
	bool found;

	part->offset = 0;
	if (!db_select_one(db,
		"SELECT start_time FROM recordings "
		"WHERE recorder_id = ? AND id = ?",
		args, 2, types, &start, 1, work->arena, &found, err))
		return false;
	if (found && start.type != DB_NULL && start.as.time < set->start)
		part->offset = set->start - start.as.time;
	return true;
}

/* A link that a person made stays, but the set may begin elsewhere in it. */
static bool
keep_manual(struct db *db, const struct work *work, const struct holds_set *set,
    struct error *err)
{
	struct link_part parts[MATCH_MAX_PARTS];
	const char *how;
	size_t count, i;

	work->result->outcome = LINK_MANUAL;
	if (!work->request->anew)
		return true;
	if (!holds_read(db, work->arena, &set->id, parts, &count, &how, err))
		return false;
	for (i = 0; i < count; i++)
		if (!find_offset(db, work, set, &parts[i], err))
			return false;
	return holds_write(db, work->config, &set->id, parts, count, MANUAL,
	    work->request->now, err);
}

static bool
find_work(struct db *db, void *context, struct error *err)
{
	const struct work *work = context;
	struct link_result *result = work->result;
	struct holds_set set;

	*result = (struct link_result){.outcome = LINK_NO_MATCH};
	if (!holds_lock_set(db, work->arena, &work->request->session_id,
		work->request->now, &set, err))
		return false;
	if (set.manual)
		return keep_manual(db, work, &set, err);
	if (set.barred && !work->request->asked) {
		result->outcome = LINK_BARRED;
		return true;
	}
	return choose(db, work, &set, result, err) &&
	    keep_or_write(db, work, &set, err);
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
	const char *how;

	if (!holds_read(db, work->arena, holder, parts, &count, &how, err))
		return false;
	for (i = 0; i < count; i++)
		if (uuid_compare(&parts[i].recorder_id, work->recorder_id) !=
			0 ||
		    uuid_compare(&parts[i].recording_id, work->recording_id) !=
			0)
			parts[kept++] = parts[i];
	return holds_write(db, work->config, holder, parts, kept, how,
	    work->request->now, err);
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
			work->recording_id, request->tolerance, request->now,
			&holder, &held, err))
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
	struct link_part part = {*work->recorder_id, *work->recording_id, 0};
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
	return clear_holders(db, work, &set, err) &&
	    find_offset(db, work, &set, &part, err) &&
	    holds_write(db, work->config, &set.id, &part, 1, MANUAL,
		work->request->now, err) &&
	    unbar(db, &set.id, err);
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
	    holds_write(db, NULL, &set.id, NULL, 0, MANUAL, 0, err) &&
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
