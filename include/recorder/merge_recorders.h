/* SPDX-License-Identifier: MIT */
/* Bringing the rows of recorders in line with a listing. */
#ifndef SETLINK_RECORDER_MERGE_RECORDERS_H
#define SETLINK_RECORDER_MERGE_RECORDERS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "recorder/gather.h"
#include "recorder/merge.h"

/* Fetch the metadata of those recorders of a page whose ETag is new, and store
 * their names. What cannot be fetched is left for the next refresh, and is the
 * error of this one, as in merge_page. */
bool merge_recorders(struct refresh *refresh, struct arena *arena,
    const struct listed_recorder *list, struct error *err) MUST_CHECK;

#endif
