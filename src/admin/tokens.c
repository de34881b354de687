/* SPDX-License-Identifier: MIT */
/* The tokens of admins. */
#include "admin/tokens.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "base/hex.h"
#include "base/utf8.h"

#define MAX_NAME  64 /* characters */
#define HASH_SIZE 65

static bool
hash_token(const char *token, char out[HASH_SIZE], struct error *err)
{
	unsigned char digest[32];

	if (EVP_Digest(
		token, strlen(token), digest, NULL, EVP_sha256(), NULL) != 1)
		return error_set(err, ERROR_INTERNAL, "no SHA-256");
	hex_write(out, digest, sizeof(digest));
	return true;
}

static bool
is_same(const char hash[HASH_SIZE], const char *want)
{
	char lower[HASH_SIZE];
	size_t i;

	if (strlen(want) != HASH_SIZE - 1)
		return false;
	for (i = 0; i < HASH_SIZE; i++)
		lower[i] = (char)tolower((unsigned char)want[i]);
	return CRYPTO_memcmp(hash, lower, HASH_SIZE - 1) == 0;
}

struct search {
	const char *hash; /* NULL: no token was sent */
	usec_t now;
	struct token_match *match;
};

/* All rows are compared, so that the time does not tell which one it was. */
static bool
compare_row(void *context, const struct db_value *row, struct error *err)
{
	const struct search *search = context;
	struct token_match *match = search->match;

	(void)err;
	match->configured = true;
	if (search->hash == NULL ||
	    !is_same(search->hash, row[1].as.text.bytes))
		return true;
	match->right = true;
	match->name = row[0].as.text.bytes;
	match->expired = row[2].type != DB_NULL &&
	    row[2].as.time <= search->now;
	return true;
}

/* The setting's has no end, so it wins over the same one in the database. */
static void
compare_setting(struct token_match *match, const char *want, const char *hash)
{
	if (want[0] == '\0')
		return;
	match->configured = true;
	if (hash == NULL || !is_same(hash, want))
		return;
	match->right = true;
	match->expired = false;
	match->name = TOKENS_SETTING;
}

bool
tokens_match(struct db *db, const struct config *config, struct arena *arena,
    const char *token, usec_t now, struct token_match *out, struct error *err)
{
	static const enum db_type types[] = {DB_TEXT, DB_TEXT, DB_TIME};
	const struct db_value args[] = {db_int(TOKENS_MAX)};
	char hash[HASH_SIZE];
	struct search search = {token == NULL ? NULL : hash, now, out};

	*out = (struct token_match){0};
	if (token != NULL && !hash_token(token, hash, err))
		return false;
	if (!db_each(db,
		"SELECT name, hash, expires_at FROM admin_tokens "
		"WHERE revoked_at IS NULL LIMIT ?",
		args, 1, types, 3, arena, compare_row, &search, err))
		return false;
	compare_setting(out, config->admin_token_hash, search.hash);
	return true;
}

/* Who is told from whom by name, so none may look like one that is not a
 * token's. */
static bool
is_reserved(const char *name)
{
	return strcasecmp(name, TOKENS_SETTING) == 0 ||
	    strcasecmp(name, TOKENS_LOOPBACK) == 0 ||
	    strncasecmp(name, TOKENS_COMMAND_LINE,
		sizeof(TOKENS_COMMAND_LINE) - 1) == 0;
}

bool
tokens_check_name(const char *name, struct error *err)
{
	const char *trimmed = name;
	size_t len = strlen(name), trimmed_len = len;

	if (!utf8_valid(name, len))
		return error_set(err, ERROR_INVALID, "NAME: must be UTF-8");
	utf8_trim(&trimmed, &trimmed_len);
	if (trimmed_len != len)
		return error_set(err, ERROR_INVALID,
		    "NAME: must not begin or end with a blank");
	if (len == 0 || utf8_count(name, len) > MAX_NAME)
		return error_set(err, ERROR_INVALID,
		    "NAME: must have 1 to %d characters", MAX_NAME);
	if (utf8_has_control(name, len, false))
		return error_set(err, ERROR_INVALID,
		    "NAME: must be without control characters");
	return !is_reserved(name) ||
	    error_set(err, ERROR_INVALID,
		"NAME: must not be one that setlink itself uses");
}

