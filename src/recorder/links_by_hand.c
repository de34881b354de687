/* SPDX-License-Identifier: MIT */
/* Tying a set to a recording as a person says. */
#include "recorder/links_by_hand.h"

#include <string.h>

#include "recorder/holds.h"
#include "recorder/span_row.h"

#define MANUAL "manual"

/* What the transaction works with. */
struct work {
	const struct config *config;
	struct arena *arena;
	const struct link_by_hand *link;
	struct link_list *parts;
	struct link_oddities *odd;
};

static const struct holds_note no_note = {.state = NULL};

/* The recording as it is, and its place on the clock. */
struct target {
	bool there;
	const char *room; /* its recorder's */
	struct span_facts facts;
	struct span span;
};

static bool
read_target(struct db *db, const struct work *work, struct target *out,
    struct error *err)
{
	const struct db_value args[] = {db_uuid(&work->link->recorder_id),
	    db_uuid(&work->link->recording_id)};
	struct db_value row[SPAN_N_COLUMNS + 1];
	enum db_type types[SPAN_N_COLUMNS + 1];

	memcpy(types, span_types, sizeof(span_types));
	types[SPAN_N_COLUMNS] = DB_TEXT;
	if (!db_select_one(db,
		"SELECT " SPAN_COLUMNS ", c.room FROM recordings r "
		"LEFT JOIN recorders c ON c.id = r.recorder_id "
		"WHERE r.recorder_id = ? AND r.id = ? AND r.gone_at IS NULL",
		args, 2, types, row, SPAN_N_COLUMNS + 1, work->arena,
		&out->there, err))
		return false;
	out->room = row[SPAN_N_COLUMNS].type == DB_NULL
	    ? NULL
	    : row[SPAN_N_COLUMNS].as.text.bytes;
	out->facts = span_facts_of_row(row);
	span_find(&out->facts, work->link->now, &out->span);
	return true;
}

/* Lock it by a write, but for a dry run. */
static bool
open_target(struct db *db, const struct work *work, struct target *out,
    struct error *err)
{
	bool there = true;

	if (!work->link->dry_run &&
	    !holds_lock_recording(db, &work->link->recorder_id,
		&work->link->recording_id, &there, err))
		return false;
	if (there && !read_target(db, work, out, err))
		return false;
	return (there && out->there) ||
	    error_set(err, ERROR_NOT_FOUND,
		"there is no such recording in the bucket");
}

static bool
is_target(const struct work *work, const struct link_part *part)
{
	return uuid_compare(&part->recorder_id, &work->link->recorder_id) ==
	    0 &&
	    uuid_compare(&part->recording_id, &work->link->recording_id) == 0;
}

/* Without the part at this place. */
static void
remove_part(struct link_list *list, size_t at)
{
	list->count--;
	memmove(&list->parts[at], &list->parts[at + 1],
	    (list->count - at) * sizeof(list->parts[0]));
	if (list->primary > at || list->primary == list->count)
		list->primary = list->primary > 0 ? list->primary - 1 : 0;
}

/* Take the recording from a set; the other parts that it has stay. */
static bool
drop_part(struct db *db, const struct work *work, const struct uuid *holder,
    struct error *err)
{
	struct link_list list;
	struct holds_set set;
	const char *how;

	if (!holds_lock_set(
		db, work->arena, holder, work->link->now, &set, err) ||
	    !holds_read(db, work->arena, holder, &list, &how, err))
		return false;
	for (size_t i = list.count; i > 0; i--)
		if (is_target(work, &list.parts[i - 1]))
			remove_part(&list, i - 1);
	return holds_write(db, work->config, holder, &list, how, &no_note, err);
}

/* Take the recording from every set that holds it at the same time, or refuse
 * to. */
static bool
clear_holders(struct db *db, const struct work *work,
    const struct holds_set *set, struct error *err)
{
	const struct link_by_hand *link = work->link;
	char text[UUID_TEXT_SIZE];
	struct uuid holder;
	bool held;

	for (;;) {
		if (!holds_find_holder(db, work->arena, set, &link->recorder_id,
			&link->recording_id, link->now, &holder, &held, err))
			return false;
		if (!held)
			return true;
		if (!link->force) {
			uuid_format(&holder, text);
			return error_set(err, ERROR_CONFLICT,
			    "the recording is linked to session %s, which "
			    "overlaps this one; force=true takes it from it",
			    text);
		}
		work->odd->taken = true;
		work->odd->holder = holder;
		if (link->dry_run)
			return true;
		if (!drop_part(db, work, &holder, err))
			return false;
	}
}

