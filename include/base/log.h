/* Log lines on stderr: one line an event, `key=value` pairs. */
#ifndef SETLINK_BASE_LOG_H
#define SETLINK_BASE_LOG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above `level` are dropped from now on. */
void log_set_level(enum log_level level);

bool log_enabled(enum log_level level);

/* One line: time, level, then the text. Control characters and bytes that are
 * not ASCII in it are escaped, so that no text can forge a line. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Append `text` as a log value: printable ASCII stays, everything else
 * becomes \xHH; a value with a space, quote, backslash or equals sign, or an
 * empty one, is quoted. NULL is written as "-". */
void log_value(struct buf *buf, const char *text);

#endif
