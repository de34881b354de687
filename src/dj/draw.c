/* SPDX-License-Identifier: MIT */
/* Draws. */
#include "dj/draw.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#include "base/hex.h"

#define LATE_FACTOR      0.5
#define MOST_FOR_WAITING 0.2
#define HOURS_FOR_ONE    10.0
#define LEAST_WEIGHT     0.1
#define MOST_WEIGHT      1e9

bool
draw_is_late(const struct draw_rules *rules, usec_t registered_at)
{
	return rules->has_cutoff && registered_at > rules->cutoff;
}

int64_t
draw_weight(const struct draw_rules *rules, const struct draw_reasons *reasons,
    bool any_joker)
{
	double waited = (double)(rules->due - reasons->registered_at) /
	    (double)USEC_PER_HOUR / HOURS_FOR_ONE;
	double weight = reasons->own_weight * rules->base_weight;

	if (any_joker && !reasons->joker && !(rules->joker > 0))
		return 0;
	if (draw_is_late(rules, reasons->registered_at))
		weight *= LATE_FACTOR;
	if (waited > MOST_FOR_WAITING)
		waited = MOST_FOR_WAITING;
	if (waited > 0)
		weight *= 1 + waited;
	if (reasons->joker && rules->joker > 0)
		weight *= rules->joker;
	/* Written so that a NaN counts as the least. */
	if (!(weight >= LEAST_WEIGHT))
		weight = LEAST_WEIGHT;
	if (weight > MOST_WEIGHT)
		weight = MOST_WEIGHT;
	return (int64_t)(weight * (double)DRAW_ONE + 0.5);
}

void
draw_record(struct buf *out, const struct uuid *draw_id, usec_t due,
    const struct draw_participant *participants, size_t count)
{
	char id[UUID_TEXT_SIZE], time[CLOCK_RFC3339_SIZE];
	size_t i;

	uuid_format(draw_id, id);
	clock_format(due, time);
	buf_printf(out, DRAW_ALGORITHM "\n%s\n%s\n", id, time);
	for (i = 0; i < count; i++) {
		uuid_format(&participants[i].id, id);
		buf_printf(out, "%s %" PRId64 "\n", id, participants[i].weight);
	}
}

/* The first eight bytes, most significant first, of HMAC-SHA-256(seed, record
 * and `round` in decimal). */
static bool
random_number(const unsigned char seed[DRAW_SEED_SIZE], const char *record,
    size_t record_len, unsigned round, uint64_t *out, struct error *err)
{
	struct buf text = BUF_INIT;
	unsigned char digest[EVP_MAX_MD_SIZE];
	bool ok;
	int i;

	buf_add(&text, record, record_len);
	buf_printf(&text, "%u", round);
	ok = buf_text(&text) != NULL &&
	    HMAC(EVP_sha256(), seed, DRAW_SEED_SIZE,
		(const unsigned char *)text.data, text.len, digest,
		NULL) != NULL;
	buf_free(&text);
	if (!ok)
		return error_memory(err);
	for (*out = 0, i = 0; i < 8; i++)
		*out = *out << 8 | digest[i];
	return true;
}

static bool
sum_weights(const struct draw_participant *participants, size_t count,
    uint64_t *sum, struct error *err)
{
	size_t i;

	*sum = 0;
	for (i = 0; i < count; i++) {
		if (participants[i].weight < 0)
			return error_set(
			    err, ERROR_INVALID, "a weight is negative");
		if (*sum > UINT64_MAX / 2)
			return error_set(
			    err, ERROR_INVALID, "the weights are too large");
		*sum += (uint64_t)participants[i].weight;
	}
	return *sum > 0 || error_set(err, ERROR_INVALID, "nobody can be drawn");
}

bool
draw_choose(const unsigned char seed[DRAW_SEED_SIZE], const char *record,
    size_t record_len, const struct draw_participant *participants,
    size_t count, size_t *winner, struct error *err)
{
	uint64_t sum, limit, number = 0;
	unsigned round = 0;
	size_t i = 0;

	if (!sum_weights(participants, count, &sum, err))
		return false;
	/* Numbers from the last, incomplete multiple of the sum on would
	 * favour the first participants: they are thrown away. */
	limit = UINT64_MAX - UINT64_MAX % sum;
	do {
		if (!random_number(
			seed, record, record_len, round++, &number, err))
			return false;
	} while (number >= limit);
	number %= sum;
	while (number >= (uint64_t)participants[i].weight)
		number -= (uint64_t)participants[i++].weight;
	*winner = i;
	return true;
}

bool
draw_make_seed(unsigned char seed[DRAW_SEED_SIZE], struct error *err)
{
	if (getrandom(seed, DRAW_SEED_SIZE, 0) != DRAW_SEED_SIZE)
		return error_set(err, ERROR_INTERNAL, "no random numbers");
	return true;
}

bool
draw_commitment(const unsigned char seed[DRAW_SEED_SIZE],
    char out[DRAW_HEX_SIZE], struct error *err)
{
	unsigned char digest[DRAW_SEED_SIZE];

	if (EVP_Digest(
		seed, DRAW_SEED_SIZE, digest, NULL, EVP_sha256(), NULL) != 1)
		return error_memory(err);
	hex_write(out, digest, sizeof(digest));
	return true;
}

bool
draw_parse_seed(const char *text, unsigned char seed[DRAW_SEED_SIZE])
{
	size_t i;

	if (strlen(text) != DRAW_HEX_SIZE - 1)
		return false;
	for (i = 0; i < DRAW_SEED_SIZE; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		seed[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static bool
refuse(struct error *err, const char *what)
{
	return error_set(err, ERROR_CONFLICT, "%s", what);
}

static bool
sorted(const struct draw_participant *participants, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
		if (uuid_compare(
			&participants[i - 1].id, &participants[i].id) >= 0)
			return false;
	return true;
}

static bool
check_weights(const struct draw_claim *claim, struct error *err)
{
	bool any_joker = false;
	size_t i;

	if (claim->rules == NULL)
		return true;
	for (i = 0; i < claim->count; i++)
		any_joker = any_joker || claim->reasons[i].joker;
	for (i = 0; i < claim->count; i++)
		if (claim->participants[i].weight !=
		    draw_weight(claim->rules, &claim->reasons[i], any_joker))
			return refuse(
			    err, "a weight is not the one of its reasons");
	return true;
}

bool
draw_verify(const struct draw_claim *claim, struct error *err)
{
	struct buf record = BUF_INIT;
	char commitment[DRAW_HEX_SIZE];
	size_t winner;
	bool ok;

	if (!draw_commitment(claim->seed, commitment, err))
		return false;
	if (strcasecmp(commitment, claim->commitment) != 0)
		return refuse(err, "the seed is not the one committed to");
	if (!sorted(claim->participants, claim->count))
		return refuse(
		    err, "the participants are not in the order of their ids");
	if (!check_weights(claim, err))
		return false;
	draw_record(
	    &record, &claim->id, claim->due, claim->participants, claim->count);
	ok = (buf_text(&record) != NULL || error_memory(err)) &&
	    draw_choose(claim->seed, record.data, record.len,
		claim->participants, claim->count, &winner, err);
	buf_free(&record);
	if (!ok)
		return false;
	return uuid_compare(&claim->participants[winner].id, &claim->winner) ==
	    0 ||
	    refuse(err, "the winner is not the one that the seed chooses");
}
