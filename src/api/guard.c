/* SPDX-License-Identifier: MIT */
/* Access to routes that are not for everybody. */
#include "api/guard.h"

#include "admin/counts.h"
#include "admin/tokens.h"
#include "base/log.h"
#include "http/access.h"
#include "http/cors.h"

static const struct count_limit wrong_tokens = {
    "wrong token", 10, 10 * USEC_PER_MIN};

/* Whoever sends MinIO's events with an old token tries again for ever: that
 * must not lock out the admins behind the same address. */
static const struct count_limit wrong_events = {
    "wrong events", 10, 10 * USEC_PER_MIN};

static bool
refuse_too_many(struct error *err)
{
	return error_set(err, ERROR_TOO_MANY,
	    "Authorization: too many wrong tokens from this address");
}

/* Without a client's address, which a web server always sends, nobody can be
 * told from another. */
static bool
refuse_blocked(
    struct call *call, const struct count_limit *limit, struct error *err)
{
	bool blocked;

	if (!counts_is_full(call->db, call->arena, limit,
		&call->request->client, call->now, &blocked, err))
		return false;
	return !blocked || refuse_too_many(err);
}

static bool
count_failure(
    struct call *call, const struct count_limit *limit, struct error *err)
{
	bool counted;

	log_line(LOG_WARN, "event=wrong_token client=%s req=%s",
	    call->request->client_text, call->request->id);
	if (!counts_take(call->db, limit, &call->request->client, call->now,
		&counted, err))
		return false;
	return counted || refuse_too_many(err);
}

/* The rule for who has no token. Pages that the host has named may do what a
 * page of our own could. */
static enum access_verdict
judge_loopback(const struct call *call)
{
	enum access_verdict verdict = access_judge(call->request);

	if (verdict == ACCESS_CROSS_SITE &&
	    cors_is_configured(call->request, call->config->cors_origins))
		return ACCESS_GRANTED;
	return verdict;
}

/* What becomes of a caller who sent a token, where one is configured. */
static bool
judge_token(struct call *call, const struct token_match *match,
    enum access_verdict *verdict, struct error *err)
{
	/* A right token is refused too while the address is blocked: else
	 * guessing could go on. */
	if (!refuse_blocked(call, &wrong_tokens, err))
		return false;
	if (!match->right) {
		*verdict = ACCESS_WRONG_TOKEN;
		return count_failure(call, &wrong_tokens, err);
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

	*verdict = judge_loopback(call);
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
guard_machine(struct call *call, struct error *err)
{
	return judge_loopback(call) == ACCESS_GRANTED || guard_admin(call, err);
}

/* Without a token the rule is that of admin routes. */
static bool
judge_sender(struct call *call, struct error *err)
{
	enum access_verdict verdict = judge_loopback(call);

	if (verdict == ACCESS_NOT_LOOPBACK)
		return error_set(err, ERROR_FORBIDDEN,
		    "no token of the events is configured, so only the machine "
		    "itself may send them, by a loopback address and name");
	return verdict == ACCESS_GRANTED || access_refuse(verdict, err);
}

bool
guard_events(struct call *call, struct error *err)
{
	const char *token = access_token(call->request);
	bool same;

	if (call->config->events_token[0] == '\0')
		return judge_sender(call, err);
	if (token == NULL)
		return error_set(err, ERROR_UNAUTHORIZED,
		    "Authorization: the token of the events is required");
	if (!refuse_blocked(call, &wrong_events, err) ||
	    !access_is_same(token, call->config->events_token, &same, err))
		return false;
	return same ||
	    (count_failure(call, &wrong_events, err) &&
		error_set(err, ERROR_UNAUTHORIZED,
		    "Authorization: the token of the events is wrong"));
}

bool
guard_is_admin(struct call *call, bool *admin, struct error *err)
{
	/* Of an admin route it is known already. */
	*admin = call->admin != NULL || guard_admin(call, err);
	return *admin || err->code == ERROR_UNAUTHORIZED ||
	    err->code == ERROR_FORBIDDEN || err->code == ERROR_TOO_MANY;
}

bool
guard_public_write(struct call *call, const char *what, struct error *err)
{
	const struct request *request = call->request;
	const struct count_limit limit = {
	    what, call->config->registration_limit, USEC_PER_HOUR};
	bool taken;

	if (limit.most == 0 ||
	    (request->client_known && network_is_loopback(&request->client)))
		return true;
	if (!counts_take(
		call->db, &limit, &request->client, call->now, &taken, err))
		return false;
	if (taken)
		return true;
	log_line(LOG_WARN, "event=too_many_writes client=%s req=%s",
	    request->client_text, request->id);
	return error_set(err, ERROR_TOO_MANY,
	    "no more than %lld %ss are taken from one address in an hour",
	    (long long)limit.most, what);
}
