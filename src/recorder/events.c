/* SPDX-License-Identifier: MIT */
/* Bringing MinIO's events into the index. */
#include "recorder/events.h"

#include <string.h>

#include "recorder/parts.h"
#include "recorder/recorders.h"

/* Have a process look at the recording. */
static bool
leave(struct db *db, const struct event *event, enum events_look look,
    struct events_result *result, struct error *err)
{
	bool metadata = event->kind == EVENT_CREATED &&
	    event->object.kind == LAYOUT_SESSION_METADATA;
	const struct db_value args[] = {
	    db_uuid(&event->object.recorder_id),
	    db_uuid(&event->object.session_id),
	    db_int(look),
	    db_text(metadata ? event->etag : NULL),
	    metadata ? db_time(event->modified) : db_null(),
	};

	result->left = true;
	return db_exec(db,
	    "INSERT INTO events_pending (recorder_id, recording_id, look, "
	    "etag, stored_at) VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE "
	    "look = GREATEST(look, VALUES(look)), "
	    "changes = changes + 1, "
	    "etag = IF(COALESCE(stored_at >= VALUES(stored_at), "
	    "VALUES(stored_at) IS NULL), etag, VALUES(etag)), "
	    "stored_at = COALESCE(GREATEST(stored_at, VALUES(stored_at)), "
	    "stored_at, VALUES(stored_at))",
	    args, 5, NULL, err);
}

/* The recorder's row comes first, as in a refresh, so that the two do not wait
 * for each other. Only a removal must see before whether there is anything. */
static bool
touch(struct db *db, const struct event *event, struct error *err)
{
	return recorders_touch(
	    db, &event->object.recorder_id, clock_now(), err);
}

static bool
apply_file(struct db *db, const struct event *event,
    enum recording_format format, struct events_result *result,
    struct error *err)
{
	enum part_outcome outcome;

	if (event->kind == EVENT_REMOVED)
		return parts_remove_file(db, event, format, &outcome, err) &&
		    (outcome == PART_OLD || touch(db, event, err));
	if (!touch(db, event, err) ||
	    !parts_put_file(db, event, format, &outcome, err))
		return false;
	if (outcome == PART_BEGUN)
		return leave(db, event, EVENTS_METADATA, result, err);
	/* Its length tells where the audio lies. */
	return outcome == PART_OLD || format != RECORDING_RAW ||
	    leave(db, event, EVENTS_SETS, result, err);
}

static bool
apply_chunk(struct db *db, const struct event *event,
    struct events_result *result, struct error *err)
{
	enum part_outcome outcome;

	if (event->kind == EVENT_REMOVED)
		return parts_remove_chunk(db, event, &outcome, err) &&
		    (outcome == PART_OLD || touch(db, event, err));
	if (!touch(db, event, err) ||
	    !parts_put_chunk(db, event, &outcome, err))
		return false;
	if (outcome == PART_BEGUN)
		return leave(db, event, EVENTS_METADATA, result, err);
	/* Without any chunk it counts as lost. */
	return outcome == PART_OLD || event->object.chunk > 0 ||
	    leave(db, event, EVENTS_SETS, result, err);
}

static bool
apply(struct db *db, const struct event *event, struct events_result *result,
    struct error *err)
{
	if (event->versioned)
		return leave(db, event, EVENTS_FILES, result, err);
	switch (event->object.kind) {
	case LAYOUT_SESSION_METADATA:
		return leave(db, event, EVENTS_METADATA, result, err);
	case LAYOUT_CHUNK:
		return apply_chunk(db, event, result, err);
	case LAYOUT_OGG:
		return apply_file(db, event, RECORDING_OGG, result, err);
	case LAYOUT_FLAC:
		return apply_file(db, event, RECORDING_FLAC, result, err);
	case LAYOUT_WAVEFORM:
		return apply_file(db, event, RECORDING_WAVEFORM, result, err);
	case LAYOUT_OVERVIEW:
		return apply_file(db, event, RECORDING_OVERVIEW, result, err);
	case LAYOUT_RAW:
		return apply_file(db, event, RECORDING_RAW, result, err);
	case LAYOUT_FOREIGN: /* the index tells nothing of these */
	case LAYOUT_SYSTEM_METADATA:
	case LAYOUT_RECORDER_METADATA:
	case LAYOUT__MAX:
		break;
	}
	return true;
}

static bool
is_ours(const char *bucket, const struct event *event)
{
	return event->kind != EVENT_OTHER &&
	    strcmp(event->bucket, bucket) == 0 &&
	    (event->object.kind == LAYOUT_CHUNK ||
		layout_file(event->object.kind) != NULL);
}

struct work {
	const char *bucket;
	const struct event *events;
	struct events_result *result;
};

/* A transaction's work: it may be run again. */
static bool
apply_all(struct db *db, void *context, struct error *err)
{
	const struct work *work = context;
	struct events_result *result = work->result;
	const struct event *event;

	*result = (struct events_result){0};
	for (event = work->events; event != NULL; event = event->next) {
		if (!is_ours(work->bucket, event)) {
			result->ignored++;
			continue;
		}
		result->taken++;
		if (!apply(db, event, result, err))
			return false;
	}
	return true;
}

bool
events_apply(struct db *db, const char *bucket, const struct event *events,
    struct events_result *out, struct error *err)
{
	struct work work = {bucket, events, out};

	return db_transaction(db, apply_all, &work, err);
}
