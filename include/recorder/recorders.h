/* SPDX-License-Identifier: MIT */
/* The recorders: rows of them. */
#ifndef SETLINK_RECORDER_RECORDERS_H
#define SETLINK_RECORDER_RECORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

struct recorder {
	struct uuid id;
	const char *name; /* "" while it is not known */
	usec_t first_seen, last_seen;
	int64_t recordings, bytes; /* of the files that the index knows */
	bool has_open;
	struct uuid open;  /* the recording that goes on */
	const char *room;  /* NULL when it is tied to none */
	usec_t correction; /* to be added to its times */
};

/* What an admin sets. What is not given stays. */
struct recorder_change {
	const char *room; /* NULL: not given, "": none */
	bool has_correction;
	usec_t correction;
};

typedef bool recorders_visit(
    void *context, const struct recorder *recorder, struct error *err);

/* Visit a page of all recorders, by first_seen, newest first. The numbers are
 * those of the last refresh, so that a list reads no more than a row or two a
 * recorder; `now` tells whether a recording goes on. */
bool recorders_list(struct db *db, struct arena *arena,
    const struct db_page *page, usec_t now, recorders_visit *visit,
    void *context, struct error *err) MUST_CHECK;

/* ERROR_NOT_FOUND when there is no such recorder. */
bool recorders_find(struct db *db, struct arena *arena, const struct uuid *id,
    usec_t now, struct recorder *out, struct error *err) MUST_CHECK;

/* ERROR_NOT_FOUND likewise. Sets are matched anew by the next refresh. */
bool recorders_change(struct db *db, const struct uuid *id,
    const struct recorder_change *change, struct error *err) MUST_CHECK;

/* Tell that recordings of a recorder change, in the transaction that changes
 * them: once for each recorder of it. A new recorder gets its row. */
bool recorders_touch(struct db *db, const struct uuid *id, usec_t now,
    struct error *err) MUST_CHECK;

/* Store what its metadata says. `name` is NULL when that cannot be read: the
 * name that is known stays then. */
bool recorders_store(struct db *db, const struct uuid *id, const char *name,
    const char *etag, usec_t now, struct error *err) MUST_CHECK;

/* Whether the metadata with this ETag is the one that was stored last. */
bool recorders_know(struct db *db, const struct uuid *id, const char *etag,
    bool *known, struct error *err) MUST_CHECK;

/* Count the recordings of the recorders that were touched since they were
 * counted. It reads each recording of these. */
bool recorders_count(struct db *db, struct error *err) MUST_CHECK;

#endif
