/* SPDX-License-Identifier: MIT */
/* `setlink check`: what is going on now, and whose recorder is whose. */
#include <string.h>

#include "base/clock.h"
#include "recorder/alarms.h"
#include "recorder/check_parts.h"

/* So far back it is looked for sets in two rooms, and at no more sets and
 * recordings. */
#define ROOMS_BACK       (24 * USEC_PER_HOUR)
#define ROOMS_SETS       200
#define ROOMS_RECORDINGS 300

static void
say_alarm(struct check *check, const struct alarms *alarms)
{
	const struct alarm_set *set = alarms->sets;
	char id[UUID_TEXT_SIZE], reason[ALARM_REASON_SIZE];

	while (set->kind == ALARM_NONE)
		set++;
	uuid_format(&set->id, id);
	alarm_reason(set, reason);
	(void)check_say(check, "recording now", false,
	    "%zu of %zu sets that run: nothing is recorded; the set %s of %s "
	    "in %s: %s. See that the recorder is on, that it has a signal, "
	    "and that it is tied to the right room "
	    "(GET /api/session-recorder/recorders)",
	    alarms->alarmed, alarms->running, id, set->name,
	    set->room == NULL ? "no room" : set->room, reason);
}

static void
check_recording_now(struct check *check)
{
	struct alarms alarms;
	struct error err;
	const char *summary;

	if (!alarms_read(check->db, check->config, &check->arena, clock_now(),
		&alarms, &err)) {
		(void)check_say(
		    check, "recording now", false, "%s", err.detail);
		return;
	}
	if (alarms.alarmed > 0) {
		say_alarm(check, &alarms);
		return;
	}
	summary = alarms_summary(&check->arena, &alarms);
	(void)check_say(check, "recording now", true, "%s",
	    summary == NULL ? "?" : summary);
}

/* A set in a room. */
struct room_set {
	int64_t number; /* of the room: two spellings are one */
	const char *room;
	usec_t start, end;
	bool tied; /* the room has a recorder */
};

struct room_sets {
	struct room_set list[ROOMS_SETS];
	size_t count;
};

static bool
take_set(void *context, const struct db_value *row, struct error *err)
{
	struct room_sets *sets = context;

	(void)err;
	if (sets->count < ROOMS_SETS)
		sets->list[sets->count++] = (struct room_set){
		    .number = row[0].as.number,
		    .room = row[1].as.text.bytes,
		    .start = row[2].as.time,
		    .end = row[3].as.time,
		    .tied = row[4].as.number != 0,
		};
	return true;
}

static bool
read_sets(struct check *check, struct room_sets *out, struct error *err)
{
	static const enum db_type types[] = {
	    DB_INT, DB_TEXT, DB_TIME, DB_TIME, DB_INT};
	usec_t now = clock_now();
	const struct db_value args[] = {
	    db_time(now),
	    db_time(now - ROOMS_BACK),
	    db_time(now),
	    db_int(ROOMS_SETS),
	};

	out->count = 0;
	return db_each(check->db,
	    "SELECT DENSE_RANK() OVER (ORDER BY s.room), s.room, s.started_at, "
	    "COALESCE(s.ended_at, ?), "
	    "EXISTS (SELECT 1 FROM recorders c WHERE c.room = s.room) "
	    "FROM sessions s FORCE INDEX (by_start) "
	    "WHERE s.started_at >= ? AND s.started_at <= ? "
	    "AND s.room IS NOT NULL ORDER BY s.started_at DESC LIMIT ?",
	    args, 4, types, 5, &check->arena, take_set, out, err);
}

/* A recording of a recorder that is tied to no room. */
struct loose {
	struct uuid recorder_id;
	usec_t start, end;
};

struct loose_list {
	struct loose list[ROOMS_RECORDINGS];
	size_t count;
};

static bool
take_loose(void *context, const struct db_value *row, struct error *err)
{
	struct loose_list *loose = context;

	(void)err;
	if (loose->count < ROOMS_RECORDINGS)
		loose->list[loose->count++] = (struct loose){
		    row[0].as.id, row[1].as.time, row[2].as.time};
	return true;
}

/* As the metadata and the chunks tell: that a clock is wrong by minutes does
 * not matter here. */
#define SELECT_LOOSE                                   \
	"SELECT r.recorder_id, r.listed_at, "          \
	"GREATEST(COALESCE(r.end_time, r.listed_at), " \
	"COALESCE(r.newest_chunk_at, r.listed_at)) FROM recordings r "
