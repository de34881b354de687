/* SPDX-License-Identifier: MIT */
/* Running sets that are not being recorded. */
#include "recorder/alarms.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "recorder/holds.h"
#include "recorder/span_row.h"

/* Where MinIO has sent an event within these days it is taken to send them: who
 * has stopped that is told of by the index alone after them. */
#define EVENTS_DAYS 7

/* Rows, of a set and a part each. */
#define ROWS_MAX 500

enum column {
	FINISHED,
	EVENT,
	ID,
	NAME,
	ROOM,
	STARTED,
	ALARMED,
	LINKED,
	GONE,
	IN_INDEX,
	SPAN,
	N_COLUMNS = SPAN + SPAN_N_COLUMNS
};

static const enum db_type alarm_types[SPAN] = {
    [FINISHED] = DB_TIME,
    [EVENT] = DB_TIME,
    [ID] = DB_UUID,
    [NAME] = DB_TEXT,
    [ROOM] = DB_TEXT,
    [STARTED] = DB_TIME,
    [ALARMED] = DB_TIME,
    [LINKED] = DB_INT,
    [GONE] = DB_TIME,
    [IN_INDEX] = DB_INT,
};

/* A row also without any set, for what is known of the index. Of a set that a
 * cut has in two recordings the later one goes on, so all of them count, not
 * just the primary one; the newest ones first, should there be too many. */
static const char statement[] =
    "SELECT x.finished_at, x.event_at, s.id, " HOLDS_NAMES ", s.room, "
    "s.started_at, s.alarmed_at, l.part IS NOT NULL, r.gone_at, "
    "r.id IS NOT NULL, " SPAN_COLUMNS " FROM sync_state x "
    "LEFT JOIN sessions s FORCE INDEX (one_active) "
    "ON s.active_dj_id IS NOT NULL AND s.link_barred = 0 "
    "LEFT JOIN djs d ON d.id = s.dj_id "
    "LEFT JOIN session_recordings l ON l.session_id = s.id "
    "LEFT JOIN recordings r ON r.recorder_id = l.recorder_id "
    "AND r.id = l.recording_id LEFT JOIN recorders c ON c.id = r.recorder_id "
    "WHERE x.id = 1 "
    "ORDER BY s.started_at DESC, s.id DESC, l.part DESC LIMIT ?";

struct reading {
	struct alarms *out;
	usec_t now, limit;
	usec_t newest; /* of what the parts of the last set have given */
};

/* What a part has given last. */
struct sign {
	usec_t at;
	enum alarm_kind kind; /* what it means if that was long ago */
	bool live;            /* more is to come */
};

/* The object store's clock before the recorder's. */
static usec_t
ended_at(const struct span_facts *f)
{
	if (f->files[RECORDING_RAW].at != 0)
		return f->files[RECORDING_RAW].at;
	return f->metadata_at != 0 ? f->metadata_at : f->end;
}

static usec_t
begun_at(const struct span_facts *f)
{
	if (f->reopened_at != 0)
		return f->reopened_at;
	return f->metadata_at != 0 ? f->metadata_at : f->start;
}

/* Chunks come for one whose metadata was deleted, too. */
static struct sign
find_sign(const struct db_value *row, usec_t now)
{
	const struct span_facts facts = span_facts_of_row(row + SPAN);
	bool chunks = facts.has_chunks &&
	    facts.newest_chunk > facts.reopened_at;
	struct span span;

	if (row[GONE].type != DB_NULL || row[IN_INDEX].as.number == 0)
		return (struct sign){row[GONE].as.time, ALARM_GONE, false};
	span_find(&facts, now, &span);
	if (!span.open && (facts.closed || !chunks))
		return (struct sign){ended_at(&facts), ALARM_ENDED, false};
	return (struct sign){
	    chunks ? facts.newest_chunk : begun_at(&facts), ALARM_QUIET, true};
}

static void
begin_set(struct reading *reading, const struct db_value *row)
{
	struct alarms *out = reading->out;

	reading->newest = CLOCK_MIN;
	out->sets[out->running++] = (struct alarm_set){
	    .id = row[ID].as.id,
	    .name = row[NAME].as.text.bytes,
	    .room = row[ROOM].type == DB_NULL ? NULL : row[ROOM].as.text.bytes,
	    .kind = ALARM_NO_RECORDING,
	    .since = row[STARTED].as.time,
	    .noted = row[ALARMED].type != DB_NULL,
	};
}

/* That of the newest sign is what is said. */
static void
take_part(
    struct reading *reading, struct alarm_set *set, const struct db_value *row)
{
	const struct sign sign = find_sign(row, reading->now);

	if (sign.live && reading->out->known_at - sign.at <= reading->limit)
		set->recorded = true;
	if (sign.at <= reading->newest)
		return;
	reading->newest = sign.at;
	set->kind = sign.kind;
	if (sign.at > set->since)
		set->since = sign.at;
}

static usec_t
find_known_at(const struct db_value *row, usec_t now)
{
	if (row[EVENT].type != DB_NULL &&
	    now - row[EVENT].as.time < EVENTS_DAYS * 24 * USEC_PER_HOUR)
		return now;
	return row[FINISHED].as.time;
}

static bool
take_row(void *context, const struct db_value *row, struct error *err)
{
	struct reading *reading = context;
	struct alarms *out = reading->out;

	(void)err;
	out->known_at = find_known_at(row, reading->now);
	if (row[ID].type == DB_NULL)
		return true;
	if (out->running == 0 ||
	    memcmp(&out->sets[out->running - 1].id, &row[ID].as.id,
		sizeof(row[ID].as.id)) != 0) {
		if (out->running == ALARM_SETS_MAX)
			return true;
		begin_set(reading, row);
	}
	if (row[LINKED].as.number != 0)
		take_part(reading, &out->sets[out->running - 1], row);
	return true;
}

