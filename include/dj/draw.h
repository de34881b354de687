/* SPDX-License-Identifier: MIT */
/* A draw of the lottery: pure functions over the pool as it was. Anybody can
 * recompute a draw from its public record; doc/lottery.md says how. */
#ifndef SETLINK_DJ_DRAW_H
#define SETLINK_DJ_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

/* Weights are whole numbers of millionths. */
#define DRAW_ONE INT64_C(1000000)

#define DRAW_SEED_SIZE 32

/* A seed or a commitment in hex, with a NUL. */
#define DRAW_HEX_SIZE 65

/* The name that public records carry. */
#define DRAW_ALGORITHM "hmac-sha256-weighted-1"

/* What the weights of a draw depend on. */
struct draw_rules {
	double base_weight;
	double joker; /* a factor; 0: jokers are drawn before all others */
	bool has_cutoff;
	usec_t cutoff; /* who registers later is late */
	usec_t due;    /* the moment whose weights count */
};

/* What the weight of somebody comes of, beside the rules. */
struct draw_reasons {
	double own_weight;
	usec_t registered_at; /* for the pool */
	bool joker;           /* was not drawn at the last event */
};

bool draw_is_late(const struct draw_rules *rules, usec_t registered_at);

/* The weight of a DJ in millionths: own weight × base × ½ if late × (1 + the
 * tenth part of the hours waited, 0.2 at most) × the joker's factor; never
 * under a tenth, never over a billion. Where the rules put jokers first, and
 * there is any in the draw, 0 for who is none. */
int64_t draw_weight(const struct draw_rules *rules,
    const struct draw_reasons *reasons, bool any_joker);

struct draw_participant {
	struct uuid id;
	int64_t weight; /* millionths; 0: is not to be drawn */
};

/* Append the canonical record of a draw: what the seed is mixed with. The
 * participants are in the order of their ids. */
void draw_record(struct buf *out, const struct uuid *draw_id, usec_t due,
    const struct draw_participant *participants, size_t count);

/* Choose one participant, each with the chance weight / sum of weights, from
 * HMAC-SHA-256(seed, record). INVALID without anybody who has a weight, or with
 * one that is negative. */
bool draw_choose(const unsigned char seed[DRAW_SEED_SIZE], const char *record,
    size_t record_len, const struct draw_participant *participants,
    size_t count, size_t *winner, struct error *err) MUST_CHECK;

/* A new seed from the system's random numbers. */
bool draw_make_seed(unsigned char seed[DRAW_SEED_SIZE], struct error *err)
    MUST_CHECK;

/* The commitment to a seed: its SHA-256, in hex. */
bool draw_commitment(const unsigned char seed[DRAW_SEED_SIZE],
    char out[DRAW_HEX_SIZE], struct error *err) MUST_CHECK;

/* False for anything but 64 hex digits. */
bool draw_parse_seed(const char *text, unsigned char seed[DRAW_SEED_SIZE])
    MUST_CHECK;

/* What the public record of a draw claims. */
struct draw_claim {
	struct uuid id;
	usec_t due;
	const char *commitment;
	unsigned char seed[DRAW_SEED_SIZE];
	const struct draw_participant *participants;
	size_t count;
	struct uuid winner;
	/* By what the weights were made; NULL where an old record does not
	 * tell. */
	const struct draw_rules *rules;
	const struct draw_reasons *reasons; /* of the participants */
};

/* Recompute a draw. ERROR_CONFLICT, with what does not fit, for a record that
 * cannot have come about. */
bool draw_verify(const struct draw_claim *claim, struct error *err) MUST_CHECK;

#endif
