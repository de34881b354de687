/* SPDX-License-Identifier: MIT */
/* Who may call an admin route. */
#ifndef SETLINK_HTTP_ACCESS_H
#define SETLINK_HTTP_ACCESS_H

#include <stdbool.h>

#include "base/error.h"
#include "http/request.h"

enum access_verdict {
	ACCESS_GRANTED,
	ACCESS_NO_TOKEN, /* a token is configured, none was sent */
	ACCESS_WRONG_TOKEN,
	ACCESS_EXPIRED_TOKEN,
	ACCESS_NOT_LOOPBACK, /* no token was sent, and by the rule for that: */
	ACCESS_CROSS_SITE    /* a page of another origin sent it */
};

/* The token of `Authorization: Bearer` (RFC 6750, 2.1); NULL when there is
 * none, or the header has another scheme. */
const char *access_token(const struct request *request);

/* Whether the token is the secret one; in a time that does not tell how much of
 * it is right. Errors: INTERNAL. */
bool access_is_same(const char *token, const char *secret, bool *same,
    struct error *err) MUST_CHECK;

/* The rule while no token is configured: a client on loopback, that nobody
 * forwards for, with a loopback name in Host (a page that rebinds its own
 * name to 127.0.0.1 has none). A page of another origin is refused last, so
 * that the caller may let pass those that are configured. */
enum access_verdict access_judge(const struct request *request);

/* The error for a verdict other than ACCESS_GRANTED. Returns false. */
bool access_refuse(enum access_verdict verdict, struct error *err);

#endif