/* A recording that is closed or deleted during an alarm is no sign that the set
 * is recorded, so it does not end the alarm for two minutes. */
static void
judge(struct alarms *out, usec_t limit)
{
	for (size_t i = 0; i < out->running; i++) {
		struct alarm_set *set = &out->sets[i];
		bool late = set->noted || out->known_at - set->since > limit;

		set->recorded = set->recorded && out->known_at != 0;
		if (set->recorded || !late || out->known_at == 0)
			set->kind = ALARM_NONE;
		out->recorded += set->recorded;
		out->alarmed += set->kind != ALARM_NONE;
	}
}

bool
alarms_read(struct db *db, const struct config *config, struct arena *arena,
    usec_t now, struct alarms *out, struct error *err)
{
	struct reading reading = {
	    .out = out,
	    .now = now,
	    .limit = config->alarm_minutes * USEC_PER_MIN,
	};
	const struct db_value args[] = {db_int(ROWS_MAX)};
	enum db_type types[N_COLUMNS];

	memcpy(types, alarm_types, sizeof(alarm_types));
	memcpy(types + SPAN, span_types, sizeof(span_types));
	*out = (struct alarms){.known_at = 0};
	if (!db_each(db, statement, args, 1, types, N_COLUMNS, arena, take_row,
		&reading, err))
		return false;
	judge(out, reading.limit);
	return true;
}

void
alarm_reason(const struct alarm_set *set, char out[ALARM_REASON_SIZE])
{
	static const char *const words[] = {
	    [ALARM_NONE] = "nothing is wrong with it since",
	    [ALARM_NO_RECORDING] = "it has had no recording since",
	    [ALARM_QUIET] = "its recorder has stored nothing since",
	    [ALARM_ENDED] = "its recording is closed, with no other since",
	    [ALARM_GONE] = "its recording is gone, with no other since",
	};
	char since[CLOCK_RFC3339_SIZE];

	clock_format(set->since / USEC_PER_SEC * USEC_PER_SEC, since);
	(void)snprintf(
	    out, ALARM_REASON_SIZE, "%s %s", words[set->kind], since);
}

static void
log_set(const struct alarm_set *set)
{
	char id[UUID_TEXT_SIZE], reason[ALARM_REASON_SIZE];
	struct buf room = BUF_INIT;
	const char *name;

	uuid_format(&set->id, id);
	log_value(&room, set->room);
	name = buf_text(&room);
	if (name == NULL)
		name = "?";
	if (set->recorded) {
		log_line(LOG_INFO, "event=recorded_again session=%s room=%s",
		    id, name);
	} else {
		alarm_reason(set, reason);
		log_line(LOG_WARN,
		    "event=not_recorded session=%s room=%s detail=\"%s\"", id,
		    name, reason);
	}
	buf_free(&room);
}

/* Of all that find the same, one changes the row. */
static bool
write_set(struct db *db, const struct alarm_set *set, usec_t now, bool *first,
    struct error *err)
{
	const struct db_value begin[] = {db_time(now), db_uuid(&set->id)};
	const struct db_value end[] = {db_uuid(&set->id)};
	uint64_t rows;
	bool ok = set->recorded
	    ? db_exec(db,
		  "UPDATE sessions SET alarmed_at = NULL "
		  "WHERE id = ? AND alarmed_at IS NOT NULL",
		  end, 1, &rows, err)
	    : db_exec(db,
		  "UPDATE sessions SET alarmed_at = ? WHERE id = ? "
		  "AND alarmed_at IS NULL AND active_dj_id IS NOT NULL",
		  begin, 2, &rows, err);

	*first = ok && rows == 1;
	return ok;
}

static void
log_failure(const struct error *err)
{
	log_line(LOG_WARN, "event=alarms_failed error=%s detail=\"%s\"",
	    error_name(err->code), err->detail);
}

void
alarms_note(struct db *db, const struct alarms *alarms, usec_t now)
{
	for (size_t i = 0; i < alarms->running; i++) {
		const struct alarm_set *set = &alarms->sets[i];
		struct error err;
		bool first;

		if (set->noted ? !set->recorded : set->kind == ALARM_NONE)
			continue;
		if (!write_set(db, set, now, &first, &err)) {
			log_failure(&err);
			return;
		}
		if (first)
			log_set(set);
	}
}

void
alarms_watch(struct db *db, const struct config *config, usec_t now)
{
	struct arena arena = ARENA_INIT;
	struct alarms alarms;
	struct error err;

	if (config->recorder_enabled) {
		if (alarms_read(db, config, &arena, now, &alarms, &err))
			alarms_note(db, &alarms, now);
		else
			log_failure(&err);
	}
	arena_free(&arena);
}

const char *
alarms_summary(struct arena *arena, const struct alarms *alarms)
{
	size_t all = alarms->running, recorded = alarms->recorded;

	if (all == 0)
		return "no set runs";
	if (alarms->alarmed > 0)
		return arena_printf(arena,
		    "%zu of %zu sets that run: nothing is recorded",
		    alarms->alarmed, all);
	if (recorded < all)
		return arena_printf(arena,
		    "sets that run: %zu, recorded: %zu, not known yet: %zu",
		    all, recorded, all - recorded);
	if (all == 1)
		return "a set runs, and is being recorded";
	return arena_printf(arena, "%zu sets run, %s are being recorded", all,
	    all == 2 ? "both" : "all");
}