static void
find_gap(const struct span *span, const struct holds_set *set,
    struct link_oddities *odd)
{
	odd->before = span->end <= set->start;
	odd->gap = odd->before ? set->start - span->end
			       : span->begin - set->end;
	odd->no_overlap = odd->gap >= 0;
}

static void
find_oddities(const struct work *work, const struct holds_set *set,
    const struct target *target, const struct link_part *part)
{
	const struct span *span = &target->span;
	struct link_oddities *odd = work->odd;

	odd->unplaced = !span->placed;
	if (span->placed)
		find_gap(span, set, odd);
	odd->replaced = odd->no_overlap && span->lost_begin < set->end &&
	    set->start < span->lost_end;
	odd->beyond = part->fixed && span->has_file &&
	    part->offset >= span->file_length_end - span->file_begin;
	if (set->room != NULL && target->room != NULL &&
	    strcmp(set->room, target->room) != 0)
		odd->other_room = target->room;
}

static struct link_part
make_part(const struct work *work, const struct holds_set *set,
    const struct target *target)
{
	const struct link_by_hand *link = work->link;
	struct link_part part = {
	    .recorder_id = link->recorder_id,
	    .recording_id = link->recording_id,
	    .fixed = link->has_offset,
	    .offset = link->offset,
	};
	struct span_place place;

	span_place(&target->span, set->start, set->end, &place);
	if (!link->has_offset)
		part.offset = place.offset;
	return part;
}

/* Put it in its place among the parts that the set has. */
static bool
place_part(struct db *db, const struct work *work, const struct link_part *part,
    struct error *err)
{
	struct link_list *list = work->parts;
	unsigned at = work->link->part;
	const char *how;

	if (at == 0) {
		*list = (struct link_list){.parts = {*part}, .count = 1};
		return true;
	}
	if (!holds_read(
		db, work->arena, &work->link->session_id, list, &how, err))
		return false;
	if (at > list->count + 1 || at > MATCH_MAX_PARTS)
		return error_set(err, ERROR_INVALID,
		    "part: must be from 1 to %zu, as the session has %zu",
		    list->count + 1, list->count);
	for (size_t i = list->count; i > 0; i--)
		if (i != at && is_target(work, &list->parts[i - 1]))
			return error_set(err, ERROR_CONFLICT,
			    "the recording is part %zu of the session already",
			    i);
	list->parts[at - 1] = *part;
	if (at > list->count)
		list->count = at;
	return true;
}

/* The set is no longer barred, and looked at with the tolerance of all. */
static bool
forget_requests(struct db *db, const struct uuid *id, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};

	return db_exec(db,
	    "UPDATE sessions SET link_barred = 0, link_tolerance = 0 "
	    "WHERE id = ?",
	    args, 1, NULL, err);
}

static bool
read_set(struct db *db, const struct work *work, struct holds_set *set,
    struct error *err)
{
	const struct link_by_hand *link = work->link;

	return link->dry_run ? holds_read_set(db, work->arena,
				   &link->session_id, link->now, set, err)
			     : holds_lock_set(db, work->arena,
				   &link->session_id, link->now, set, err);
}

static bool
set_work(struct db *db, void *context, struct error *err)
{
	const struct work *work = context;
	struct target target;
	struct link_part part;
	struct holds_set set;

	*work->odd = (struct link_oddities){.no_overlap = false};
	if (!read_set(db, work, &set, err) ||
	    !open_target(db, work, &target, err))
		return false;
	set.tolerance = work->link->tolerance;
	if (!clear_holders(db, work, &set, err))
		return false;
	part = make_part(work, &set, &target);
	find_oddities(work, &set, &target, &part);
	if (!place_part(db, work, &part, err))
		return false;
	return work->link->dry_run ||
	    (holds_write(db, work->config, &set.id, work->parts, MANUAL,
		 &no_note, err) &&
		forget_requests(db, &set.id, err));
}

bool
links_set(struct db *db, const struct config *config, struct arena *arena,
    const struct link_by_hand *link, struct link_list *parts,
    struct link_oddities *odd, struct error *err)
{
	struct work work = {
	    .config = config,
	    .arena = arena,
	    .link = link,
	    .parts = parts,
	    .odd = odd,
	};

	return db_transaction(db, set_work, &work, err);
}
