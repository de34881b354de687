/* Checking the public record of a draw. */
#include "api/draw_record.h"

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

static bool
read_participants(struct arena *arena, const struct json *record,
    struct draw_claim *claim, struct error *err)
{
	const struct json *array, *item;
	struct draw_participant *list;
	size_t count = 0;

	if (!json_member(record, "participants", &array, err))
		return false;
	if (array == NULL || array->type != JSON_ARRAY)
		return malformed("participants", err);
	for (item = array->first; item != NULL; item = item->next)
		count++;
	list = arena_alloc(arena, (count + 1) * sizeof(*list));
	if (list == NULL)
		return error_memory(err);
	claim->participants = list;
	for (item = array->first; item != NULL; item = item->next)
		if (!read_participant(item, &list[claim->count++], err))
			return false;
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
	const char *algorithm, *due, *seed;

	if (!read_text(record, "algorithm", &algorithm, err) ||
	    !read_id(record, "id", &claim->id, err) ||
	    !read_text(record, "commitment", &claim->commitment, err) ||
	    !read_text(record, "due_at", &due, err) ||
	    !read_text(record, "seed", &seed, err))
		return false;
	if (strcmp(algorithm, DRAW_ALGORITHM) != 0)
		return error_set(err, ERROR_INVALID,
		    "algorithm: only %s is known", DRAW_ALGORITHM);
	if (!clock_parse(due, strlen(due), &claim->due))
		return malformed("due_at", err);
	if (!draw_parse_seed(seed, claim->seed))
		return malformed("seed", err);
	return read_participants(arena, record, claim, err) &&
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

bool
draw_record_verify_stored(struct db *db, struct arena *arena,
    const struct uuid *id, struct error *err)
{
	struct draw_claim claim = {.id = *id};
	struct draw_participant *list;
	struct lottery_result result;
	size_t i;

	if (!lottery_find(db, arena, id, &result, err))
		return false;
	if (!result.drawn)
		return error_set(
		    err, ERROR_INVALID, "this draw has not been made yet");
	if (!draw_parse_seed(result.draw.seed, claim.seed))
		return malformed("seed", err);
	list = arena_alloc(arena, (result.count + 1) * sizeof(*list));
	if (list == NULL)
		return error_memory(err);
	for (i = 0; i < result.count; i++)
		list[i] = (struct draw_participant){
		    result.participants[i].dj.id,
		    result.participants[i].weight};
	claim.due = result.draw.due_at;
	claim.commitment = result.draw.commitment;
	claim.participants = list;
	claim.count = result.count;
	claim.winner = result.draw.winner_id;
	return draw_verify(&claim, err);
}