#define WHERE_LOOSE                                 \
	"JOIN recorders c ON c.id = r.recorder_id " \
	"WHERE c.room IS NULL AND r.gone_at IS NULL "

/* Of one that goes on for days, too. */
static bool
read_loose(struct check *check, struct loose_list *out, struct error *err)
{
	static const enum db_type types[] = {DB_UUID, DB_TIME, DB_TIME};
	usec_t now = clock_now();
	const struct db_value args[] = {
	    db_time(now - 2 * ROOMS_BACK),
	    db_time(now),
	    db_int(ROOMS_RECORDINGS),
	};

	out->count = 0;
	return db_each(check->db,
		   SELECT_LOOSE
		   "FORCE INDEX (by_time) " WHERE_LOOSE
		   "AND r.listed_at >= ? AND r.listed_at <= ? "
		   "ORDER BY r.listed_at DESC, r.recorder_id DESC LIMIT ?",
		   args, 3, types, 3, &check->arena, take_loose, out, err) &&
	    db_each(check->db,
		SELECT_LOOSE
		"FORCE INDEX (by_lasting) " WHERE_LOOSE "AND r.lasting = 1 "
		"ORDER BY r.listed_at DESC, r.recorder_id DESC LIMIT ?",
		args + 2, 1, types, 3, &check->arena, take_loose, out, err);
}

/* Two sets in two rooms at once, and two recorders each of which can be in
 * either room. */
struct guess {
	bool rooms; /* there are such sets */
	const struct room_set *a, *b;
	const struct loose *one, *other; /* NULL: there are none */
};

static bool
is_at(const struct loose *loose, usec_t start, usec_t end)
{
	return loose->start < end && loose->end > start;
}

/* The first two recorders that recorded from `start` to `end`. */
static void
find_recorders(
    const struct loose_list *loose, usec_t start, usec_t end, struct guess *out)
{
	out->one = out->other = NULL;
	for (size_t i = 0; i < loose->count && out->other == NULL; i++) {
		const struct loose *here = &loose->list[i];

		if (!is_at(here, start, end))
			continue;
		if (out->one == NULL)
			out->one = here;
		else if (memcmp(&here->recorder_id, &out->one->recorder_id,
			     sizeof(here->recorder_id)) != 0)
			out->other = here;
	}
}

/* Returns whether it has to be guessed for these two sets. */
static bool
judge_pair(const struct room_set *a, const struct room_set *b,
    const struct loose_list *loose, struct guess *out)
{
	usec_t start = a->start > b->start ? a->start : b->start;
	usec_t end = a->end < b->end ? a->end : b->end;

	if (a->number == b->number || end <= start)
		return false;
	out->rooms = true;
	if (a->tied && b->tied)
		return false;
	out->a = a;
	out->b = b;
	find_recorders(loose, start, end, out);
	return out->other != NULL;
}

static struct guess
find_guess(const struct room_sets *sets, const struct loose_list *loose)
{
	struct guess guess = {.rooms = false};

	for (size_t i = 0; i < sets->count; i++)
		for (size_t j = 0; j < i; j++)
			if (judge_pair(
				&sets->list[i], &sets->list[j], loose, &guess))
				return guess;
	return guess;
}

static void
say_guess(struct check *check, const struct guess *guess)
{
	const struct room_set *room = guess->a->tied ? guess->b : guess->a;
	char one[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE];

	uuid_format(&guess->one->recorder_id, one);
	uuid_format(&guess->other->recorder_id, other);
	(void)check_say(check, "rooms", false,
	    "sets ran at once in %s and %s, and the recorders %s and %s, which "
	    "are tied to no room: which of them is whose is a guess. Tie them: "
	    "PUT /api/session-recorder/recorders/%s {\"room\": \"%s\"}, or the "
	    "other one, and so on",
	    guess->a->room, guess->b->room, one, other, one, room->room);
}

/* Two rooms and two recorders: somebody has to say which is in which. */
static void
check_rooms(struct check *check)
{
	struct room_sets sets;
	struct loose_list loose;
	struct guess guess;
	struct error err;

	if (!read_sets(check, &sets, &err) ||
	    !read_loose(check, &loose, &err)) {
		(void)check_say(check, "rooms", false, "%s", err.detail);
		return;
	}
	guess = find_guess(&sets, &loose);
	if (guess.rooms && guess.other != NULL)
		say_guess(check, &guess);
	else if (guess.rooms)
		(void)check_say(check, "rooms", true,
		    "no two recorders could be mistaken for each other");
}

void
check_night(struct check *check)
{
	check_recording_now(check);
	check_rooms(check);
}
