/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629): checking, counting, trimming, repairing. */
#ifndef SETLINK_BASE_UTF8_H
#define SETLINK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* U+FFFD. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Decode the character at `s` (`len` > 0 bytes are there). Returns its
 * length, or 0 when the bytes are not well-formed UTF-8. */
size_t utf8_decode(const char *s, size_t len, uint32_t *code);

bool utf8_valid(const char *s, size_t len);

/* Number of characters, counted as code points, of valid UTF-8. */
size_t utf8_count(const char *s, size_t len);

/* Whether `code` is a control, a line or paragraph separator, or one of the
 * bidirectional and invisible format characters that make one name look like
 * another. */
bool utf8_is_control(uint32_t code);

/* Whether one of them, or what is not UTF-8, is in a text; with `lines` the
 * line feed and the carriage return do not count. */
bool utf8_has_control(const char *s, size_t len, bool lines);

/* Unicode's White_Space. */
bool utf8_is_space(uint32_t code);

/* Narrow [*s, *s + *len) by the white space at both ends. */
void utf8_trim(const char **s, size_t *len);

/* `text` itself when it is UTF-8; else a copy in the empty buffer `scratch`,
 * with U+FFFD in place of each bad byte. NULL when memory is short. */
const char *utf8_repair(const char *text, struct buf *scratch) MUST_CHECK;

#endif
