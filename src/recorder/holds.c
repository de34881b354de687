/* SPDX-License-Identifier: MIT */
/* Rows of links. */
#include "recorder/holds.h"

#include <string.h>

#include "recorder/layout.h"
#include "s3/sigv4.h"

#define SELECT_SET                                         \
	"SELECT started_at, ended_at, room, link_barred, " \
	"link_tolerance, link_state, recorded_us, "        \
	"EXISTS (SELECT 1 FROM session_recordings l "      \
	"WHERE l.session_id = sessions.id "                \
	"AND l.matched_by = 'manual') "                    \
	"FROM sessions WHERE id = ? "

static bool
select_set(struct db *db, const char *sql, struct arena *arena,
    const struct uuid *id, usec_t now, struct holds_set *out, struct error *err)
{
	static const enum db_type types[] = {DB_TIME, DB_TIME, DB_TEXT, DB_INT,
	    DB_SPAN, DB_TEXT, DB_SPAN, DB_INT};
	const struct db_value args[] = {db_uuid(id)};
	struct db_value row[8];
	bool found;

	if (!db_select_one(db, sql, args, 1, types, row, 8, arena, &found, err))
		return false;
	if (!found)
		return error_set(
		    err, ERROR_NOT_FOUND, "there is no such session");
	out->id = *id;
	out->start = row[0].as.time;
	out->running = row[1].type == DB_NULL;
	out->end = out->running ? now : row[1].as.time;
	if (out->end < out->start)
		out->end = out->start;
	out->room = row[2].type == DB_NULL ? NULL : row[2].as.text.bytes;
	out->barred = row[3].as.number != 0;
	out->tolerance = row[4].as.number;
	out->state = row[5].type == DB_NULL ? "" : row[5].as.text.bytes;
	out->has_recorded = row[6].type != DB_NULL;
	out->recorded = row[6].as.number;
	out->manual = row[7].as.number != 0;
	return true;
}

bool
holds_lock_set(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct holds_set *out, struct error *err)
{
	return select_set(
	    db, SELECT_SET "FOR UPDATE", arena, id, now, out, err);
}

bool
holds_read_set(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct holds_set *out, struct error *err)
{
	return select_set(db, SELECT_SET, arena, id, now, out, err);
}

bool
holds_lock_recording(struct db *db, const struct uuid *recorder_id,
    const struct uuid *recording_id, bool *found, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(recorder_id), db_uuid(recording_id)};
	uint64_t rows;

	if (!db_exec(db,
		"UPDATE recordings SET link_changes = link_changes + 1 "
		"WHERE recorder_id = ? AND id = ? AND gone_at IS NULL",
		args, 2, &rows, err))
		return false;
	*found = rows == 1;
	return true;
}

bool
holds_find_holder(struct db *db, struct arena *arena,
    const struct holds_set *set, const struct uuid *recorder_id,
    const struct uuid *recording_id, usec_t now, struct uuid *holder,
    bool *found, struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	const struct db_value args[] = {
	    db_uuid(recorder_id),
	    db_uuid(recording_id),
	    HOLDS_ARGS(set, now),
	};
	struct db_value row;

	if (!db_select_one(db,
		"SELECT o.id FROM session_recordings l "
		"JOIN sessions o ON o.id = l.session_id "
		"WHERE l.recorder_id = ? AND l.recording_id = ? "
		"AND " HOLDS_OVERLAP " ORDER BY o.started_at LIMIT 1",
		args, 8, types, &row, 1, arena, found, err))
		return false;
	if (*found)
		*holder = row.as.id;
	return true;
}

struct parts {
	struct link_list *list;
	const char **how;
};

static bool
take_part(void *context, const struct db_value *row, struct error *err)
{
	struct parts *out = context;
	struct link_list *list = out->list;

	(void)err;
	if (row[6].as.number != 0)
		list->primary = list->count;
	list->parts[list->count++] = (struct link_part){
	    .recorder_id = row[0].as.id,
	    .recording_id = row[1].as.id,
	    .offset = row[2].as.number,
	    .linked = row[4].as.time,
	    .gone = row[5].as.number != 0,
	    .fixed = row[7].type != DB_NULL,
	};
	*out->how = row[3].as.text.bytes;
	return true;
}

bool
holds_read(struct db *db, struct arena *arena, const struct uuid *id,
    struct link_list *out, const char **how, struct error *err)
{
	static const enum db_type types[] = {DB_UUID, DB_UUID, DB_SPAN, DB_TEXT,
	    DB_TIME, DB_INT, DB_INT, DB_SPAN};
	const struct db_value args[] = {db_uuid(id), db_int(MATCH_MAX_PARTS)};
	struct parts parts = {out, how};

	*how = NULL;
	out->count = out->primary = 0;
	return db_each(db,
	    "SELECT l.recorder_id, l.recording_id, l.offset_us, "
	    "l.matched_by, l.linked_at, r.gone_at IS NOT NULL, "
	    "l.is_primary, l.fixed_us "
	    "FROM session_recordings l LEFT JOIN recordings r "
	    "ON r.recorder_id = l.recorder_id AND r.id = l.recording_id "
	    "WHERE l.session_id = ? ORDER BY l.part LIMIT ?",
	    args, 2, types, 8, arena, take_part, &parts, err);
}

