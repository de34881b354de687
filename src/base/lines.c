/* SPDX-License-Identifier: MIT */
/* Reading by lines. */
#include "base/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
lines_begin(struct lines *lines, int fd)
{
	lines->fd = fd;
	lines->begin = lines->end = 0;
	lines->inside = false;
}

/* Add what comes next behind what is left; `*more` is false at the end. */
static bool
fill(struct lines *lines, bool *more, struct error *err)
{
	ssize_t n;

	memmove(lines->bytes, lines->bytes + lines->begin,
	    lines->end - lines->begin);
	lines->end -= lines->begin;
	lines->begin = 0;
	do {
		n = read(lines->fd, lines->bytes + lines->end,
		    LINES_SIZE - lines->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set(
		    err, ERROR_INTERNAL, "cannot be read: %s", strerror(errno));
	lines->end += (size_t)n;
	*more = n > 0;
	return true;
}

bool
lines_next(struct lines *lines, struct lines_piece *piece, struct error *err)
{
	const char *newline = NULL;
	bool more = true;

	while (more) {
		newline = memchr(lines->bytes + lines->begin, '\n',
		    lines->end - lines->begin);
		if (newline != NULL || lines->end - lines->begin == LINES_SIZE)
			break;
		if (!fill(lines, &more, err))
			return false;
	}
	piece->bytes = lines->bytes + lines->begin;
	piece->len = newline == NULL ? lines->end - lines->begin
				     : (size_t)(newline - piece->bytes) + 1;
	piece->first = !lines->inside;
	lines->begin += piece->len;
	lines->inside = newline == NULL;
	return true;
}

bool
lines_begins_with(const struct lines_piece *piece, const char *word)
{
	size_t len = strlen(word);

	return piece->first && piece->len >= len &&
	    memcmp(piece->bytes, word, len) == 0;
}
