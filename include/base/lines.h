/* SPDX-License-Identifier: MIT */
/* Reading a file or a pipe by lines, in memory that does not grow. */
#ifndef SETLINK_BASE_LINES_H
#define SETLINK_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define LINES_SIZE 65536

struct lines {
	int fd;
	size_t begin, end; /* what is left in `bytes` */
	bool inside;       /* whether it goes on with a line */
	char bytes[LINES_SIZE];
};

/* A line with its newline, or a part of one that is longer than LINES_SIZE. */
struct lines_piece {
	const char *bytes; /* borrowed until the next one */
	size_t len;        /* 0 at the end */
	bool first;        /* whether it begins a line */
};

/* `fd` is borrowed. */
void lines_begin(struct lines *lines, int fd);

bool lines_next(struct lines *lines, struct lines_piece *piece,
    struct error *err) MUST_CHECK;

/* Whether the piece begins a line, and that with `word`. */
bool lines_begins_with(const struct lines_piece *piece, const char *word)
    MUST_CHECK;

#endif
