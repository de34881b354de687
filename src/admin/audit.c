/* SPDX-License-Identifier: MIT */
/* Rows of the audit. */
#include "admin/audit.h"

void
audit_quote(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

/* The statement may be sent twice (see db_exec): a row that has the id is ours
 * then. The database user need have no right to change it, as it needs for ON
 * DUPLICATE KEY. */
bool
audit_begin(struct db *db, struct audit_row *row, struct error *err)
{
	struct db_value args[] = {
	    db_null(),
	    db_time(row->at),
	    db_text(row->who),
	    db_text(row->client),
	    db_text(row->request_id),
	    db_text(row->action),
	    db_text(row->detail),
	};

	if (!uuid_make(row->at, &row->id, err))
		return false;
	args[0] = db_uuid(&row->id);
	return db_exec(db,
		   "INSERT INTO audit "
		   "(id, at, who, client, request_id, action, detail) "
		   "VALUES (?, ?, ?, ?, ?, ?, ?)",
		   args, 7, NULL, err) ||
	    err->code == ERROR_DUPLICATE;
}

bool
audit_end(struct db *db, const struct uuid *id, int status, struct error *err)
{
	const struct db_value args[] = {db_int(status), db_uuid(id)};

	return db_exec(
	    db, "UPDATE audit SET status = ? WHERE id = ?", args, 2, NULL, err);
}

enum column { ID, AT, WHO, CLIENT, REQUEST_ID, ACTION, DETAIL, STATUS, COUNT };

static const char *
text_or_null(const struct db_value *value)
{
	return value->type == DB_NULL ? NULL : value->as.text.bytes;
}

struct list {
	audit_visit *visit;
	void *context;
};

static bool
visit_row(void *context, const struct db_value *row, struct error *err)
{
	const struct list *list = context;
	struct audit_row audit = {
	    .id = row[ID].as.id,
	    .at = row[AT].as.time,
	    .who = row[WHO].as.text.bytes,
	    .client = text_or_null(&row[CLIENT]),
	    .request_id = text_or_null(&row[REQUEST_ID]),
	    .action = row[ACTION].as.text.bytes,
	    .detail = row[DETAIL].as.text.bytes,
	    .ended = row[STATUS].type != DB_NULL,
	};

	if (audit.ended)
		audit.status = (int)row[STATUS].as.number;
	return list->visit(list->context, &audit, err);
}

#define SELECT_AUDIT                                                      \
	"SELECT id, at, who, client, request_id, action, detail, status " \
	"FROM audit FORCE INDEX (by_time) "

bool
audit_list(struct db *db, struct arena *arena, const struct db_page *page,
    audit_visit *visit, void *context, struct error *err)
{
	static const enum db_type types[COUNT] = {
	    [ID] = DB_UUID,
	    [AT] = DB_TIME,
	    [WHO] = DB_TEXT,
	    [CLIENT] = DB_TEXT,
	    [REQUEST_ID] = DB_TEXT,
	    [ACTION] = DB_TEXT,
	    [DETAIL] = DB_TEXT,
	    [STATUS] = DB_INT,
	};
	struct list list = {visit, context};

	return db_each_of_page(db,
	    SELECT_AUDIT "ORDER BY at DESC, id DESC LIMIT ?",
	    SELECT_AUDIT "WHERE at <= ? AND (at < ? OR id < ?) "
			 "ORDER BY at DESC, id DESC LIMIT ?",
	    page, types, COUNT, arena, visit_row, &list, err);
}
