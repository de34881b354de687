/* SPDX-License-Identifier: MIT */
/* Settings files. */
#include "base/envfile.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

/* One line being read; `p` moves from left to right. */
struct line {
	const char *p;
	const char *end;
	unsigned number;
};

static bool
malformed(const struct line *line, const char *why, struct error *err)
{
	return error_set(err, ERROR_INVALID, "line %u: %s", line->number, why);
}

static void
skip_blanks(struct line *line)
{
	while (line->p < line->end && (*line->p == ' ' || *line->p == '\t'))
		line->p++;
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool
read_name(
    struct line *line, struct arena *arena, const char **out, struct error *err)
{
	static const char export[] = "export ";
	size_t n = sizeof(export) - 1;
	const char *start;

	if ((size_t)(line->end - line->p) > n &&
	    memcmp(line->p, export, n) == 0)
		line->p += n;
	skip_blanks(line);
	start = line->p;
	while (line->p < line->end && is_name_char(*line->p))
		line->p++;
	if (line->p == start || isdigit((unsigned char)*start))
		return malformed(line, "no NAME=value", err);
	*out = arena_copy(arena, start, (size_t)(line->p - start));
	if (*out == NULL)
		return error_memory(err);
	skip_blanks(line);
	if (line->p == line->end || *line->p != '=')
		return malformed(line, "no \"=\" after the name", err);
	line->p++;
	skip_blanks(line);
	return true;
}

/* After a quoted value only a comment may come. */
static bool
read_rest(struct line *line, struct error *err)
{
	skip_blanks(line);
	if (line->p < line->end && *line->p != '#')
		return malformed(line, "text after the closing quote", err);
	return true;
}

static bool
read_single(struct line *line, struct buf *value, struct error *err)
{
	const char *close = memchr(
	    line->p + 1, '\'', (size_t)(line->end - line->p - 1));

	if (close == NULL)
		return malformed(line, "no closing quote", err);
	buf_add(value, line->p + 1, (size_t)(close - line->p - 1));
	line->p = close + 1;
	return read_rest(line, err);
}

static bool
read_double(struct line *line, struct buf *value, struct error *err)
{
	for (line->p++; line->p < line->end && *line->p != '"'; line->p++) {
		if (*line->p != '\\') {
			buf_putc(value, *line->p);
			continue;
		}
		line->p++;
		if (line->p == line->end || !strchr("\"\\$n", *line->p))
			return malformed(line, "unknown escape", err);
		buf_putc(value, *line->p == 'n' ? '\n' : *line->p);
	}
	if (line->p == line->end)
		return malformed(line, "no closing quote", err);
	line->p++;
	return read_rest(line, err);
}

static void
read_bare(struct line *line, struct buf *value)
{
	const char *stop = line->p;

	while (stop < line->end &&
	    !(*stop == '#' &&
		(stop == line->p || stop[-1] == ' ' || stop[-1] == '\t')))
		stop++;
	while (stop > line->p && isspace((unsigned char)stop[-1]))
		stop--;
	buf_add(value, line->p, (size_t)(stop - line->p));
}

static bool
read_value(
    struct line *line, struct arena *arena, const char **out, struct error *err)
{
	struct buf value = BUF_INIT;
	bool ok = true;

	if (line->p < line->end && *line->p == '\'')
		ok = read_single(line, &value, err);
	else if (line->p < line->end && *line->p == '"')
		ok = read_double(line, &value, err);
	else
		read_bare(line, &value);
	if (ok) {
		*out = value.failed ? NULL
				    : arena_copy(arena, value.data, value.len);
		if (*out == NULL)
			ok = error_memory(err);
	}
	buf_wipe(&value);
	return ok;
}

static bool
read_line(struct line *line, struct arena *arena, struct env_entry **list,
    struct error *err)
{
	struct env_entry *entry;

	skip_blanks(line);
	if (line->p == line->end || *line->p == '#')
		return true;
	entry = arena_alloc(arena, sizeof(*entry));
	if (entry == NULL)
		return error_memory(err);
	if (!read_name(line, arena, &entry->name, err))
		return false;
	if (env_find(*list, entry->name) != NULL)
		return error_set(err, ERROR_INVALID,
		    "line %u: %s is given twice", line->number, entry->name);
	if (!read_value(line, arena, &entry->value, err))
		return false;
	entry->next = *list;
	*list = entry;
	return true;
}

bool
env_parse(struct arena *arena, const char *text, size_t len,
    struct env_entry **out, struct error *err)
{
	const char *end = text + len;
	struct line line = {.number = 0};
	const char *next;

	*out = NULL;
	if (memchr(text, '\0', len) != NULL)
		return error_set(err, ERROR_INVALID, "a NUL byte in it");
	for (; text < end; text = next) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		next = newline == NULL ? end : newline + 1;
		line.p = text;
		line.end = newline == NULL ? end : newline;
		line.number++;
		if (line.end > line.p && line.end[-1] == '\r')
			line.end--;
		if (!read_line(&line, arena, out, err))
			return false;
	}
	return true;
}

const char *
env_find(const struct env_entry *entries, const char *name)
{
	for (; entries != NULL; entries = entries->next)
		if (strcmp(entries->name, name) == 0)
			return entries->value;
	return NULL;
}
