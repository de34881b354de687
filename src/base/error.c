/* SPDX-License-Identifier: MIT */
/* Filling and naming errors. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[ERROR__MAX] = {
    [ERROR_OK] = "ok",
    [ERROR_INVALID] = "invalid",
    [ERROR_UNAUTHORIZED] = "unauthorized",
    [ERROR_FORBIDDEN] = "forbidden",
    [ERROR_NOT_FOUND] = "not_found",
    [ERROR_METHOD] = "method",
    [ERROR_CONFLICT] = "conflict",
    [ERROR_TOO_LARGE] = "too_large",
    [ERROR_MEDIA_TYPE] = "media_type",
    [ERROR_TOO_MANY] = "too_many",
    [ERROR_RETRY] = "retry",
    [ERROR_DUPLICATE] = "duplicate",
    [ERROR_UNAVAILABLE] = "unavailable",
    [ERROR_MEMORY] = "memory",
    [ERROR_INTERNAL] = "internal",
};

bool
error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	/* The old detail may be among the arguments. */
	char detail[sizeof(err->detail)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	err->code = code;
	err->unsure = false;
	(void)snprintf(err->detail, sizeof(err->detail), "%s", detail);
	return false;
}

bool
error_unsure(struct error *err)
{
	if (err->unsure)
		return false;
	(void)error_set(err, err->code,
	    "%s: look whether the change has been made", err->detail);
	err->unsure = true;
	return false;
}

bool
error_memory(struct error *err)
{
	return error_set(err, ERROR_MEMORY, "out of memory");
}

const char *
error_name(enum error_code code)
{
	if ((unsigned)code >= ERROR__MAX)
		return "unknown";
	return names[code];
}
