/* SPDX-License-Identifier: MIT */
/* The growable buffer. */
#include "base/buf.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

bool
buf_grow(struct buf *buf, size_t more)
{
	size_t cap = buf->cap == 0 ? FIRST_CAPACITY : buf->cap;
	char *data;

	if (buf->failed || more >= SIZE_MAX / 4 - buf->len) {
		buf->failed = true;
		return false;
	}
	while (cap <= buf->len + more)
		cap *= 2;
	data = realloc(buf->data, cap);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

static inline bool
reserve(struct buf *buf, size_t more)
{
	return (more < buf->cap - buf->len && !buf->failed) ||
	    buf_grow(buf, more);
}

void
buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (!reserve(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

char *
buf_room(struct buf *buf, size_t len)
{
	return reserve(buf, len) ? buf->data + buf->len : NULL;
}

void
buf_wrote(struct buf *buf, size_t len)
{
	buf->len += len;
	buf->data[buf->len] = '\0';
}

/* Without printf, which takes as long as all else of a short answer. */
void
buf_number(struct buf *buf, uint64_t number)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	buf_add(buf, p, (size_t)(digits + sizeof(digits) - p));
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args, again;
	size_t room;
	int len;

	if (!reserve(buf, 0))
		return;
	room = buf->cap - buf->len;
	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(buf->data + buf->len, room, fmt, args);
	if (len < 0)
		buf->failed = true;
	else if ((size_t)len < room)
		buf->len += (size_t)len;
	else if (reserve(buf, (size_t)len)) {
		(void)vsnprintf(
		    buf->data + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	}
	va_end(again);
	va_end(args);
}

const char *
buf_text(struct buf *buf)
{
	if (buf->failed)
		return NULL;
	return buf->data == NULL ? "" : buf->data;
}

void
buf_reset(struct buf *buf, size_t keep)
{
	if (buf->cap > keep)
		buf_free(buf);
	buf->len = 0;
	buf->failed = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void
buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_INIT;
}

void
buf_wipe(struct buf *buf)
{
	if (buf->data != NULL)
		OPENSSL_cleanse(buf->data, buf->cap);
	buf_free(buf);
}