struct creation {
	struct arena *arena;
	const struct token *token;
	usec_t now;
	struct uuid id;
	char hash[HASH_SIZE];
};

/* One more than TOKENS_MAX would not be compared, so it would not work. */
static bool
check_room(struct db *db, struct arena *arena, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	struct db_value count;
	bool found;

	if (!db_select_one(db,
		"SELECT COUNT(*) FROM admin_tokens WHERE revoked_at IS NULL",
		NULL, 0, types, &count, 1, arena, &found, err))
		return false;
	return count.as.number < TOKENS_MAX ||
	    error_set(err, ERROR_CONFLICT,
		"there are %d tokens: revoke one first", TOKENS_MAX);
}

static bool
create_work(struct db *db, void *context, struct error *err)
{
	const struct creation *c = context;
	const struct db_value args[] = {
	    db_uuid(&c->id),
	    db_text(c->token->name),
	    db_text(c->hash),
	    db_time(c->now),
	    c->token->ends ? db_time(c->token->ends_at) : db_null(),
	};

	if (!check_room(db, c->arena, err))
		return false;
	if (db_exec(db,
		"INSERT INTO admin_tokens "
		"(id, name, hash, created_at, expires_at) "
		"VALUES (?, ?, ?, ?, ?)",
		args, 5, NULL, err))
		return true;
	if (err->code == ERROR_DUPLICATE)
		(void)error_set(err, ERROR_CONFLICT,
		    "NAME: a token has or had this name, and a name stays with "
		    "its token");
	return false;
}

bool
tokens_create(struct db *db, struct arena *arena, const struct token *new,
    usec_t now, char text[TOKENS_TEXT_SIZE], struct error *err)
{
	struct creation c = {.arena = arena, .token = new, .now = now};
	unsigned char bytes[(TOKENS_TEXT_SIZE - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return error_set(err, ERROR_INTERNAL, "no random numbers");
	hex_write(text, bytes, sizeof(bytes));
	return hash_token(text, c.hash, err) && uuid_make(now, &c.id, err) &&
	    db_transaction(db, create_work, &c, err);
}

bool
tokens_revoke(struct db *db, const char *name, usec_t now, struct error *err)
{
	const struct db_value args[] = {db_time(now), db_text(name)};
	uint64_t rows;

	if (!db_exec(db,
		"UPDATE admin_tokens SET revoked_at = ? "
		"WHERE name = ? AND revoked_at IS NULL",
		args, 2, &rows, err))
		return false;
	return rows > 0 ||
	    error_set(err, ERROR_NOT_FOUND,
		"NAME: there is no such token, or it is revoked already");
}

struct list {
	tokens_visit *visit;
	void *context;
};

static bool
visit_row(void *context, const struct db_value *row, struct error *err)
{
	const struct list *list = context;
	struct token token = {
	    .name = row[0].as.text.bytes,
	    .created_at = row[1].as.time,
	    .ends = row[2].type != DB_NULL,
	    .revoked = row[3].type != DB_NULL,
	};

	if (token.ends)
		token.ends_at = row[2].as.time;
	return list->visit(list->context, &token, err);
}

bool
tokens_list(struct db *db, struct arena *arena, tokens_visit *visit,
    void *context, struct error *err)
{
	static const enum db_type types[] = {
	    DB_TEXT, DB_TIME, DB_TIME, DB_TIME};
	struct list list = {visit, context};

	return db_each(db,
	    "SELECT name, created_at, expires_at, revoked_at "
	    "FROM admin_tokens ORDER BY name",
	    NULL, 0, types, 4, arena, visit_row, &list, err);
}
