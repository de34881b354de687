/* SPDX-License-Identifier: MIT */
/* Gathering the keys of a listing into recordings. */
#include "recorder/gather.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "recorder/layout.h"

static void
gather_start(struct gather *gather, const struct layout_object *where)
{
	struct recording *r = &gather->current.recording;

	gather->any = true;
	gather->current = (struct listed){.metadata_size = -1};
	r->recorder_id = where->recorder_id;
	r->id = where->session_id;
	r->name = "";
	r->metadata_etag = "";
	r->skipped_chunks = -1;
	for (int i = 0; i < RECORDING_FILES; i++) {
		r->files[i].size = -1;
		r->files[i].etag = "";
	}
}

const char *
gather_etag(char out[GATHER_ETAG_MAX + 1], const struct s3_object *object)
{
	size_t len = 0;

	while (object->etag[len] > ' ' && object->etag[len] <= '~')
		len++;
	if (len > 0 && object->etag[len] == '\0')
		(void)snprintf(out, GATHER_ETAG_MAX + 1, "%.*s",
		    GATHER_ETAG_MAX, object->etag);
	else
		(void)snprintf(out, GATHER_ETAG_MAX + 1, "none-%lld-%lld",
		    (long long)object->size, (long long)object->modified);
	return out;
}

static int64_t
known_size(const struct s3_object *object)
{
	return object->size < 0 ? 0 : object->size;
}

static void
take_file(struct gather *gather, enum recording_format format,
    const struct s3_object *object)
{
	struct recording_file *file = &gather->current.recording.files[format];

	file->size = known_size(object);
	file->etag = gather_etag(gather->file_etags[format], object);
	file->at = object->modified;
}

/* They come by their numbers. */
static void
take_chunk(struct recording *r, int64_t number, const struct s3_object *object)
{
	if (r->chunks++ == 0)
		r->skipped_chunks = number < INT_MAX ? number : INT_MAX;
	if (object->modified > r->newest_chunk) {
		r->has_newest_chunk = true;
		r->newest_chunk = object->modified;
	}
}

static void
take(struct gather *gather, const struct layout_object *where,
    const struct s3_object *object)
{
	struct listed *current = &gather->current;

	switch (where->kind) {
	case LAYOUT_SESSION_METADATA:
		current->metadata_size = known_size(object);
		current->recording.metadata_etag = gather_etag(
		    gather->metadata_etag, object);
		current->recording.metadata_at = object->modified;
		break;
	case LAYOUT_CHUNK:
		take_chunk(&current->recording, where->chunk, object);
		break;
	case LAYOUT_OGG:
		take_file(gather, RECORDING_OGG, object);
		break;
	case LAYOUT_FLAC:
		take_file(gather, RECORDING_FLAC, object);
		break;
	case LAYOUT_WAVEFORM:
		take_file(gather, RECORDING_WAVEFORM, object);
		break;
	case LAYOUT_OVERVIEW:
		take_file(gather, RECORDING_OVERVIEW, object);
		break;
	case LAYOUT_RAW:
		take_file(gather, RECORDING_RAW, object);
		break;
	case LAYOUT_FOREIGN:
	case LAYOUT_SYSTEM_METADATA:
	case LAYOUT_RECORDER_METADATA:
	case LAYOUT__MAX:
		break;
	}
}

static bool
copy_etag(struct arena *arena, const char **etag)
{
	*etag = arena_copy(arena, *etag, strlen(*etag));
	return *etag != NULL;
}

bool
gather_end(struct gather *gather, struct arena *arena, struct listed **done,
    struct error *err)
{
	struct recording *r;
	bool ok;

	*done = NULL;
	if (!gather->any)
		return true;
	*done = arena_alloc(arena, sizeof(**done));
	if (*done == NULL)
		return error_memory(err);
	**done = gather->current;
	gather->any = false;
	r = &(*done)->recording;
	/* They are being removed once the file is made. */
	if (r->files[RECORDING_RAW].size >= 0)
		r->skipped_chunks = -1;
	ok = copy_etag(arena, &r->metadata_etag);
	for (int i = 0; i < RECORDING_FILES; i++)
		ok = ok && copy_etag(arena, &r->files[i].etag);
	return ok || error_memory(err);
}

static bool
take_recorder(struct gather *gather, const struct uuid *id,
    const struct s3_object *object, struct arena *arena, struct error *err)
{
	struct listed_recorder *recorder = arena_alloc(
	    arena, sizeof(*recorder));
	char etag[GATHER_ETAG_MAX + 1];

	if (recorder == NULL)
		return error_memory(err);
	recorder->id = *id;
	recorder->etag = gather_etag(etag, object);
	recorder->next = gather->recorders;
	gather->recorders = recorder;
	return copy_etag(arena, &recorder->etag) || error_memory(err);
}

/* How the session of an object stands to the one that is being gathered. */
static int
compare(const struct gather *gather, const struct layout_object *where)
{
	const struct recording *r = &gather->current.recording;
	int order = uuid_compare(&where->recorder_id, &r->recorder_id);

	return order != 0 ? order : uuid_compare(&where->session_id, &r->id);
}

bool
gather_add(struct gather *gather, const struct s3_object *object,
    struct arena *arena, struct listed **done, struct error *err)
{
	struct layout_object where;
	int order;

	*done = NULL;
	gather->keys++;
	layout_parse(object->key, object->key_len, &where);
	if (where.kind == LAYOUT_FOREIGN)
		gather->foreign++;
	if (where.kind == LAYOUT_RECORDER_METADATA)
		return take_recorder(
		    gather, &where.recorder_id, object, arena, err);
	if (layout_file(where.kind) == NULL && where.kind != LAYOUT_CHUNK)
		return true;
	order = gather->any ? compare(gather, &where) : 1;
	if (order < 0)
		return error_set(err, ERROR_INVALID,
		    "the object store's listing is not in order");
	if (order > 0) {
		if (!gather_end(gather, arena, done, err))
			return false;
		gather_start(gather, &where);
	}
	take(gather, &where, object);
	return true;
}
