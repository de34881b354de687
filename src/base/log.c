/* SPDX-License-Identifier: MIT */
/* Log lines. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

static enum log_level threshold = LOG_INFO;

static struct {
	int fd;
	bool cut;         /* the last line has no end */
	uint64_t dropped; /* lines since the last one that was written */
} out = {.fd = STDERR_FILENO};

void
log_set_level(enum log_level level)
{
	threshold = level;
}

bool
log_enabled(enum log_level level)
{
	return level <= threshold;
}

#define MAX_TEXT    2048
#define MAX_ESCAPED 4 /* bytes of one that is escaped */

/* Write at most MAX_ESCAPED bytes for each of the text; returns how many. */
static size_t
escape(char *to, const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const char *end = text + len;
	char *p = to;

	for (; text < end; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f) {
			*p++ = *text;
			continue;
		}
		*p++ = '\\';
		*p++ = 'x';
		*p++ = digits[c >> 4];
		*p++ = digits[c & 0xf];
	}
	return (size_t)(p - to);
}

static void
add_escaped(struct buf *buf, const char *text, size_t len)
{
	char *room = buf_room(buf, MAX_ESCAPED * len);

	if (room != NULL)
		buf_wrote(buf, escape(room, text, len));
}

void
log_value(struct buf *buf, const char *text)
{
	if (text == NULL) {
		buf_putc(buf, '-');
		return;
	}
	if (text[0] != '\0' && strpbrk(text, " \"\\=") == NULL) {
		add_escaped(buf, text, strlen(text));
		return;
	}
	buf_putc(buf, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(buf, '\\');
		add_escaped(buf, text, 1);
	}
	buf_putc(buf, '"');
}

/* What is to blame when a file cannot be opened. */
static enum error_code
blame(int number)
{
	switch (number) {
	case EDQUOT:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOSPC:
	case EROFS:
		return ERROR_UNAVAILABLE;
	default:
		return ERROR_INVALID;
	}
}

/* Nothing may wait for a log: not for the reader of a FIFO either. */
bool
log_open(const char *path, bool create, struct error *err)
{
	int fd = STDERR_FILENO;

	if (path[0] != '\0')
		fd = open(path,
		    O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
			(create ? O_CREAT : 0),
		    0640);
	if (fd < 0)
		return error_set(err, blame(errno), "SETLINK_LOG_FILE: %s: %s",
		    path, strerror(errno));
	if (out.fd > STDERR_FILENO)
		(void)close(out.fd);
	out.fd = fd;
	out.cut = false;
	return true;
}

/* One write(2), so that the lines of several workers do not mix. What is left
 * of a line that a full disk has cut gets an end before the next one. Nothing
 * is allocated: that memory is short has to be told, too. */
static bool
write_line(enum log_level level, const char *text)
{
	char now[CLOCK_RFC3339_SIZE];
	char line[64 + MAX_ESCAPED * MAX_TEXT], *p;
	size_t len, done = 0;

	clock_format(clock_now(), now);
	p = stpcpy(line, out.cut ? "\ntime=" : "time=");
	p = stpcpy(stpcpy(p, now), " level=");
	p = stpcpy(stpcpy(p, level_names[level]), " ");
	p += escape(p, text, strnlen(text, MAX_TEXT));
	*p++ = '\n';
	len = (size_t)(p - line);
	while (done < len) {
		ssize_t n = write(out.fd, line + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out.cut = (done += (size_t)n) < len;
	}
	return done > 0 && !out.cut;
}

static bool
tell_dropped(void)
{
	char text[64];

	if (out.dropped == 0)
		return true;
	(void)snprintf(text, sizeof(text), "event=log_dropped lines=%" PRIu64,
	    out.dropped);
	if (!write_line(LOG_ERROR, text))
		return false;
	out.dropped = 0;
	return true;
}

void
log_text(enum log_level level, const char *text)
{
	if (log_enabled(level) && (!tell_dropped() || !write_line(level, text)))
		out.dropped++;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char text[MAX_TEXT];
	va_list args;

	if (!log_enabled(level))
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_text(level, text);
}
