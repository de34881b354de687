/* SPDX-License-Identifier: MIT */
/* Draws: weights, the choice, and what a forged record shows. */
#include "base/array.h"
#include "dj/draw.h"

#include <string.h>

#include "tap.h"

#define HOUR USEC_PER_HOUR

static const struct {
	double own, base, joker_rule;
	usec_t registered, cutoff; /* the draw is due at 100 h */
	bool has_cutoff, joker;
	int64_t weight;
} weights[] = {
    {1, 1, 1, 100 * HOUR, 0, false, false, 1000000},
    {1, 1, 1, 99 * HOUR, 0, false, false, 1100000},
    {1, 1, 1, 98 * HOUR, 0, false, false, 1200000},
    {1, 1, 1, 0, 0, false, false, 1200000},
    {1, 1, 1, 101 * HOUR, 0, false, false, 1000000},
    {2, 1, 1, 100 * HOUR, 0, false, false, 2000000},
    {1, 3, 1, 100 * HOUR, 0, false, false, 3000000},
    {1, 1, 1, 100 * HOUR, 99 * HOUR, true, false, 500000},
    {1, 1, 1, 99 * HOUR, 99 * HOUR, true, false, 1100000},
    {1, 1, 2, 100 * HOUR, 0, false, true, 2000000},
    {1, 1, 2, 100 * HOUR, 0, false, false, 1000000},
    {0.01, 1, 1, 100 * HOUR, 0, false, false, 100000},
    {0, 1, 1, 100 * HOUR, 0, false, false, 100000},
    {-5, 1, 1, 100 * HOUR, 0, false, false, 100000},
    {1e300, 1e300, 1, 100 * HOUR, 0, false, false, 1000000000000000},
    {0.0 / 1e-300, 1, 1, 100 * HOUR, 0, false, false, 100000},
};

static void
test_weights(void)
{
	for (size_t i = 0; i < LENGTH(weights); i++) {
		const struct draw_rules rules = {
		    .base_weight = weights[i].base,
		    .joker = weights[i].joker_rule,
		    .has_cutoff = weights[i].has_cutoff,
		    .cutoff = weights[i].cutoff,
		    .due = 100 * HOUR,
		};

		const struct draw_reasons reasons = {
		    weights[i].own, weights[i].registered, weights[i].joker};

		tap_is_int(draw_weight(&rules, &reasons, false),
		    weights[i].weight, "weight, row %zu", i);
		tap_is_int(draw_weight(&rules, &reasons, true),
		    weights[i].weight, "beside jokers, row %zu", i);
	}
}

static void
test_jokers_first(void)
{
	const struct draw_rules rules = {.base_weight = 1, .joker = 0};
	const struct draw_reasons joker = {1, 0, true}, other = {1, 0, false};

	tap_is_int(draw_weight(&rules, &other, false), DRAW_ONE,
	    "without a joker all have their weights");
	tap_is_int(draw_weight(&rules, &other, true), 0,
	    "beside one nobody else is drawn");
	tap_is_int(
	    draw_weight(&rules, &joker, true), DRAW_ONE, "jokers have theirs");
}

static void
fill(struct draw_participant *pool, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		memset(&pool[i].id, 0, sizeof(pool[i].id));
		pool[i].id.bytes[14] = (unsigned char)(i >> 8);
		pool[i].id.bytes[15] = (unsigned char)i;
		pool[i].weight = DRAW_ONE / 10 * (int64_t)(1 + i % 13);
	}
}

/* Pearson's statistic of 100,000 draws against the weights. The seeds are
 * fixed, so that the test is the same each time. */
static double
chi_square(const struct draw_participant *pool, size_t count)
{
	static const int draws = 100000;
	static int wins[500];
	double sum = 0, statistic = 0;
	struct error err;

	memset(wins, 0, sizeof(wins));
	for (int i = 0; i < draws; i++) {
		unsigned char seed[DRAW_SEED_SIZE] = {(unsigned char)(i >> 16),
		    (unsigned char)(i >> 8), (unsigned char)i};
		size_t winner;

		if (!draw_choose(seed, "record", 6, pool, count, &winner, &err))
			return 1e9;
		wins[winner]++;
	}
	for (size_t i = 0; i < count; i++)
		sum += (double)pool[i].weight;
	for (size_t i = 0; i < count; i++) {
		double expected = (double)pool[i].weight / sum * draws;
		double off = wins[i] - expected;

		statistic += off * off / expected;
	}
	return statistic;
}

/* The bounds are the 99.9 % points of the distribution with count - 1
 * degrees of freedom. */
static void
test_distribution(void)
{
	struct draw_participant pool[500];
	double statistic;

	fill(pool, 500);
	statistic = chi_square(pool, 20);
	tap_ok(statistic < 43.82, "a pool of 20: %.1f", statistic);
	statistic = chi_square(pool, 500);
	tap_ok(statistic < 602.1, "a pool of 500: %.1f", statistic);
}

