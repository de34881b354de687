/* SPDX-License-Identifier: MIT */
/* The one error type of the program. */
#ifndef SETLINK_BASE_ERROR_H
#define SETLINK_BASE_ERROR_H

#include <stdbool.h>

#define MUST_CHECK              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

enum error_code {
	ERROR_OK,
	ERROR_INVALID,      /* what was given is malformed or out of range */
	ERROR_UNAUTHORIZED, /* no credentials, or wrong ones */
	ERROR_FORBIDDEN,    /* known, but not allowed */
	ERROR_NOT_FOUND,
	ERROR_METHOD,   /* the resource has no such method */
	ERROR_CONFLICT, /* the state of the data does not allow it */
	ERROR_TOO_LARGE,
	ERROR_MEDIA_TYPE,
	ERROR_TOO_MANY,    /* too many tries, later again */
	ERROR_RETRY,       /* a transaction was rolled back: run it again */
	ERROR_DUPLICATE,   /* a UNIQUE key refused a row */
	ERROR_UNAVAILABLE, /* database or object store cannot be reached */
	ERROR_MEMORY,
	ERROR_INTERNAL,
	ERROR__MAX
};

/* `detail` is for the caller to read: it names the field and the reason, and
 * never holds SQL, a key or a secret. */
struct error {
	enum error_code code;
	bool unsure; /* see error_unsure */
	char detail[240];
};

/* Fill `err` (a second call replaces the first) and return false, so that
 * `return error_set(...)` and `ok = error_set(...)` read well. */
bool error_set(struct error *err, enum error_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Add to the detail that nobody knows whether what was to be changed has been,
 * unless it says so already. Returns false. */
bool error_unsure(struct error *err);

/* error_set for a failed allocation. */
bool error_memory(struct error *err);

/* The name of a code for logs, such as "not_found". Never NULL. */
const char *error_name(enum error_code code);

#endif
