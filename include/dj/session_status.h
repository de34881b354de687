/* SPDX-License-Identifier: MIT */
/* What has become of a set's recording. */
#ifndef SETLINK_DJ_SESSION_STATUS_H
#define SETLINK_DJ_SESSION_STATUS_H

#include "dj/sessions.h"

enum session_status {
	SESSION_RECORDING,  /* the set runs */
	SESSION_PROCESSING, /* its recording may still come */
	SESSION_UPLOADED,   /* the recording is there */
	SESSION_FAILED      /* it did not come in time, or is lost */
};

/* The rest, where there is more to say. */
enum session_detail {
	SESSION_NO_DETAIL,
	SESSION_IS_RECORDED,      /* its recording goes on */
	SESSION_WAITING_FOR_FILE, /* the recording has ended */
	SESSION_REOPENED, /* its files are to be replaced, or not yet its own */
	SESSION_AUDIO_LOST, /* its files were replaced */
	SESSION_DELETED,    /* its recording is gone from the bucket */
	SESSION_SHORT,      /* a part of it was not recorded */
	SESSION_SILENT,     /* nothing can be heard on its recording */
	SESSION_NOT_FOUND   /* no recording fits */
};

/* `wait` is how long after its end, in microseconds, a set may wait for its
 * recording. */
enum session_status session_status(
    const struct session *session, usec_t now, usec_t wait);
enum session_detail session_detail(const struct session *session);

/* "recording", "processing", "uploaded" or "failed". */
const char *session_status_name(enum session_status status);

/* A word, such as "audio_lost", and a sentence; NULL where there is nothing to
 * say. */
const char *session_detail_name(enum session_detail detail);
const char *session_detail_sentence(const struct session *session);

#endif
