/* SPDX-License-Identifier: MIT */
/* Reading who is in a draw. */
#include "dj/participants.h"

#include "dj/dj_row.h"

/* Those of a pool `e` who can be drawn, up to the condition on the time of
 * their registration; its parameters: round, pool. The server would begin with
 * all DJs there are. */
#define FROM_DRAWABLE                                         \
	"FROM pool_entries e "                                \
	"STRAIGHT_JOIN djs ON djs.id = e.dj_id "              \
	"LEFT JOIN queue_entries q ON q.pool_id = e.pool_id " \
	"AND q.dj_id = e.dj_id AND q.round = ? "

#define WHERE_DRAWABLE                             \
	"WHERE e.pool_id = ? AND q.dj_id IS NULL " \
	"AND djs.is_active = 1 "

struct reading {
	struct draw_rules rules;
	bool any_joker;
	struct lottery_result *out;
};

enum column { REGISTERED_AT = DJ_ROW_SIZE, JOKER, N_COLUMNS };

static bool
take_participant(void *context, const struct db_value *row, struct error *err)
{
	struct reading *r = context;
	struct lottery_participant *p = &r->out->participants[r->out->count++];

	(void)err;
	p->dj = dj_row_read(row);
	p->reasons = (struct draw_reasons){
	    .own_weight = p->dj.weight,
	    .registered_at = row[REGISTERED_AT].as.time,
	    .joker = row[JOKER].as.number != 0,
	};
	p->late = draw_is_late(&r->rules, p->reasons.registered_at);
	r->any_joker = r->any_joker || p->reasons.joker;
	return true;
}

/* The pool of the event that ended last; NULL in *out when there was none. One
 * that was called off before it began ended before its start. */
static bool
read_last_pool(
    struct db *db, struct arena *arena, struct db_value *out, struct error *err)
{
	static const enum db_type types[] = {DB_UUID};
	bool found;

	if (!db_select_one(db,
		"SELECT pool_id FROM events WHERE ended_at >= started_at "
		"ORDER BY ended_at DESC LIMIT 1",
		NULL, 0, types, out, 1, arena, &found, err))
		return false;
	if (!found)
		*out = db_null();
	return true;
}

static struct draw_rules
rules_of(const struct config *config, const struct night *night, usec_t due)
{
	const struct event *event = &night->event;
	struct draw_rules rules = {
	    .base_weight = config->base_weight,
	    .joker = config->joker,
	    .has_cutoff = night->has_event,
	    .due = due,
	};

	if (night->has_event)
		rules.cutoff = event->started_at +
		    event->cutoff_hours * USEC_PER_HOUR;
	return rules;
}

static void
weigh(struct reading *reading)
{
	struct lottery_result *out = reading->out;
	size_t i;

	for (i = 0; i < out->count; i++)
		out->participants[i].weight = draw_weight(&reading->rules,
		    &out->participants[i].reasons, reading->any_joker);
	out->draw.has_rules = true;
	out->draw.rules = reading->rules;
}

static bool
read_all(struct db *db, struct arena *arena, const struct night *night,
    struct reading *reading, struct error *err)
{
	enum db_type types[N_COLUMNS] = {
	    [REGISTERED_AT] = DB_TIME, [JOKER] = DB_INT};
	struct db_value last_pool;
	size_t i;

	for (i = 0; i < DJ_ROW_SIZE; i++)
		types[i] = dj_row_types[i];
	if (!read_last_pool(db, arena, &last_pool, err))
		return false;
	const struct db_value args[] = {
	    last_pool,
	    db_int(night->round),
	    last_pool,
	    db_uuid(&night->pool_id),
	    db_time(reading->rules.due),
	    db_int(LOTTERY_MAX_PARTICIPANTS),
	};
	return db_each(db,
	    "SELECT " DJ_ROW_COLUMNS ", e.registered_at, "
	    "l.dj_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM draws w "
	    "WHERE w.pool_id = ? AND w.winner_id = e.dj_id) " FROM_DRAWABLE
	    "LEFT JOIN pool_entries l ON l.pool_id = ? AND l.dj_id = e.dj_id " WHERE_DRAWABLE
	    "AND e.registered_at <= ? ORDER BY e.dj_id LIMIT ?",
	    args, 6, types, N_COLUMNS, arena, take_participant, reading, err);
}

bool
participants_read(struct db *db, const struct config *config,
    struct arena *arena, const struct night *night, usec_t due,
    struct lottery_result *out, struct error *err)
{
	struct reading reading = {
	    .rules = rules_of(config, night, due), .out = out};

	out->count = 0;
	out->participants = arena_alloc(
	    arena, LOTTERY_MAX_PARTICIPANTS * sizeof(out->participants[0]));
	if (out->participants == NULL)
		return error_memory(err);
	if (!read_all(db, arena, night, &reading, err))
		return false;
	weigh(&reading);
	return true;
}

bool
participants_first(struct db *db, struct arena *arena,
    const struct night *night, usec_t due, usec_t now, usec_t *first,
    bool *found, struct error *err)
{
	static const enum db_type types[] = {DB_TIME};
	const struct db_value args[] = {
	    db_int(night->round),
	    db_uuid(&night->pool_id),
	    db_time(due),
	    db_time(now),
	};
	struct db_value row;

	if (!db_select_one(db,
		"SELECT MIN(e.registered_at) " FROM_DRAWABLE WHERE_DRAWABLE
		"AND e.registered_at > ? AND e.registered_at <= ?",
		args, 4, types, &row, 1, arena, found, err))
		return false;
	*found = *found && row.type != DB_NULL;
	if (*found)
		*first = row.as.time;
	return true;
}

bool
participants_any(struct db *db, struct arena *arena, const struct night *night,
    usec_t now, bool *any, struct error *err)
{
	usec_t first;

	return participants_first(
	    db, arena, night, CLOCK_MIN, now, &first, any, err);
}
