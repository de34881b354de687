/* SPDX-License-Identifier: MIT */
/* The tokens of admins: each has a name, and an end if it is given one. */
#ifndef SETLINK_ADMIN_TOKENS_H
#define SETLINK_ADMIN_TOKENS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "db/db.h"

/* As many may be in use at a time: each is compared with what is sent. */
#define TOKENS_MAX 100

/* Who calls with the token of the setting, and without one by the rule for
 * loopback. No token in the database has such a name. */
#define TOKENS_SETTING  "SETLINK_ADMIN_TOKEN_HASH"
#define TOKENS_LOOPBACK "loopback"

/* What the names of those at the command line begin with; no token's does. */
#define TOKENS_COMMAND_LINE "command line"

/* 32 random bytes in hex, and a NUL. */
#define TOKENS_TEXT_SIZE 65

/* What is known of the token that was sent. */
struct token_match {
	bool configured;  /* there is one that is not revoked; it may be over */
	bool right;       /* the one sent is one of them */
	bool expired;     /* and it is over */
	const char *name; /* of the right one */
};

/* Compare `token` with that of the setting and with all that are not revoked,
 * in constant time. NULL: only `configured` is looked for. One statement; the
 * name is the arena's. */
bool tokens_match(struct db *db, const struct config *config,
    struct arena *arena, const char *token, usec_t now, struct token_match *out,
    struct error *err) MUST_CHECK;

struct token {
	const char *name;
	usec_t created_at;
	bool ends;
	usec_t ends_at;
	bool revoked;
};

/* Whether a token may have this name: UTF-8, 1 to 64 characters, no controls,
 * none of the names above. Errors: INVALID. */
bool tokens_check_name(const char *name, struct error *err) MUST_CHECK;

/* Make a token and write it to `text`: it is kept nowhere else. Of `new`, name
 * (checked) and end count. Errors: CONFLICT when the name was given before, or
 * there are TOKENS_MAX. */
bool tokens_create(struct db *db, struct arena *arena, const struct token *new,
    usec_t now, char text[TOKENS_TEXT_SIZE], struct error *err) MUST_CHECK;

/* `name` is a checked one. Errors: NOT_FOUND when there is none of this name
 * that is not revoked. */
bool tokens_revoke(
    struct db *db, const char *name, usec_t now, struct error *err) MUST_CHECK;

/* Called once a token, by name; the token is lent. */
typedef bool tokens_visit(
    void *context, const struct token *token, struct error *err);

bool tokens_list(struct db *db, struct arena *arena, tokens_visit *visit,
    void *context, struct error *err) MUST_CHECK;

#endif
