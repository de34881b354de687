/* SPDX-License-Identifier: MIT */
/* Checking the public record of a draw. */
#include "api/draw_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "dj/draw.h"
#include "dj/lottery.h"

static bool
malformed(const char *name, struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s: missing or malformed", name);
}

static bool
read_text(const struct json *object, const char *name, const char **out,
    struct error *err)
{
	const struct json *member;

	if (!json_member(object, name, &member, err))
		return false;
	if (member == NULL || member->type != JSON_STRING)
		return malformed(name, err);
	*out = member->text;
	return true;
}

static bool
read_id(const struct json *object, const char *name, struct uuid *out,
    struct error *err)
{
	const char *text;

	return read_text(object, name, &text, err) &&
	    (uuid_parse(text, strlen(text), out) || malformed(name, err));
}

static bool
read_decimal(
    const struct json *object, const char *name, double *out, struct error *err)
{
	const struct json *member;

	if (!json_member(object, name, &member, err))
		return false;
	if (member == NULL || member->type != JSON_NUMBER)
		return malformed(name, err);
	*out = strtod(member->text, NULL);
	return true;
}

static bool
read_bool(
    const struct json *object, const char *name, bool *out, struct error *err)
{
	const struct json *member;

	if (!json_member(object, name, &member, err))
		return false;
	if (member == NULL || member->type != JSON_BOOL)
		return malformed(name, err);
	*out = member->truth;
	return true;
}

static bool
read_time(
    const struct json *object, const char *name, usec_t *out, struct error *err)
{
	const char *text;

	return read_text(object, name, &text, err) &&
	    (clock_parse(text, strlen(text), out) || malformed(name, err));
}

static bool
read_reasons(
    const struct json *object, struct draw_reasons *out, struct error *err)
{
	return read_decimal(object, "own_weight", &out->own_weight, err) &&
	    read_time(object, "registered_at", &out->registered_at, err) &&
	    read_bool(object, "joker", &out->joker, err);
}

static bool
read_participant(
    const struct json *object, struct draw_participant *out, struct error *err)
{
	const struct json *weight;

	if (object->type != JSON_OBJECT)
		return malformed("participants", err);
	if (!read_id(object, "dj_id", &out->id, err) ||
	    !json_member(object, "weight_millionths", &weight, err))
		return false;
	return (weight != NULL && json_integer(weight, &out->weight)) ||
	    malformed("weight_millionths", err);
}

/* NULL for the rules of an old record, which does not tell them. */
static bool
read_rules(struct arena *arena, const struct json *record,
    struct draw_claim *claim, struct error *err)
{
	const struct json *object, *late;
	struct draw_rules *rules;
	bool jokers_first;

	if (!json_member(record, "rules", &object, err))
		return false;
	if (object == NULL || object->type == JSON_NULL)
		return true;
	rules = arena_alloc(arena, sizeof(*rules));
	if (rules == NULL)
		return error_memory(err);
	if (object->type != JSON_OBJECT)
		return malformed("rules", err);
	if (!read_decimal(object, "base_weight", &rules->base_weight, err) ||
	    !read_decimal(object, "joker_factor", &rules->joker, err) ||
	    !read_bool(object, "jokers_first", &jokers_first, err) ||
	    !json_member(object, "late_after", &late, err))
		return false;
	rules->due = claim->due;
	if (jokers_first)
		rules->joker = 0;
	rules->has_cutoff = late != NULL && late->type != JSON_NULL;
	claim->rules = rules;
	return !rules->has_cutoff ||
	    read_time(object, "late_after", &rules->cutoff, err);
}

static bool
read_participants(struct arena *arena, const struct json *record,
    struct draw_claim *claim, struct error *err)
{
	const struct json *array, *item;
	struct draw_participant *list;
	struct draw_reasons *reasons;
	size_t count = 0, i = 0;

