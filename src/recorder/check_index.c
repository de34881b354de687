/* SPDX-License-Identifier: MIT */
/* `setlink check`: the index, the recordings in it, the newest set. */
#include <inttypes.h>
#include <stdlib.h>

#include "recorder/check_parts.h"

/* An index this many intervals old is not refreshed by anybody. */
#define OLD_INTERVALS 10

/* A recording that began further from a set has nothing to do with it. */
#define NEAR (24 * USEC_PER_HOUR)

/* "90 s", "12 min", "5 h", "8 days". */
static const char *
describe_span(struct check *check, usec_t span)
{
	int64_t seconds = llabs(span) / USEC_PER_SEC;
	const char *text;

	if (seconds < 120)
		text = arena_printf(&check->arena, "%" PRId64 " s", seconds);
	else if (seconds < 2 * 3600)
		text = arena_printf(
		    &check->arena, "%" PRId64 " min", seconds / 60);
	else if (seconds < 48 * 3600)
		text = arena_printf(
		    &check->arena, "%" PRId64 " h", seconds / 3600);
	else
		text = arena_printf(
		    &check->arena, "%" PRId64 " days", seconds / 86400);
	return text == NULL ? "?" : text;
}

/* Read one row; NULL columns are DB_NULL, as all are without a row. */
static bool
read_row(struct check *check, const char *subject, const char *sql,
    const struct db_value *args, size_t n_args, const enum db_type *types,
    struct db_value *row, size_t n_columns)
{
	struct error err;
	bool found = false;

	if (!db_select_one(check->db, sql, args, n_args, types, row, n_columns,
		&check->arena, &found, &err))
		return check_say(check, subject, false, "%s", err.detail);
	for (size_t i = 0; i < n_columns && !found; i++)
		row[i].type = DB_NULL;
	return true;
}

static void
say_age(struct check *check, usec_t now, const struct db_value *finished,
    const struct db_value *failed, const struct db_value *failure)
{
	usec_t limit = OLD_INTERVALS * check->config->sync_interval *
	    USEC_PER_SEC;
	usec_t age = now - finished->as.time;

	if (failed->type != DB_NULL)
		(void)check_say(check, "index", false,
		    "the last refresh failed %s ago: %s",
		    describe_span(check, now - failed->as.time),
		    failure->type == DB_NULL ? "?" : failure->as.text.bytes);
	else if (finished->type == DB_NULL)
		(void)check_say(check, "index", false,
		    "it was never filled: run setlink sync");
	else if (age > limit)
		(void)check_say(check, "index", false,
		    "it is %s old: run setlink sync --if-stale from a timer",
		    describe_span(check, age));
	else
		(void)check_say(
		    check, "index", true, "%s old", describe_span(check, age));
}

/* Whether there is an index to look into. */
static bool
check_age(struct check *check)
{
	const enum db_type types[] = {DB_TIME, DB_TIME, DB_TIME, DB_TEXT};
	struct db_value row[4];

	if (!read_row(check, "index",
		"SELECT UTC_TIMESTAMP(6), finished_at, failed_at, failure "
		"FROM sync_state WHERE id = 1",
		NULL, 0, types, row, 4))
		return false;
	if (row[0].type == DB_NULL)
		return check_say(check, "index", false,
		    "its state is missing: run setlink migrate");
	say_age(check, row[0].as.time, &row[1], &row[2], &row[3]);
	return row[1].type != DB_NULL;
}

static void
check_recordings(struct check *check)
{
	const enum db_type types[] = {DB_INT, DB_INT, DB_TIME};
	struct db_value row[3];
	char newest[CLOCK_RFC3339_SIZE];

	if (!read_row(check, "recordings",
		"SELECT COUNT(*), COUNT(start_time), MAX(start_time) "
		"FROM recordings WHERE gone_at IS NULL",
		NULL, 0, types, row, 3))
		return;
	if (row[0].type == DB_NULL || row[0].as.number == 0) {
		(void)check_say(check, "recordings", false,
		    "there are none in the bucket %s: see that the "
		    "Session-Recorder records into it, then run setlink sync",
		    check->config->bucket);
		return;
	}
	if (row[2].type == DB_NULL) {
		(void)check_say(check, "recordings", false,
		    "%" PRId64 ", and of none is the start known: their "
		    "metadata.json is missing or cannot be read",
		    row[0].as.number);
		return;
	}
	clock_format(row[2].as.time, newest);
	(void)check_say(check, "recordings", true,
	    "%" PRId64 " (%" PRId64 " without a known start), the newest began "
	    "at %s",
	    row[0].as.number, row[0].as.number - row[1].as.number, newest);
}

