/* SPDX-License-Identifier: MIT */
/* Reading the lottery: draws, the queue, statistics. */
#include "dj/dj_row.h"
#include "dj/lottery.h"

enum column {
	ID,
	POOL_ID,
	NUMBER,
	COMMITMENT,
	COMMITTED_AT,
	SEED,
	DUE_AT,
	DRAWN_AT,
	WINNER_ID,
	WINNER_NAME,
	BASE_WEIGHT,
	JOKER,
	CUTOFF_AT,
	N_COLUMNS
};

static const enum db_type types[N_COLUMNS] = {
    [ID] = DB_UUID,
    [POOL_ID] = DB_UUID,
    [NUMBER] = DB_INT,
    [COMMITMENT] = DB_TEXT,
    [COMMITTED_AT] = DB_TIME,
    [SEED] = DB_TEXT,
    [DUE_AT] = DB_TIME,
    [DRAWN_AT] = DB_TIME,
    [WINNER_ID] = DB_UUID,
    [WINNER_NAME] = DB_TEXT,
    [BASE_WEIGHT] = DB_DOUBLE,
    [JOKER] = DB_DOUBLE,
    [CUTOFF_AT] = DB_TIME,
};

/* The seed of a draw that is prepared does not leave the database. */
#define SELECT_DRAWS(key)                                                  \
	"SELECT w.id, w.pool_id, w.number, w.commitment, w.committed_at, " \
	"IF(w.drawn_at IS NULL, NULL, w.seed), w.due_at, w.drawn_at, "     \
	"w.winner_id, p.name, w.base_weight, w.joker, w.cutoff_at "        \
	"FROM draws w " key "LEFT JOIN draw_participants p "               \
	"ON p.draw_id = w.id AND p.dj_id = w.winner_id "

#define BY_TIME SELECT_DRAWS("FORCE INDEX (by_time) ")

static void
rules_from_row(const struct db_value *row, struct lottery_draw *out)
{
	out->has_rules = row[BASE_WEIGHT].type != DB_NULL &&
	    row[JOKER].type != DB_NULL;
	if (!out->has_rules)
		return;
	out->rules = (struct draw_rules){
	    .base_weight = row[BASE_WEIGHT].as.decimal,
	    .joker = row[JOKER].as.decimal,
	    .has_cutoff = row[CUTOFF_AT].type != DB_NULL,
	    .due = out->due_at,
	};
	if (out->rules.has_cutoff)
		out->rules.cutoff = row[CUTOFF_AT].as.time;
}

static struct lottery_draw
from_row(const struct db_value *row)
{
	struct lottery_draw draw = {
	    .id = row[ID].as.id,
	    .pool_id = row[POOL_ID].as.id,
	    .number = row[NUMBER].as.number,
	    .commitment = row[COMMITMENT].as.text.bytes,
	    .committed_at = row[COMMITTED_AT].as.time,
	    .drawn = row[DRAWN_AT].type != DB_NULL,
	};

	if (draw.drawn) {
		draw.seed = row[SEED].as.text.bytes;
		draw.due_at = row[DUE_AT].as.time;
		draw.drawn_at = row[DRAWN_AT].as.time;
		draw.winner_id = row[WINNER_ID].as.id;
		draw.winner_name = row[WINNER_NAME].type == DB_NULL
		    ? ""
		    : row[WINNER_NAME].as.text.bytes;
		rules_from_row(row, &draw);
	}
	return draw;
}

struct list {
	lottery_visit_draw *visit;
	void *context;
};

static bool
visit_draw(void *context, const struct db_value *row, struct error *err)
{
	const struct list *list = context;
	const struct lottery_draw draw = from_row(row);

	return list->visit(list->context, &draw, err);
}

bool
lottery_list(struct db *db, struct arena *arena, const struct db_page *page,
    lottery_visit_draw *visit, void *context, struct error *err)
{
	struct list list = {visit, context};

	return db_each_of_page(db,
	    BY_TIME "ORDER BY w.committed_at DESC, w.id DESC LIMIT ?",
	    BY_TIME "WHERE w.committed_at <= ? "
		    "AND (w.committed_at < ? OR w.id < ?) "
		    "ORDER BY w.committed_at DESC, w.id DESC LIMIT ?",
	    page, types, N_COLUMNS, arena, visit_draw, &list, err);
}

static bool
take_participant(void *context, const struct db_value *row, struct error *err)
{
	struct lottery_result *out = context;
	struct lottery_participant *p = &out->participants[out->count];

	(void)err;
	p->dj.id = row[0].as.id;
	p->dj.name = row[1].as.text.bytes;
	p->weight = row[2].as.number;
	if (out->draw.has_rules && row[3].type != DB_NULL &&
	    row[4].type != DB_NULL)
		p->reasons = (struct draw_reasons){
		    .own_weight = row[3].as.decimal,
		    .registered_at = row[4].as.time,
		    .joker = row[6].as.number != 0,
		};
	p->late = row[5].as.number != 0;
	if (uuid_compare(&p->dj.id, &out->draw.winner_id) == 0)
		out->winner = out->count;
	out->count++;
	return true;
}