	if (!json_member(record, "participants", &array, err))
		return false;
	if (array == NULL || array->type != JSON_ARRAY)
		return malformed("participants", err);
	for (item = array->first; item != NULL; item = item->next)
		count++;
	list = arena_alloc(arena, (count + 1) * sizeof(*list));
	reasons = arena_alloc(arena, (count + 1) * sizeof(*reasons));
	if (list == NULL || reasons == NULL)
		return error_memory(err);
	for (item = array->first; item != NULL; item = item->next, i++)
		if (!read_participant(item, &list[i], err) ||
		    (claim->rules != NULL &&
			!read_reasons(item, &reasons[i], err)))
			return false;
	claim->participants = list;
	claim->reasons = reasons;
	claim->count = count;
	return true;
}

static bool
read_winner(
    const struct json *record, struct draw_claim *claim, struct error *err)
{
	const struct json *winner;

	if (!json_member(record, "winner", &winner, err))
		return false;
	if (winner == NULL || winner->type != JSON_OBJECT)
		return malformed("winner", err);
	return read_id(winner, "dj_id", &claim->winner, err);
}

static bool
read_claim(struct arena *arena, const struct json *record,
    struct draw_claim *claim, struct error *err)
{
	const char *algorithm, *seed;

	if (!read_text(record, "algorithm", &algorithm, err) ||
	    !read_id(record, "id", &claim->id, err) ||
	    !read_text(record, "commitment", &claim->commitment, err) ||
	    !read_time(record, "due_at", &claim->due, err) ||
	    !read_text(record, "seed", &seed, err))
		return false;
	if (strcmp(algorithm, DRAW_ALGORITHM) != 0)
		return error_set(err, ERROR_INVALID,
		    "algorithm: only %s is known", DRAW_ALGORITHM);
	if (!draw_parse_seed(seed, claim->seed))
		return malformed("seed", err);
	return read_rules(arena, record, claim, err) &&
	    read_participants(arena, record, claim, err) &&
	    read_winner(record, claim, err);
}

bool
draw_record_verify(
    struct arena *arena, const char *text, size_t len, struct error *err)
{
	struct draw_claim claim = {.count = 0};
	struct json *record;

	if (!json_parse(arena, "record", text, len, &record, err))
		return false;
	if (record->type != JSON_OBJECT)
		return error_set(
		    err, ERROR_INVALID, "record: must be a JSON object");
	return read_claim(arena, record, &claim, err) &&
	    draw_verify(&claim, err);
}

/* The claim of a draw in the database, but for its id; in the arena. */
static bool
claim_of(struct arena *arena, const struct lottery_result *result,
    struct draw_claim *claim, struct error *err)
{
	struct draw_participant *list = arena_alloc(
	    arena, (result->count + 1) * sizeof(*list));
	struct draw_reasons *reasons = arena_alloc(
	    arena, (result->count + 1) * sizeof(*reasons));
	size_t i;

	if (list == NULL || reasons == NULL)
		return error_memory(err);
	for (i = 0; i < result->count; i++) {
		const struct lottery_participant *p = &result->participants[i];

		list[i] = (struct draw_participant){p->dj.id, p->weight};
		reasons[i] = p->reasons;
	}
	claim->due = result->draw.due_at;
	claim->commitment = result->draw.commitment;
	claim->participants = list;
	claim->count = result->count;
	claim->winner = result->draw.winner_id;
	claim->rules = result->draw.has_rules ? &result->draw.rules : NULL;
	claim->reasons = reasons;
	return true;
}

bool
draw_record_verify_stored(struct db *db, struct arena *arena,
    const struct uuid *id, struct error *err)
{
	struct draw_claim claim = {.id = *id};
	struct lottery_result result;

	if (!lottery_find(db, arena, id, &result, err))
		return false;
	if (!result.drawn)
		return error_set(
		    err, ERROR_INVALID, "this draw has not been made yet");
	if (!draw_parse_seed(result.draw.seed, claim.seed))
		return malformed("seed", err);
	return claim_of(arena, &result, &claim, err) &&
	    draw_verify(&claim, err);
}