static void
test_refusals(void)
{
	const unsigned char seed[DRAW_SEED_SIZE] = {0};
	struct draw_participant pool[3];
	struct error err = {.code = ERROR_OK};
	size_t winner;

	fill(pool, 3);
	tap_ok(!draw_choose(seed, "", 0, pool, 0, &winner, &err) &&
		err.code == ERROR_INVALID,
	    "nobody");
	pool[0].weight = pool[1].weight = pool[2].weight = 0;
	tap_ok(!draw_choose(seed, "", 0, pool, 3, &winner, &err), "no weights");
	pool[1].weight = 1;
	tap_ok(draw_choose(seed, "", 0, pool, 3, &winner, &err) && winner == 1,
	    "who has no weight does not win");
	pool[1].weight = -1;
	tap_ok(!draw_choose(seed, "", 0, pool, 3, &winner, &err),
	    "a negative weight");
	pool[0].weight = pool[1].weight = pool[2].weight = INT64_MAX;
	tap_ok(!draw_choose(seed, "", 0, pool, 3, &winner, &err),
	    "a sum that would overflow");
	fill(pool, 1);
	tap_ok(draw_choose(seed, "", 0, pool, 1, &winner, &err) && winner == 0,
	    "one alone wins");
}

static void
test_record(void)
{
	struct draw_participant pool[2];
	const struct uuid id = {.bytes = {1, 2, 3}};
	struct buf out = BUF_INIT;

	fill(pool, 2);
	draw_record(&out, &id, 1500000, pool, 2);
	tap_is_str(buf_text(&out),
	    "hmac-sha256-weighted-1\n"
	    "01020300-0000-0000-0000-000000000000\n"
	    "1970-01-01T00:00:01.500000Z\n"
	    "00000000-0000-0000-0000-000000000000 100000\n"
	    "00000000-0000-0000-0000-000000000001 200000\n",
	    "the canonical record");
	buf_free(&out);
}

/* A claim that holds, made by the draw itself. */
static bool
make_claim(struct draw_claim *claim, struct draw_participant *pool,
    char commitment[DRAW_HEX_SIZE], size_t *winner)
{
	struct buf record = BUF_INIT;
	struct error err;
	bool ok;

	fill(pool, 5);
	*claim = (struct draw_claim){
	    .id = {.bytes = {7}},
	    .due = 1500000,
	    .commitment = commitment,
	    .seed = {1, 2, 3},
	    .participants = pool,
	    .count = 5,
	};
	draw_record(&record, &claim->id, claim->due, pool, 5);
	ok = draw_commitment(claim->seed, commitment, &err) &&
	    draw_choose(
		claim->seed, record.data, record.len, pool, 5, winner, &err);
	buf_free(&record);
	if (ok)
		claim->winner = pool[*winner].id;
	return ok;
}

static void
test_verify(void)
{
	struct draw_participant pool[5], swapped;
	char commitment[DRAW_HEX_SIZE];
	struct draw_claim claim;
	struct error err = {.code = ERROR_OK};
	size_t winner = 0;

	tap_ok(make_claim(&claim, pool, commitment, &winner) &&
		draw_verify(&claim, &err),
	    "a draw verifies");
	claim.winner = pool[(winner + 1) % 5].id;
	tap_ok(!draw_verify(&claim, &err) && err.code == ERROR_CONFLICT,
	    "another winner");
	claim.winner = pool[winner].id;
	claim.seed[0] ^= 1;
	tap_ok(!draw_verify(&claim, &err) && err.code == ERROR_CONFLICT,
	    "another seed");
	claim.seed[0] ^= 1;
	swapped = pool[0];
	pool[0] = pool[1];
	pool[1] = swapped;
	tap_ok(!draw_verify(&claim, &err) && err.code == ERROR_CONFLICT,
	    "another order");
	fill(pool, 5);
	claim.count = 0;
	tap_ok(!draw_verify(&claim, &err), "nobody in it");
}

static void
test_seeds(void)
{
	unsigned char one[DRAW_SEED_SIZE] = {0}, two[DRAW_SEED_SIZE] = {0};
	char hex[DRAW_HEX_SIZE];
	struct error err;

	tap_ok(draw_make_seed(one, &err) && draw_make_seed(two, &err) &&
		memcmp(one, two, sizeof(one)) != 0,
	    "seeds differ");
	memset(one, 0, sizeof(one));
	tap_ok(draw_commitment(one, hex, &err), "a commitment");
	tap_is_str(hex,
	    "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925",
	    "is the SHA-256 of the seed");
	tap_ok(draw_parse_seed(hex, two) && two[0] == 0x66 && two[31] == 0x25,
	    "hex is read");
	tap_ok(!draw_parse_seed("66", two), "but not too little");
	hex[5] = 'g';
	tap_ok(!draw_parse_seed(hex, two), "and no other letters");
}

int
main(void)
{
	test_weights();
	test_jokers_first();
	test_distribution();
	test_refusals();
	test_record();
	test_verify();
	test_seeds();
	return tap_done();
}
