/* Draws over the open pool. */
#include "dj/lottery.h"

#include "base/hex.h"
#include "dj/dj_row.h"

/* The base weight, and the factor of a joker, of whom there are none yet. */
#define BASE_WEIGHT  1.0
#define JOKER_FACTOR 1.0

/* A pool of more is not drawn from: the first that registered count. */
#define MAX_PARTICIPANTS 2000

static bool
next_number(struct db *db, struct arena *arena, const struct uuid *pool_id,
    int64_t *number, bool *prepared, struct error *err)
{
	static const enum db_type types[] = {DB_INT, DB_INT};
	const struct db_value args[] = {db_uuid(pool_id)};
	struct db_value row[2];
	bool found;

	if (!db_select_one(db,
		"SELECT COALESCE(MAX(number), 0) + 1, "
		"COUNT(*) - COUNT(drawn_at) FROM draws WHERE pool_id = ?",
		args, 1, types, row, 2, arena, &found, err))
		return false;
	*number = row[0].as.number;
	*prepared = row[1].as.number > 0;
	return true;
}

static bool
insert_draw(struct db *db, const struct uuid *pool_id, int64_t number,
    struct error *err)
{
	usec_t now = clock_now();
	unsigned char seed[DRAW_SEED_SIZE];
	char hex[DRAW_HEX_SIZE], commitment[DRAW_HEX_SIZE];
	struct uuid id;

	if (!uuid_make(now, &id, err) || !draw_make_seed(seed, err) ||
	    !draw_commitment(seed, commitment, err))
		return false;
	hex_write(hex, seed, sizeof(seed));
	const struct db_value args[] = {
	    db_uuid(&id),
	    db_uuid(pool_id),
	    db_int(number),
	    db_text(commitment),
	    db_text(hex),
	    db_time(now),
	};
	return db_exec(db,
	    "INSERT IGNORE INTO draws (id, pool_id, number, commitment, seed, "
	    "committed_at) VALUES (?, ?, ?, ?, ?, ?)",
	    args, 6, NULL, err);
}

bool
lottery_prepare(struct db *db, struct arena *arena, const struct uuid *pool_id,
    struct error *err)
{
	int64_t number;
	bool prepared;

	return next_number(db, arena, pool_id, &number, &prepared, err) &&
	    (prepared || insert_draw(db, pool_id, number, err));
}

/* What a draw works with. */
struct drawing {
	struct arena *arena;
	usec_t now;
	struct lottery_result *out;
	struct uuid pool_id;
	int64_t round;
	unsigned char seed[DRAW_SEED_SIZE];
};

/* The open pool, locked by a write. */
static bool
lock_pool(struct db *db, struct drawing *d, struct error *err)
{
	static const enum db_type types[] = {DB_UUID, DB_INT};
	struct db_value row[2];
	bool found;

	if (!db_exec(db,
		"UPDATE pools SET changes = changes + 1 WHERE open_mark = 1",
		NULL, 0, NULL, err) ||
	    !db_select_one(db,
		"SELECT id, round FROM pools WHERE open_mark = 1", NULL, 0,
		types, row, 2, d->arena, &found, err))
		return false;
	if (!found)
		return error_set(err, ERROR_INTERNAL, "no pool is open");
	d->pool_id = row[0].as.id;
	d->round = row[1].as.number;
	return true;
}

static bool
read_prepared(struct db *db, struct drawing *d, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_INT, DB_TEXT, DB_TEXT, DB_TIME};
	const struct db_value args[] = {db_uuid(&d->pool_id)};
	struct lottery_draw *draw = &d->out->draw;
	struct db_value row[5];
	bool found;

	if (!lottery_prepare(db, d->arena, &d->pool_id, err) ||
	    !db_select_one(db,
		"SELECT id, number, commitment, seed, committed_at FROM draws "
		"WHERE pool_id = ? AND drawn_at IS NULL ORDER BY number "
		"LIMIT 1",
		args, 1, types, row, 5, d->arena, &found, err))
		return false;
	if (!found || !draw_parse_seed(row[3].as.text.bytes, d->seed))
		return error_set(
		    err, ERROR_INTERNAL, "the prepared draw is malformed");
	*draw = (struct lottery_draw){
	    .id = row[0].as.id,
	    .pool_id = d->pool_id,
	    .number = row[1].as.number,
	    .commitment = row[2].as.text.bytes,
	    .committed_at = row[4].as.time,
	    .drawn = true,
	    .seed = row[3].as.text.bytes,
	    .due_at = d->now,
	    .drawn_at = d->now,
	};
	return true;
}

static bool
take_participant(void *context, const struct db_value *row, struct error *err)
{
	struct drawing *d = context;
	struct lottery_participant *p = &d->out->participants[d->out->count++];
	const struct draw_rules rules = {
	    .base_weight = BASE_WEIGHT,
	    .joker_factor = JOKER_FACTOR,
	    .due = d->now,
	};

	(void)err;
	p->dj = dj_row_read(row);
	p->weight = draw_weight(
	    &rules, p->dj.weight, row[DJ_ROW_SIZE].as.time, false);
	return true;
}

