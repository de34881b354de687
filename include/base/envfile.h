/* SPDX-License-Identifier: MIT */
/* Settings files: `NAME=value` lines. */
#ifndef SETLINK_BASE_ENVFILE_H
#define SETLINK_BASE_ENVFILE_H

#include "base/arena.h"
#include "base/error.h"

struct env_entry {
	const char *name;
	const char *value;
	struct env_entry *next;
};

/* Read `text`: blank lines and lines that begin with # are passed over,
 * `export ` may stand before a name. A value is bare (up to " #" or the end of
 * the line, white space around it cut), 'single quoted' (as it is) or "double
 * quoted" (\" \\ \$ \n are escapes). A name given twice, and anything else, is
 * ERROR_INVALID with the number of the line, never with a value. */
bool env_parse(struct arena *arena, const char *text, size_t len,
    struct env_entry **out, struct error *err) MUST_CHECK;

/* The value of `name`, NULL when it is not there. */
const char *env_find(const struct env_entry *entries, const char *name);

#endif
