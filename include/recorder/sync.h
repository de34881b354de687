/* SPDX-License-Identifier: MIT */
/* Bringing the index up to date with the bucket. */
#ifndef SETLINK_RECORDER_SYNC_H
#define SETLINK_RECORDER_SYNC_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/error.h"
#include "db/db.h"

/* What a refresh saw and did. */
struct sync_report {
	bool busy;        /* another refresh is running; nothing was done */
	bool fresh;       /* the index was not stale; nothing was done */
	int64_t requests; /* to MinIO */
	int64_t keys;
	int64_t foreign; /* keys that do not fit the layout */
	int64_t recordings;
	int64_t added, changed, gone;
	int64_t unreadable; /* new metadata that is no JSON object, or huge */
};

/* Called after each page of the listing, and after some metadata was fetched,
 * to show progress. */
typedef void sync_progress(void *context, const struct sync_report *so_far);

struct sync_options {
	bool if_stale; /* only if the index is older than the interval */
	unsigned wait; /* seconds to wait while another refresh runs */
	/* Set by a signal: end soon, with ERROR_CONFLICT, so that the lease is
	 * given back. May be NULL. */
	const volatile sig_atomic_t *stop;
	sync_progress *progress; /* may be NULL */
	void *context;
};

/* List the bucket once, side by side with the index, fetch metadata whose
 * ETag is new, and write what differs. One refresh runs at a time, over all
 * machines. Memory does not grow with the bucket. A page that cannot be listed
 * ends the refresh with an error; what was written stays, and nothing that was
 * not listed is taken for gone. Nor is what S3 still has when asked for it: a
 * listing that leaves it out is an error. Metadata that cannot be fetched
 * leaves the row of its recording as it was, and is the error of the refresh
 * once the rest is done. How it went is kept in sync_state, with the time when
 * the listing began: whatever the bucket held then is in the index. */
bool sync_run(struct db *db, const struct config *config,
    const struct sync_options *options, struct sync_report *report,
    struct error *err) MUST_CHECK;

/* Read waveforms that are new, as audio.h says, once all that a request needs
 * is there: it may take a while. Nothing is done while a refresh runs. Their
 * number in *requests; of the options, `stop` alone counts. */
bool sync_audio(struct db *db, const struct config *config,
    const struct sync_options *options, int64_t *requests, struct error *err)
    MUST_CHECK;

#endif
