/* SPDX-License-Identifier: MIT */
/* Draws over the open pool. */
#include "dj/lottery.h"

#include "base/hex.h"
#include "dj/night.h"
#include "dj/participants.h"

/* The one that is prepared has the highest number. */
static bool
next_number(struct db *db, struct arena *arena, const struct uuid *pool_id,
    int64_t *number, bool *prepared, struct error *err)
{
	static const enum db_type types[] = {DB_INT, DB_INT};
	const struct db_value args[] = {db_uuid(pool_id)};
	struct db_value row[2];
	bool found;

	if (!db_select_one(db,
		"SELECT number, drawn_at IS NULL FROM draws WHERE pool_id = ? "
		"ORDER BY number DESC LIMIT 1",
		args, 1, types, row, 2, arena, &found, err))
		return false;
	*number = found ? row[0].as.number + 1 : 1;
	*prepared = found && row[1].as.number != 0;
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
	const struct config *config;
	struct arena *arena;
	usec_t now;
	struct night night;
	struct lottery_result *out;
	unsigned char seed[DRAW_SEED_SIZE];
};

static bool
read_prepared(struct db *db, struct drawing *d, usec_t due, struct error *err)
{
	static const enum db_type types[] = {
	    DB_UUID, DB_INT, DB_TEXT, DB_TEXT, DB_TIME};
	const struct db_value args[] = {db_uuid(&d->night.pool_id)};
	struct lottery_draw *draw = &d->out->draw;
	struct db_value row[5];
	bool found;

	if (!lottery_prepare(db, d->arena, &d->night.pool_id, err) ||
	    !db_select_one(db,
		"SELECT id, number, commitment, seed, committed_at FROM draws "
		"WHERE pool_id = ? AND drawn_at IS NULL "
		"ORDER BY number DESC LIMIT 1",
		args, 1, types, row, 5, d->arena, &found, err))
		return false;
	if (!found || !draw_parse_seed(row[3].as.text.bytes, d->seed))
		return error_set(
		    err, ERROR_INTERNAL, "the prepared draw is malformed");
	*draw = (struct lottery_draw){
	    .id = row[0].as.id,
	    .pool_id = d->night.pool_id,
	    .number = row[1].as.number,
	    .commitment = row[2].as.text.bytes,
	    .committed_at = row[4].as.time,
	    .drawn = true,
	    .seed = row[3].as.text.bytes,
	    .due_at = due,
	    .drawn_at = d->now,
	    .has_rules = draw->has_rules,
	    .rules = draw->rules,
	};
	return true;
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
	    db_double(p->reasons.own_weight),
	    db_time(p->reasons.registered_at),
	    db_int(p->late),
	    db_int(p->reasons.joker),
	};

	return db_exec(db,
	    "INSERT INTO draw_participants (draw_id, dj_id, name, weight, "
	    "own_weight, registered_at, is_late, is_joker) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	    args, 8, NULL, err);
}

static bool
write_participants(
    struct db *db, const struct lottery_result *out, struct error *err)
{
	size_t i;

	for (i = 0; i < out->count; i++)
		if (!write_participant(
			db, &out->draw.id, &out->participants[i], err))
			return false;
	return true;
}

/* What the statistics are made of. */
static bool
add_totals(struct db *db, const struct lottery_result *out, struct error *err)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < out->count; i++)
		sum += (double)out->participants[i].weight;
	const struct db_value args[] = {
	    db_uuid(&out->participants[out->winner].dj.id),
	    db_double(sum),
	    db_uuid(&out->draw.id),
	};
	return db_exec(db,
	    "INSERT INTO lottery_totals (dj_id, draws, wins, expected, weight) "
	    "SELECT dj_id, 1, dj_id = ?, weight / ?, weight "
	    "FROM draw_participants WHERE draw_id = ? "
	    "ON DUPLICATE KEY UPDATE draws = lottery_totals.draws + 1, "
	    "wins = lottery_totals.wins + VALUES(wins), "
	    "expected = lottery_totals.expected + VALUES(expected), "
	    "weight = lottery_totals.weight + VALUES(weight)",
	    args, 3, NULL, err);
}

