/* SPDX-License-Identifier: MIT */
/* Fetching the metadata of recordings and recorders, many at a time. */
#include "recorder/fetch.h"

#include <string.h>

#include "recorder/layout.h"
#include "s3/status.h"

/* Read an answer. The tree of the JSON can be many times larger than its text,
 * so it gets an arena of its own; only the name is kept. */
static bool
read_answer(struct arena *arena, struct arena *scratch,
    struct s3_request *request, struct fetch *fetch, struct error *err)
{
	const char *text = buf_text(&request->body);
	struct error why;

	if (text == NULL)
		return error_memory(err);
	arena_reset(scratch);
	if (!metadata_parse(
		scratch, text, request->body.len, &fetch->metadata, &why)) {
		fetch->outcome = FETCH_UNREADABLE;
		*err = why;
		return why.code == ERROR_INVALID;
	}
	fetch->outcome = FETCH_READ;
	fetch->metadata.name = arena_copy(
	    arena, fetch->metadata.name, strlen(fetch->metadata.name));
	return fetch->metadata.name != NULL || error_memory(err);
}

static bool
take_answer(struct arena *arena, struct arena *scratch,
    struct s3_request *request, struct fetch *fetch, struct error *err)
{
	fetch->etag = arena_copy(arena, request->etag, strlen(request->etag));
	if (fetch->etag == NULL)
		return error_memory(err);
	fetch->modified = request->modified;
	if (request->error.code == ERROR_OK)
		return read_answer(arena, scratch, request, fetch, err);
	fetch->error = request->error;
	if (s3_status_is_no_key(
		request->status, request->body.data, request->body.len))
		fetch->outcome = FETCH_ABSENT;
	else if (request->error.code == ERROR_TOO_LARGE)
		fetch->outcome = FETCH_UNREADABLE;
	else
		fetch->outcome = FETCH_FAILED;
	return true;
}

static bool
make_key(const struct fetch *fetch, char *out, size_t size)
{
	if (fetch->of_recorder)
		return layout_recorder_key(&fetch->recorder_id, out, size);
	return layout_key(LAYOUT_SESSION_METADATA, &fetch->recorder_id,
	    &fetch->id, out, size);
}

bool
fetch_metadata(struct s3_client *client, struct arena *arena,
    struct fetch *fetches, size_t n_fetches, struct error *err)
{
	char keys[FETCH_MAX][LAYOUT_KEY_SIZE];
	struct s3_request requests[FETCH_MAX] = {0};
	struct s3_request *list[FETCH_MAX];
	struct arena scratch = ARENA_INIT;
	bool ok = true;
	size_t i;

	for (i = 0; i < n_fetches && ok; i++) {
		list[i] = &requests[i];
		requests[i].method = "GET";
		requests[i].key = keys[i];
		requests[i].max_body = FETCH_MAX_BYTES;
		ok = make_key(&fetches[i], keys[i], sizeof(keys[i])) ||
		    error_set(err, ERROR_INTERNAL, "a key is too long");
	}
	ok = ok && s3_client_run(client, list, n_fetches, err);
	for (i = 0; i < n_fetches && ok; i++)
		ok = take_answer(
		    arena, &scratch, &requests[i], &fetches[i], err);
	for (i = 0; i < FETCH_MAX; i++)
		buf_free(&requests[i].body);
	arena_free(&scratch);
	return ok;
}