/* Those of the pool who can be drawn, in the order of their ids. */
static bool
read_participants(struct db *db, struct drawing *d, struct error *err)
{
	enum db_type types[DJ_ROW_SIZE + 1];
	const struct db_value args[] = {
	    db_int(d->round),
	    db_uuid(&d->pool_id),
	    db_time(d->now),
	    db_int(MAX_PARTICIPANTS),
	};
	size_t i;

	for (i = 0; i < DJ_ROW_SIZE; i++)
		types[i] = dj_row_types[i];
	types[DJ_ROW_SIZE] = DB_TIME;
	d->out->count = 0;
	d->out->participants = arena_alloc(
	    d->arena, MAX_PARTICIPANTS * sizeof(d->out->participants[0]));
	if (d->out->participants == NULL)
		return error_memory(err);
	return db_each(db,
	    "SELECT " DJ_ROW_COLUMNS ", e.registered_at FROM pool_entries e "
	    "JOIN djs ON djs.id = e.dj_id "
	    "LEFT JOIN queue_entries q ON q.pool_id = e.pool_id "
	    "AND q.dj_id = e.dj_id AND q.round = ? "
	    "WHERE e.pool_id = ? AND q.dj_id IS NULL AND djs.is_active = 1 "
	    "AND e.registered_at <= ? ORDER BY djs.id LIMIT ?",
	    args, 4, types, DJ_ROW_SIZE + 1, d->arena, take_participant, d,
	    err);
}

static bool
choose(struct drawing *d, struct error *err)
{
	struct lottery_result *out = d->out;
	struct draw_participant *pool = arena_alloc(
	    d->arena, out->count * sizeof(*pool));
	struct buf record = BUF_INIT;
	bool ok;
	size_t i;

	if (pool == NULL)
		return error_memory(err);
	for (i = 0; i < out->count; i++)
		pool[i] = (struct draw_participant){
		    out->participants[i].dj.id, out->participants[i].weight};
	draw_record(&record, &out->draw.id, out->draw.due_at, pool, out->count);
	ok = (buf_text(&record) != NULL || error_memory(err)) &&
	    draw_choose(d->seed, record.data, record.len, pool, out->count,
		&out->winner, err);
	buf_free(&record);
	return ok;
}

static bool
write_participant(struct db *db, const struct uuid *draw_id,
    const struct lottery_participant *p, struct error *err)
{
	const struct db_value args[] = {
	    db_uuid(draw_id),
	    db_uuid(&p->dj.id),
	    db_text(p->dj.name),
	    db_int(p->weight),
	};

	return db_exec(db,
	    "INSERT INTO draw_participants (draw_id, dj_id, name, weight) "
	    "VALUES (?, ?, ?, ?)",
	    args, 4, NULL, err);
}

static bool
write_record(struct db *db, const struct drawing *d, struct error *err)
{
	const struct lottery_result *out = d->out;
	const struct db_value args[] = {
	    db_time(out->draw.due_at),
	    db_time(out->draw.drawn_at),
	    db_uuid(&out->participants[out->winner].dj.id),
	    db_uuid(&out->draw.id),
	};
	size_t i;

	for (i = 0; i < out->count; i++)
		if (!write_participant(
			db, &out->draw.id, &out->participants[i], err))
			return false;
	return db_exec(db,
	    "UPDATE draws SET due_at = ?, drawn_at = ?, winner_id = ? "
	    "WHERE id = ?",
	    args, 4, NULL, err);
}

static bool
enqueue(struct db *db, const struct drawing *d, struct error *err)
{
	const struct lottery_result *out = d->out;
	const struct db_value args[] = {
	    db_uuid(&d->pool_id),
	    db_int(d->round),
	    db_uuid(&out->participants[out->winner].dj.id),
	    db_uuid(&out->draw.id),
	    db_time(d->now),
	    db_uuid(&d->pool_id),
	};

	if (db_exec(db,
		"INSERT INTO queue_entries (pool_id, position, round, dj_id, "
		"draw_id, added_at) "
		"SELECT ?, COALESCE(MAX(position), 0) + 1, ?, ?, ?, ? "
		"FROM queue_entries WHERE pool_id = ?",
		args, 6, NULL, err))
		return true;
	/* Another draw came first, on another node: run again. */
	if (err->code == ERROR_DUPLICATE)
		err->code = ERROR_RETRY;
	return false;
}

static bool
draw_work(struct db *db, void *context, struct error *err)
{
	struct drawing *d = context;

	*d->out = (struct lottery_result){.drawn = false};
	if (!lock_pool(db, d, err))
		return false;
	/* After the wait for the lock, so that the draws are in order. */
	d->now = clock_now();
	if (!read_prepared(db, d, err) || !read_participants(db, d, err))
		return false;
	if (d->out->count == 0)
		return true;
	d->out->drawn = true;
	return choose(d, err) && write_record(db, d, err) &&
	    enqueue(db, d, err) &&
	    lottery_prepare(db, d->arena, &d->pool_id, err);
}

bool
lottery_draw(struct db *db, struct arena *arena, struct lottery_result *out,
    struct error *err)
{
	struct drawing d = {.arena = arena, .out = out};

	return db_transaction(db, draw_work, &d, err);
}

static bool
reset_work(struct db *db, void *context, struct error *err)
{
	(void)context;
	return db_exec(db,
		   "UPDATE pools SET changes = changes + 1, round = round + 1 "
		   "WHERE open_mark = 1",
		   NULL, 0, NULL, err) &&
	    db_exec(db,
		"DELETE q FROM queue_entries q JOIN pools p "
		"ON p.id = q.pool_id AND p.open_mark = 1 "
		"WHERE q.status = 'waiting'",
		NULL, 0, NULL, err);
}

bool
lottery_reset(struct db *db, struct error *err)
{
	return db_transaction(db, reset_work, NULL, err);
}
