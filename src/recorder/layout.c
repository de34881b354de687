/* SPDX-License-Identifier: MIT */
/* What the keys of the recorder's bucket mean. */
#include "recorder/layout.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"

#define UUID_LEN (UUID_TEXT_SIZE - 1)

/* Chunks are numbered in decimal: "%016d". */
#define CHUNK_DIGITS 16

static const struct layout_file files[] = {
    {LAYOUT_SESSION_METADATA, "metadata.json", NULL, "application/json",
	"json"},
    {LAYOUT_RAW, "data.raw", NULL, "application/octet-stream", "raw"},
    {LAYOUT_OGG, "data.ogg", "ogg", "audio/ogg", "ogg"},
    {LAYOUT_FLAC, "data.flac", "flac", "audio/flac", "flac"},
    {LAYOUT_WAVEFORM, "waveform.dat", "waveform", "application/octet-stream",
	"dat"},
    {LAYOUT_OVERVIEW, "overview.png", "overview", "image/png", "png"},
};

#define N_FILES LENGTH(files)

/* What is left of a key. */
struct cursor {
	const char *at;
	size_t left;
};

static bool
is_rest(const struct cursor *c, const char *text)
{
	return c->left == strlen(text) && memcmp(c->at, text, c->left) == 0;
}

static bool
skip(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if (c->left < len || memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	c->left -= len;
	return true;
}

static bool
skip_uuid(struct cursor *c, struct uuid *out)
{
	char text[UUID_TEXT_SIZE];

	if (c->left < UUID_LEN || !uuid_parse(c->at, UUID_LEN, out))
		return false;
	uuid_format(out, text);
	return skip(c, text);
}

static bool
read_chunk_number(const struct cursor *c, int64_t *out)
{
	if (c->left != CHUNK_DIGITS)
		return false;
	*out = 0;
	for (size_t i = 0; i < c->left; i++) {
		if (c->at[i] < '0' || c->at[i] > '9')
			return false;
		*out = 10 * *out + (c->at[i] - '0');
	}
	return true;
}

static enum layout_kind
parse_session_file(struct cursor *c, struct layout_object *out)
{
	for (size_t i = 0; i < N_FILES; i++) {
		if (is_rest(c, files[i].name))
			return files[i].kind;
	}
	if (skip(c, "chunks/") && read_chunk_number(c, &out->chunk))
		return LAYOUT_CHUNK;
	return LAYOUT_FOREIGN;
}

static enum layout_kind
parse_key(struct cursor *c, struct layout_object *out)
{
	if (is_rest(c, "metadata.json"))
		return LAYOUT_SYSTEM_METADATA;
	if (!skip_uuid(c, &out->recorder_id) || !skip(c, "/"))
		return LAYOUT_FOREIGN;
	if (is_rest(c, "metadata.json"))
		return LAYOUT_RECORDER_METADATA;
	if (!skip(c, "sessions/") || !skip_uuid(c, &out->session_id) ||
	    !skip(c, "/"))
		return LAYOUT_FOREIGN;
	return parse_session_file(c, out);
}

void
layout_parse(const char *key, size_t len, struct layout_object *out)
{
	struct cursor c = {key, len};

	*out = (struct layout_object){.kind = LAYOUT_FOREIGN};
	out->kind = parse_key(&c, out);
	if (out->kind == LAYOUT_FOREIGN)
		*out = (struct layout_object){.kind = LAYOUT_FOREIGN};
}

void
layout_folder(const struct uuid *recorder_id, const struct uuid *session_id,
    char out[LAYOUT_FOLDER_SIZE])
{
	static const char middle[] = "/sessions/";

	uuid_format(recorder_id, out);
	out += UUID_LEN;
	memcpy(out, middle, sizeof(middle) - 1);
	out += sizeof(middle) - 1;
	uuid_format(session_id, out);
	memcpy(out + UUID_LEN, "/", 2);
}

bool
layout_key(enum layout_kind kind, const struct uuid *recorder_id,
    const struct uuid *session_id, char *out, size_t size)
{
	const struct layout_file *file = layout_file(kind);
	size_t len = file == NULL ? 0 : strlen(file->name);

	if (file == NULL || LAYOUT_FOLDER_SIZE + len > size)
		return false;
	layout_folder(recorder_id, session_id, out);
	memcpy(out + LAYOUT_FOLDER_SIZE - 1, file->name, len + 1);
	return true;
}

bool
layout_recorder_key(const struct uuid *recorder_id, char *out, size_t size)
{
	char recorder[UUID_TEXT_SIZE];
	int len;

	uuid_format(recorder_id, recorder);
	len = snprintf(out, size, "%s/metadata.json", recorder);
	return len > 0 && (size_t)len < size;
}

const struct layout_file *
layout_file(enum layout_kind kind)
{
	for (size_t i = 0; i < N_FILES; i++) {
		if (files[i].kind == kind)
			return &files[i];
	}
	return NULL;
}

const struct layout_file *
layout_file_by_format(const char *format)
{
	for (size_t i = 0; i < N_FILES; i++) {
		if (files[i].format != NULL &&
		    strcmp(files[i].format, format) == 0)
			return &files[i];
	}
	return NULL;
}
