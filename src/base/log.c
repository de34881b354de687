/* Log lines. */
#include "base/log.h"

#include <errno.h>
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

/* One write(2), so that the lines of several workers do not mix. */
static void
write_line(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nowhere left to complain */
		line += n;
		len -= (size_t)n;
	}
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char now[CLOCK_RFC3339_SIZE];
	char text[2048];
	struct buf line = BUF_INIT;
	va_list args;

	if (!log_enabled(level))
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	clock_format(clock_now(), now);
	buf_printf(&line, "time=%s level=%s ", now, level_names[level]);
	add_escaped(&line, text);
	buf_putc(&line, '\n');
	if (buf_text(&line) != NULL)
		write_line(line.data, line.len);
	buf_free(&line);
}
