/* SPDX-License-Identifier: MIT */
/* What a listing shows, beside what the index has of it. */
#include "recorder/listed.h"

#include <string.h>

/* An event, or a listing, tells it to the millisecond; who fetches metadata
 * without either, to the second. */
static bool
is_same_time(usec_t known, usec_t listed)
{
	return known == 0 || known == listed ||
	    known == listed - listed % USEC_PER_SEC;
}

static bool
is_same_file(const struct recording_file *a, const struct recording_file *b)
{
	return a->size == b->size && strcmp(a->etag, b->etag) == 0 &&
	    is_same_time(a->at, b->at);
}

bool
listed_is_same(const struct recording *row, const struct recording *listed)
{
	for (int i = 0; i < RECORDING_FILES; i++)
		if (!is_same_file(&row->files[i], &listed->files[i]))
			return false;
	return strcmp(row->metadata_etag, listed->metadata_etag) == 0 &&
	    is_same_time(row->metadata_at, listed->metadata_at) &&
	    row->chunks == listed->chunks &&
	    row->has_newest_chunk == listed->has_newest_chunk &&
	    row->newest_chunk == listed->newest_chunk;
}

bool
listed_is_known(const struct recording *row, const struct recording *listed)
{
	for (int i = 0; i < RECORDING_FILES; i++)
		if (row->files[i].at == 0 && listed->files[i].at != 0)
			return false;
	return row->metadata_at != 0 || listed->metadata_at == 0;
}
