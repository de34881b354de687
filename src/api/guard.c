/* Access to admin routes. */
#include "api/guard.h"

#include <string.h>

#include "admin/tokens.h"
#include "base/log.h"
#include "http/access.h"

#define MAX_FAILURES 10
#define WINDOW       (10 * USEC_PER_MIN)

/* One IPv6 client has a /64 at least, so the rest is not looked at. */
static struct uuid
counted_address(const struct request *request)
{
	struct network_address address = request->client;
	struct uuid key;

	if (memcmp(address.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) != 0)
		memset(address.bytes + 8, 0, 8);
	memcpy(key.bytes, address.bytes, sizeof(key.bytes));
	return key;
}

static bool
is_blocked(struct call *call, bool *blocked, struct error *err)
{
	static const enum db_type types[] = {DB_INT};
	const struct uuid address = counted_address(call->request);
	const struct db_value args[] = {
	    db_uuid(&address), db_time(call->now - WINDOW)};
	struct db_value failures;
	bool found;

	if (!db_select_one(call->db,
		"SELECT failures FROM access_failures "
		"WHERE address = ? AND window_at >= ?",
		args, 2, types, &failures, 1, call->arena, &found, err))
		return false;
	*blocked = found && failures.as.number >= MAX_FAILURES;
	return true;
}

/* Old rows go on the way, so that the table stays as small as the number of
 * those who try. */
static bool
count_failure(struct call *call, struct error *err)
{
	const struct uuid address = counted_address(call->request);
	const usec_t begin = call->now - WINDOW;
	const struct db_value old[] = {db_time(begin)};
	const struct db_value args[] = {
	    db_uuid(&address),
	    db_time(call->now),
	    db_time(begin),
	    db_time(begin),
	    db_time(call->now),
	};

	log_line(LOG_WARN, "event=wrong_token client=%s req=%s",
	    call->request->client_text, call->request->id);
	return db_exec(call->db,
		   "DELETE FROM access_failures WHERE window_at < ? LIMIT 100",
		   old, 1, NULL, err) &&
	    db_exec(call->db,
		"INSERT INTO access_failures (address, window_at, failures) "
		"VALUES (?, ?, 1) ON DUPLICATE KEY UPDATE "
		"failures = IF(window_at < ?, 1, failures + 1), "
		"window_at = IF(window_at < ?, ?, window_at)",
		args, 5, NULL, err);
}

/* Without a client's address, which a web server always sends, nobody can be
 * told from another. */
static bool
refuse_blocked(struct call *call, struct error *err)
{
	bool blocked;

	if (!is_blocked(call, &blocked, err))
		return false;
	return !blocked ||
	    error_set(err, ERROR_TOO_MANY,
		"Authorization: too many wrong tokens from this address");
}

/* What becomes of a caller who sent a token, where one is configured. */
static bool
judge_token(struct call *call, const struct token_match *match,
    enum access_verdict *verdict, struct error *err)
{
	/* A right token is refused too while the address is blocked: else
	 * guessing could go on. */
	if (!refuse_blocked(call, err))
		return false;
	if (!match->right) {
		*verdict = ACCESS_WRONG_TOKEN;
		return count_failure(call, err);
	}
	*verdict = match->expired ? ACCESS_EXPIRED_TOKEN : ACCESS_GRANTED;
	call->admin = match->name;
	return true;
}

/* Strangers without a token cost the database nothing: whether one is
 * configured or not, they are refused. */
static bool
judge(struct call *call, enum access_verdict *verdict, struct error *err)
{
	const char *token = access_token(call->request);
	struct token_match match;

	*verdict = access_judge(call->request);
	if (token == NULL && call->config->admin_token_hash[0] != '\0') {
		*verdict = ACCESS_NO_TOKEN;
		return true;
	}
	if (token == NULL && *verdict != ACCESS_GRANTED)
		return true;
	if (!tokens_match(call->db, call->config, call->arena, token, call->now,
		&match, err))
		return false;
	if (match.configured && token != NULL)
		return judge_token(call, &match, verdict, err);
	if (match.configured)
		*verdict = ACCESS_NO_TOKEN;
	call->admin = TOKENS_LOOPBACK;
	return true;
}

bool
guard_admin(struct call *call, struct error *err)
{
	enum access_verdict verdict;

	if (!judge(call, &verdict, err))
		return false;
	if (verdict == ACCESS_GRANTED)
		return true;
	call->admin = NULL;
	return access_refuse(verdict, err);
}

bool
guard_is_admin(struct call *call)
{
	struct error ignored;

	return guard_admin(call, &ignored);
}
