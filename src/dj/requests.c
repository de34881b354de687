/* SPDX-License-Identifier: MIT */
/* Guest requests. */
#include "dj/requests.h"

#include "dj/djs.h"

#define SELECT_REQUESTS                                                \
	"SELECT id, dj_id, guest_name, guest_email, message, status, " \
	"created_at, decided_at FROM guest_requests "

enum column {
	ID,
	DJ_ID,
	GUEST_NAME,
	GUEST_EMAIL,
	MESSAGE,
	STATUS,
	CREATED_AT,
	DECIDED_AT,
	N_COLUMNS
};

static const enum db_type types[N_COLUMNS] = {
    [ID] = DB_UUID,
    [DJ_ID] = DB_UUID,
    [GUEST_NAME] = DB_TEXT,
    [GUEST_EMAIL] = DB_TEXT,
    [MESSAGE] = DB_TEXT,
    [STATUS] = DB_TEXT,
    [CREATED_AT] = DB_TIME,
    [DECIDED_AT] = DB_TIME,
};

static struct guest_request
from_row(const struct db_value *row)
{
	struct guest_request request = {
	    .id = row[ID].as.id,
	    .dj_id = row[DJ_ID].as.id,
	    .guest_name = row[GUEST_NAME].as.text.bytes,
	    .guest_email = row[GUEST_EMAIL].as.text.bytes,
	    .status = row[STATUS].as.text.bytes,
	    .created_at = row[CREATED_AT].as.time,
	    .decided = row[DECIDED_AT].type != DB_NULL,
	};

	if (row[MESSAGE].type != DB_NULL)
		request.message = row[MESSAGE].as.text.bytes;
	if (request.decided)
		request.decided_at = row[DECIDED_AT].as.time;
	return request;
}

struct addition {
	struct arena *arena;
	const struct guest_request *request;
};

/* Write the row of an active DJ. */
static bool
take_dj(struct db *db, const struct addition *add, struct error *err)
{
	const struct uuid *id = &add->request->dj_id;
	const struct db_value args[] = {db_uuid(id)};
	uint64_t rows;
	struct dj dj;

	if (!db_exec(db,
		"UPDATE djs SET requests = requests + 1 "
		"WHERE id = ? AND is_active = 1",
		args, 1, &rows, err))
		return false;
	if (rows == 1)
		return true;
	return djs_find(db, add->arena, id, &dj, err) &&
	    error_set(err, ERROR_CONFLICT, "id: this DJ is deactivated");
}

static bool
add_work(struct db *db, void *context, struct error *err)
{
	const struct addition *add = context;
	const struct guest_request *request = add->request;
	const struct db_value args[] = {
	    db_uuid(&request->id),
	    db_uuid(&request->dj_id),
	    db_text(request->guest_name),
	    db_text(request->guest_email),
	    db_text(request->message),
	    db_text(request->status),
	    db_time(request->created_at),
	};

	return take_dj(db, add, err) &&
	    db_exec(db,
		"INSERT INTO guest_requests (id, dj_id, guest_name, "
		"guest_email, message, status, created_at) "
		"VALUES (?, ?, ?, ?, ?, ?, ?)",
		args, 7, NULL, err);
}

bool
requests_add(struct db *db, struct arena *arena, struct guest_request *request,
    struct error *err)
{
	struct addition add = {arena, request};

	request->status = REQUESTS_PENDING;
	return uuid_make(request->created_at, &request->id, err) &&
	    db_transaction(db, add_work, &add, err);
}

struct decision {
	struct arena *arena;
	const struct uuid *id;
	const char *status;
	usec_t now;
	struct guest_request *out;
};

static bool
find(struct db *db, const struct decision *decision, struct error *err)
{
	const struct db_value args[] = {db_uuid(decision->id)};
	struct db_value row[N_COLUMNS];
	bool found;

	if (!db_select_one(db, SELECT_REQUESTS "WHERE id = ?", args, 1, types,
		row, N_COLUMNS, decision->arena, &found, err))
		return false;
	if (!found)
		return error_set(
		    err, ERROR_NOT_FOUND, "there is no such request");
	*decision->out = from_row(row);
	return true;
}

static bool
decide_work(struct db *db, void *context, struct error *err)
{
	const struct decision *decision = context;
	const struct db_value args[] = {
	    db_text(decision->status),
	    db_time(decision->now),
	    db_uuid(decision->id),
	};
	uint64_t rows;

	if (!db_exec(db,
		"UPDATE guest_requests SET status = ?, "
		"decided_at = GREATEST(created_at, ?) "
		"WHERE id = ? AND decided_at IS NULL",
		args, 3, &rows, err) ||
	    !find(db, decision, err))
		return false;
	return rows == 1 ||
	    error_set(err, ERROR_CONFLICT, "this request has been %s already",
		decision->out->status);
}

bool
requests_decide(struct db *db, struct arena *arena, const struct uuid *id,
    const char *status, usec_t now, struct guest_request *out,
    struct error *err)
{
	struct decision decision = {arena, id, status, now, out};

	return db_transaction(db, decide_work, &decision, err);
}

struct list {
	requests_visit *visit;
	void *context;
};

static bool
visit_row(void *context, const struct db_value *row, struct error *err)
{
	const struct list *list = context;
	const struct guest_request request = from_row(row);

	return list->visit(list->context, &request, err);
}

/* The first page begins after a place that is later than all others. */
bool
requests_list(struct db *db, struct arena *arena, const struct uuid *dj_id,
    const char *status, const struct db_page *page, requests_visit *visit,
    void *context, struct error *err)
{
	const usec_t time = page->has_after ? page->time : CLOCK_MAX;
	const struct db_value args[] = {
	    db_uuid(dj_id),
	    db_text(status),
	    db_time(time),
	    db_time(time),
	    db_uuid(&page->id),
	    db_int(page->limit),
	};
	struct list list = {visit, context};

	return db_each(db,
	    SELECT_REQUESTS "WHERE dj_id = ? AND status = COALESCE(?, status) "
			    "AND created_at <= ? "
			    "AND (created_at < ? OR id < ?) "
			    "ORDER BY created_at DESC, id DESC LIMIT ?",
	    args, 6, types, N_COLUMNS, arena, visit_row, &list, err);
}