/* The start that is nearest to `when`; false when there is none. */
static bool
nearest_start(struct check *check, usec_t when, usec_t *out)
{
	const enum db_type types[] = {DB_TIME, DB_TIME};
	const struct db_value args[] = {db_time(when), db_time(when)};
	struct db_value row[2];

	if (!read_row(check, "sets",
		"SELECT (SELECT b.listed_at FROM recordings b "
		"FORCE INDEX (by_time) WHERE b.listed_at <= ? "
		"AND b.start_time IS NOT NULL AND b.gone_at IS NULL "
		"ORDER BY b.listed_at DESC LIMIT 1), "
		"(SELECT a.listed_at FROM recordings a "
		"FORCE INDEX (by_time) WHERE a.listed_at >= ? "
		"AND a.start_time IS NOT NULL AND a.gone_at IS NULL "
		"ORDER BY a.listed_at LIMIT 1)",
		args, 2, types, row, 2))
		return false;
	if (row[0].type == DB_NULL && row[1].type == DB_NULL)
		return false;
	if (row[0].type == DB_NULL ||
	    (row[1].type != DB_NULL &&
		row[1].as.time - when < when - row[0].as.time))
		*out = row[1].as.time;
	else
		*out = row[0].as.time;
	return true;
}

static void
say_unlinked(struct check *check, const struct uuid *id, usec_t start)
{
	char when[CLOCK_RFC3339_SIZE], name[UUID_TEXT_SIZE];
	usec_t nearest;

	clock_format(start, when);
	uuid_format(id, name);
	if (!nearest_start(check, start, &nearest) ||
	    llabs(nearest - start) > NEAR)
		(void)check_say(check, "sets", false,
		    "the set %s of %s has no recording, and none began within "
		    "a day of it: see that the Session-Recorder was running, "
		    "and its clock",
		    name, when);
	else
		(void)check_say(check, "sets", false,
		    "the set %s of %s has no recording; the nearest one began "
		    "%s %s it, with SESSION_RECORDER_AUTO_LINK_TOLERANCE="
		    "%" PRId64 " minutes: see the recorder's clock, raise the "
		    "tolerance, or link the two by hand",
		    name, when, describe_span(check, nearest - start),
		    nearest < start ? "before" : "after",
		    check->config->link_tolerance);
}

static void
check_sets(struct check *check)
{
	const enum db_type types[] = {DB_UUID, DB_TIME, DB_INT, DB_INT};
	struct db_value row[4];

	/* One that began later may yet be waiting for the recorder. */
	if (!read_row(check, "sets",
		"SELECT s.id, s.started_at, s.link_barred, "
		"(SELECT MIN(l.part) FROM session_recordings l "
		"WHERE l.session_id = s.id) FROM sessions s "
		"WHERE s.started_at < UTC_TIMESTAMP(6) - INTERVAL 5 MINUTE "
		"ORDER BY s.started_at DESC, s.id DESC LIMIT 1",
		NULL, 0, types, row, 4))
		return;
	if (row[0].type == DB_NULL)
		(void)check_say(check, "sets", true,
		    "none began more than five minutes ago");
	else if (row[3].type != DB_NULL)
		(void)check_say(
		    check, "sets", true, "the newest has a recording");
	else if (row[2].as.number != 0)
		(void)check_say(
		    check, "sets", true, "the newest was unlinked by hand");
	else
		say_unlinked(check, &row[0].as.id, row[1].as.time);
}

void
check_index(struct check *check)
{
	if (!check_age(check))
		return;
	check_recordings(check);
	check_sets(check);
}