static bool
write_record(struct db *db, const struct drawing *d, struct error *err)
{
	const struct lottery_result *out = d->out;
	const struct draw_rules *rules = &out->draw.rules;
	const struct db_value args[] = {
	    db_time(out->draw.due_at),
	    db_time(out->draw.drawn_at),
	    db_uuid(&out->participants[out->winner].dj.id),
	    db_double(rules->base_weight),
	    db_double(rules->joker),
	    rules->has_cutoff ? db_time(rules->cutoff) : db_null(),
	    db_uuid(&out->draw.id),
	};

	return write_participants(db, out, err) && add_totals(db, out, err) &&
	    db_exec(db,
		"UPDATE draws SET due_at = ?, drawn_at = ?, winner_id = ?, "
		"base_weight = ?, joker = ?, cutoff_at = ? WHERE id = ?",
		args, 7, NULL, err);
}

static bool
enqueue(struct db *db, const struct drawing *d, struct error *err)
{
	const struct lottery_result *out = d->out;
	const struct night *night = &d->night;
	const struct db_value args[] = {
	    db_uuid(&night->pool_id),
	    db_int(night->round),
	    db_uuid(&out->participants[out->winner].dj.id),
	    db_uuid(&out->draw.id),
	    db_time(d->now),
	    night->has_event
		? db_time(plan_next_slot(&night->plan, out->draw.due_at))
		: db_null(),
	    db_uuid(&night->pool_id),
	};

	if (db_exec(db,
		"INSERT INTO queue_entries (pool_id, position, round, dj_id, "
		"draw_id, added_at, slot_at) "
		"SELECT ?, COALESCE(MAX(position), 0) + 1, ?, ?, ?, ?, ? "
		"FROM queue_entries WHERE pool_id = ?",
		args, 7, NULL, err))
		return true;
	/* Another draw came first, on another node: run again. */
	if (err->code == ERROR_DUPLICATE)
		err->code = ERROR_RETRY;
	return false;
}

/* Draw one of the participants that have been read, if there are any. */
static bool
draw(struct db *db, struct drawing *d, usec_t due, struct error *err)
{
	d->out->drawn = d->out->count > 0;
	if (!d->out->drawn)
		return true;
	return read_prepared(db, d, due, err) && choose(d, err) &&
	    write_record(db, d, err) && enqueue(db, d, err) &&
	    lottery_prepare(db, d->arena, &d->night.pool_id, err);
}

/* Nobody could be drawn at `due`: the draw is that of the first who came
 * later. */
static bool
draw_first(struct db *db, struct drawing *d, usec_t due, struct error *err)
{
	usec_t first = due;
	bool found;

	if (!participants_first(
		db, d->arena, &d->night, due, d->now, &first, &found, err))
		return false;
	if (!found)
		return true;
	return participants_read(
		   db, d->config, d->arena, &d->night, first, d->out, err) &&
	    draw(db, d, first, err);
}

/* The draw of the event, as of the moment it was due, if it is. */
static bool
draw_due(struct db *db, struct drawing *d, struct error *err)
{
	const usec_t due = d->night.plan.draw_due;

	if (!d->night.has_event || due > d->now)
		return true;
	if (!participants_read(
		db, d->config, d->arena, &d->night, due, d->out, err))
		return false;
	return d->out->count > 0 ? draw(db, d, due, err)
				 : draw_first(db, d, due, err);
}

bool
lottery_draw_due(struct db *db, const struct config *config,
    struct arena *arena, usec_t now, struct lottery_result *out,
    struct error *err)
{
	struct drawing d = {
	    .config = config, .arena = arena, .now = now, .out = out};

	*out = (struct lottery_result){.drawn = false};
	return night_read(db, config, arena, now, &d.night, err) &&
	    draw_due(db, &d, err);
}

static bool
draw_now(struct db *db, struct drawing *d, struct error *err)
{
	return participants_read(
		   db, d->config, d->arena, &d->night, d->now, d->out, err) &&
	    draw(db, d, d->now, err);
}

/* Who asks for a draw while one is due gets that one. */
static bool
draw_work(struct db *db, void *context, struct error *err)
{
	struct drawing *d = context;

	*d->out = (struct lottery_result){.drawn = false};
	if (!night_lock(db, err))
		return false;
	/* After the wait for the lock, so that the draws are in order. */
	d->now = clock_now();
	return night_read(db, d->config, d->arena, d->now, &d->night, err) &&
	    draw_due(db, d, err) && (d->out->drawn || draw_now(db, d, err));
}

bool
lottery_draw(struct db *db, const struct config *config, struct arena *arena,
    struct lottery_result *out, struct error *err)
{
	struct drawing d = {.config = config, .arena = arena, .out = out};

	return db_transaction(db, draw_work, &d, err);
}
