/* SPDX-License-Identifier: MIT */
/* A growable byte buffer with a sticky failure: writers do nothing after the
 * first allocation that failed, and the user of the bytes checks once. */
#ifndef SETLINK_BASE_BUF_H
#define SETLINK_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct buf {
	char *data; /* NUL-terminated once anything was written */
	size_t len;
	size_t cap;
	bool failed;
};

#define BUF_INIT  \
	{         \
		0 \
	}

void buf_add(struct buf *buf, const void *bytes, size_t len);

/* Inline, so that the length of a literal is known. */
static inline void
buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

/* In decimal. */
void buf_number(struct buf *buf, uint64_t number);

/* Room for `len` bytes and a NUL behind what is there, to be written at once
 * and then told to buf_wrote; NULL when memory is short. */
char *buf_room(struct buf *buf, size_t len) MUST_CHECK;
void buf_wrote(struct buf *buf, size_t len);

/* Make room for `more` bytes and the NUL; false when memory is short. */
bool buf_grow(struct buf *buf, size_t more);

static inline void
buf_putc(struct buf *buf, char c)
{
	if ((buf->cap - buf->len < 2 || buf->failed) && !buf_grow(buf, 1))
		return;
	buf->data[buf->len++] = c;
	buf->data[buf->len] = '\0';
}

void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The bytes so far as a string, "" when there are none. Borrowed until the
 * next call with this buffer; NULL when an allocation failed. */
const char *buf_text(struct buf *buf) MUST_CHECK;

/* Empty it and clear the failure; memory above `keep` bytes is given back. */
void buf_reset(struct buf *buf, size_t keep);

void buf_free(struct buf *buf);

/* The same for a secret: it is overwritten first. (A buffer that grew has left
 * copies of its shorter self.) */
void buf_wipe(struct buf *buf);

#endif
