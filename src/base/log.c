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

static void
add_escaped(struct buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c >= 0x7f)
			buf_printf(buf, "\\x%02x", c);
		else
			buf_putc(buf, *text);
	}
}

void
log_value(struct buf *buf, const char *text)
{
	if (text == NULL) {
		buf_putc(buf, '-');
		return;
	}
	if (text[0] != '\0' && strpbrk(text, " \"\\=") == NULL) {
		add_escaped(buf, text);
		return;
	}
	buf_putc(buf, '"');
	for (; *text != '\0'; text++) {
		char one[2] = {*text, '\0'};

		if (*text == '"' || *text == '\\')
			buf_putc(buf, '\\');
		add_escaped(buf, one);
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
 * of a line that a full disk has cut gets an end before the next one. */
static bool
write_line(enum log_level level, const char *text)
{
	char now[CLOCK_RFC3339_SIZE];
	struct buf line = BUF_INIT;
	size_t done = 0;

	clock_format(clock_now(), now);
	if (out.cut)
		buf_putc(&line, '\n');
	buf_printf(&line, "time=%s level=%s ", now, level_names[level]);
	add_escaped(&line, text);
	buf_putc(&line, '\n');
	while (buf_text(&line) != NULL && done < line.len) {
		ssize_t n = write(out.fd, line.data + done, line.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out.cut = (done += (size_t)n) < line.len;
	}
	buf_free(&line);
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
log_line(enum log_level level, const char *fmt, ...)
{
	char text[2048];
	va_list args;

	if (!log_enabled(level))
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!tell_dropped() || !write_line(level, text))
		out.dropped++;
}
