/* DJs as rows, for the statements of the files of dj/. */
#ifndef SETLINK_DJ_DJ_ROW_H
#define SETLINK_DJ_DJ_ROW_H

#include "db/db.h"
#include "dj/djs.h"

/* The columns of a DJ, from the table djs. The last one counts those who wait
 * in the queue of the open pool up to this DJ, 0 when the DJ does not. */
#define DJ_ROW_COLUMNS                                                 \
	"djs.id, djs.name, djs.email, djs.registered_at, djs.weight, " \
	"djs.is_active, "                                              \
	"(SELECT COUNT(*) FROM queue_entries m "                       \
	"JOIN pools p ON p.id = m.pool_id AND p.open_mark = 1 "        \
	"JOIN queue_entries w ON w.pool_id = m.pool_id "               \
	"AND w.status = 'waiting' AND w.position <= m.position "       \
	"JOIN djs v ON v.id = w.dj_id AND v.is_active = 1 "            \
	"WHERE m.dj_id = djs.id AND m.status = 'waiting' "             \
	"AND djs.is_active = 1)"

#define DJ_ROW_SIZE 7

extern const enum db_type dj_row_types[DJ_ROW_SIZE];

struct dj dj_row_read(const struct db_value *row);

#endif