/* *most is for how many there is room. */
static bool
count_participants(struct db *db, struct arena *arena, const struct uuid *id,
    struct lottery_result *out, int64_t *most, struct error *err)
{
	static const enum db_type count_types[] = {DB_INT};
	const struct db_value args[] = {db_uuid(id)};
	struct db_value row;
	bool found;

	if (!db_select_one(db,
		"SELECT COUNT(*) FROM draw_participants WHERE draw_id = ?",
		args, 1, count_types, &row, 1, arena, &found, err))
		return false;
	*most = row.as.number;
	out->count = 0;
	out->participants = arena_alloc(
	    arena, ((size_t)*most + 1) * sizeof(out->participants[0]));
	return out->participants != NULL || error_memory(err);
}

static bool
read_participants(struct db *db, struct arena *arena, const struct uuid *id,
    struct lottery_result *out, struct error *err)
{
	static const enum db_type participant_types[] = {
	    DB_UUID, DB_TEXT, DB_INT, DB_DOUBLE, DB_TIME, DB_INT, DB_INT};
	int64_t most;

	if (!count_participants(db, arena, id, out, &most, err))
		return false;
	const struct db_value args[] = {db_uuid(id), db_int(most)};
	return db_each(db,
	    "SELECT dj_id, name, weight, own_weight, registered_at, "
	    "is_late, is_joker FROM draw_participants "
	    "WHERE draw_id = ? ORDER BY dj_id LIMIT ?",
	    args, 2, participant_types, 7, arena, take_participant, out, err);
}

bool
lottery_find(struct db *db, struct arena *arena, const struct uuid *id,
    struct lottery_result *out, struct error *err)
{
	const struct db_value args[] = {db_uuid(id)};
	struct db_value row[N_COLUMNS];
	bool found;

	*out = (struct lottery_result){.drawn = false};
	if (!db_select_one(db, SELECT_DRAWS("") "WHERE w.id = ?", args, 1,
		types, row, N_COLUMNS, arena, &found, err))
		return false;
	if (!found)
		return error_set(err, ERROR_NOT_FOUND, "there is no such draw");
	out->draw = from_row(row);
	out->drawn = out->draw.drawn;
	/* One that is made meanwhile is told as it was. */
	return !out->drawn || read_participants(db, arena, id, out, err);
}

bool
lottery_pool(struct db *db, struct arena *arena, djs_visit *visit,
    void *context, struct error *err)
{
	const struct db_value args[] = {db_int(LOTTERY_MAX_PARTICIPANTS)};
	struct dj_row_visit each = {visit, context};

	return db_each(db,
	    "SELECT " DJ_ROW_COLUMNS " FROM pools "
	    "JOIN pool_entries e ON e.pool_id = pools.id "
	    "STRAIGHT_JOIN djs ON djs.id = e.dj_id "
	    "LEFT JOIN queue_entries q ON q.pool_id = e.pool_id "
	    "AND q.dj_id = e.dj_id AND q.round = pools.round "
	    "WHERE pools.open_mark = 1 AND djs.is_active = 1 "
	    "AND q.dj_id IS NULL ORDER BY e.registered_at, djs.id LIMIT ?",
	    args, 1, dj_row_types, DJ_ROW_SIZE, arena, dj_row_visit, &each,
	    err);
}

/* Wins over expected wins of each DJ, x; Jain's index is (Σx)² / (n Σx²): 1
 * when all won as often as their weights let expect, 1/n when one won all. Who
 * could never win, as jokers came first, is not counted. */
#define SELECT_STATISTICS                                           \
	"SELECT CAST(COALESCE(SUM(wins), 0) AS SIGNED), "           \
	"COUNT(NULLIF(wins, 0)), "                                  \
	"COALESCE(SUM(weight) / SUM(draws), 0) / 1e6, "             \
	"COALESCE(SUM(x) * SUM(x) / (COUNT(x) * SUM(x * x)), 1e0) " \
	"FROM (SELECT wins, draws, weight, "                        \
	"IF(expected > 0, wins / expected, NULL) AS x "             \
	"FROM lottery_totals) t"

bool
lottery_statistics(struct db *db, struct arena *arena,
    struct lottery_statistics *out, struct error *err)
{
	static const enum db_type statistics_types[] = {
	    DB_INT, DB_INT, DB_DOUBLE, DB_DOUBLE};
	struct db_value row[4];
	bool found;

	if (!db_select_one(db, SELECT_STATISTICS, NULL, 0, statistics_types,
		row, 4, arena, &found, err))
		return false;
	*out = (struct lottery_statistics){
	    .total_draws = row[0].as.number,
	    .unique_winners = row[1].as.number,
	    .average_weight = row[2].as.decimal,
	    .fairness = row[3].as.decimal,
	};
	return true;
}