static bool
insert_part(struct db *db, const struct uuid *id, const struct link_list *list,
    size_t index, const char *how, struct error *err)
{
	const struct link_part *part = &list->parts[index];
	const struct db_value args[] = {
	    db_uuid(id),
	    db_int((int64_t)index + 1),
	    db_uuid(&part->recorder_id),
	    db_uuid(&part->recording_id),
	    db_int(part->offset),
	    part->fixed ? db_int(part->offset) : db_null(),
	    db_int(index == list->primary),
	    db_text(how),
	    part->linked == 0 ? db_null() : db_time(part->linked),
	};

	/* By the clock that tells when a file was replaced. */
	return db_exec(db,
	    "INSERT INTO session_recordings (session_id, part, recorder_id, "
	    "recording_id, offset_us, fixed_us, is_primary, matched_by, "
	    "linked_at) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, COALESCE(?, UTC_TIMESTAMP(6)))",
	    args, 9, NULL, err);
}

/* The plain URL of a file of the primary part. */
static void
add_url(struct buf *out, const struct config *config,
    const struct link_part *part, enum layout_kind kind)
{
	char key[LAYOUT_KEY_SIZE];
	const struct sigv4_url url = {
	    .shown = &config->public_endpoint,
	    .sign = &config->sign_endpoint,
	    .style = config->url_style,
	    .bucket = config->bucket,
	    .key = key,
	};

	if (!layout_key(kind, &part->recorder_id, &part->recording_id, key,
		sizeof(key)))
		out->failed = true;
	else
		sigv4_plain_url(&url, out);
}

static struct db_value
recorded_value(const struct holds_note *note)
{
	return note->has_recorded ? db_int(note->recorded) : db_null();
}

/* The five documented columns, all NULL when `part` is, and the note. */
static bool
update_columns(struct db *db, const struct config *config,
    const struct uuid *id, const struct link_part *part,
    const struct holds_note *note, struct error *err)
{
	static const enum layout_kind kinds[] = {
	    LAYOUT_OGG, LAYOUT_FLAC, LAYOUT_WAVEFORM};
	char recorder[UUID_TEXT_SIZE], recording[UUID_TEXT_SIZE];
	struct buf urls[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
	struct db_value args[8] = {[5] = db_text(note->state),
	    [6] = recorded_value(note),
	    [7] = db_uuid(id)};
	bool ok = true;
	size_t i;

	if (part != NULL) {
		uuid_format(&part->recording_id, recording);
		uuid_format(&part->recorder_id, recorder);
		args[0] = db_text(recording);
		args[1] = db_text(recorder);
	}
	for (i = 0; part != NULL && i < 3; i++) {
		add_url(&urls[i], config, part, kinds[i]);
		args[2 + i] = db_text(buf_text(&urls[i]));
		ok = ok && !urls[i].failed;
	}
	ok = (ok || error_memory(err)) &&
	    db_exec(db,
		"UPDATE sessions SET recorder_session_id = ?, "
		"recorder_id = ?, recorder_ogg_url = ?, "
		"recorder_flac_url = ?, recorder_waveform_url = ?, "
		"link_state = ?, recorded_us = ? WHERE id = ?",
		args, 8, NULL, err);
	for (i = 0; i < 3; i++)
		buf_free(&urls[i]);
	return ok;
}

#define JOIN_LINKS                          \
	"JOIN session_recordings l "        \
	"ON l.recorder_id = r.recorder_id " \
	"AND l.recording_id = r.id "

/* Remove the links of a set, and say so at the recordings that no other set
 * has. Also where that changes nothing, their rows are written: two nodes of a
 * cluster that remove the last links meet there. */
static bool
remove_parts(struct db *db, const struct uuid *id, struct error *err)
{
	const struct db_value args[] = {db_uuid(id), db_uuid(id)};

	return db_exec(db,
		   "UPDATE recordings r " JOIN_LINKS
		   "SET r.is_linked = EXISTS (SELECT 1 "
		   "FROM session_recordings o "
		   "WHERE o.recorder_id = r.recorder_id "
		   "AND o.recording_id = r.id AND o.session_id <> ?), "
		   "r.link_changes = r.link_changes + 1 "
		   "WHERE l.session_id = ?",
		   args, 2, NULL, err) &&
	    db_exec(db, "DELETE FROM session_recordings WHERE session_id = ?",
		args, 1, NULL, err);
}

bool
holds_write(struct db *db, const struct config *config, const struct uuid *id,
    const struct link_list *parts, const char *how,
    const struct holds_note *note, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};
	size_t i;

	if (!remove_parts(db, id, err))
		return false;
	for (i = 0; i < parts->count; i++)
		if (!insert_part(db, id, parts, i, how, err))
			return false;
	if (parts->count > 0 &&
	    !db_exec(db,
		"UPDATE recordings r " JOIN_LINKS
		"SET r.is_linked = 1 WHERE l.session_id = ?",
		args, 1, NULL, err))
		return false;
	return update_columns(db, config, id,
	    parts->count == 0 ? NULL : &parts->parts[parts->primary], note,
	    err);
}

bool
holds_write_note(struct db *db, const struct holds_set *set,
    const struct holds_note *note, struct error *err)
{
	const char *state = note->state == NULL ? "" : note->state;
	const struct db_value args[] = {
	    db_text(note->state), recorded_value(note), db_uuid(&set->id)};

	if (strcmp(set->state, state) == 0 &&
	    set->has_recorded == note->has_recorded &&
	    (!note->has_recorded || set->recorded == note->recorded))
		return true;
	return db_exec(db,
	    "UPDATE sessions SET link_state = ?, recorded_us = ? WHERE id = ?",
	    args, 3, NULL, err);
}
