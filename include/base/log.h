/* SPDX-License-Identifier: MIT */
/* Log lines: one line an event, `key=value` pairs. They go to stderr until a
 * file is opened. */
#ifndef SETLINK_BASE_LOG_H
#define SETLINK_BASE_LOG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above `level` are dropped from now on. */
void log_set_level(enum log_level level);

/* Append to the file `path` from now on, to stderr when it is "". It is opened
 * anew also when it is open already, since it may have been moved away; it is
 * made only if `create`. On failure all stays as it was, and the error, which
 * names SETLINK_LOG_FILE, is ERROR_UNAVAILABLE when not the path is to blame
 * but the machine, as with a full disk; else ERROR_INVALID. */
bool log_open(const char *path, bool create, struct error *err) MUST_CHECK;

bool log_enabled(enum log_level level);

/* One line: time, level, then the text. Control characters and bytes that are
 * not ASCII in it are escaped, so that no text can forge a line. A line that
 * cannot be written is dropped; the next one that can be follows a line with
 * the number of those. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_text(enum log_level level, const char *text);

/* Append `text` as a log value: printable ASCII stays, everything else
 * becomes \xHH; a value with a space, quote, backslash or equals sign, or an
 * empty one, is quoted. NULL is written as "-". */
void log_value(struct buf *buf, const char *text);

#endif
