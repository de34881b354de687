/* SPDX-License-Identifier: MIT */
/* What has become of a set's recording. */
#include "dj/session_status.h"

#include <string.h>

/* What may be missing of a set without a word: a minute, or a tenth. */
static bool
is_short(const struct session *session)
{
	usec_t length = session->ended_at - session->started_at;
	usec_t least = length / 10;

	if (least > USEC_PER_MIN)
		least = USEC_PER_MIN;
	return session->has_recorded && session->recorded < length - least;
}

/* What is known of a set that has no recording. */
static enum session_detail
detail_of_none(const struct session *session)
{
	if (strcmp(session->link_state, "audio_lost") == 0)
		return SESSION_AUDIO_LOST;
	if (strcmp(session->link_state, "silent") == 0)
		return SESSION_SILENT;
	return SESSION_NOT_FOUND;
}

/* What becomes of the part that the set has. */
static enum session_detail
detail_of_part(const struct session *session)
{
	const struct tracks_part *part = &session->part;

	if (part->gone)
		return SESSION_DELETED;
	if (!part->span.held)
		return part->replaced ? SESSION_AUDIO_LOST : SESSION_NOT_FOUND;
	if (!part->span.in_file)
		return part->reopened ? SESSION_REOPENED : SESSION_IS_RECORDED;
	if (!part->has_file[RECORDING_OGG])
		return SESSION_WAITING_FOR_FILE;
	if (part->reopened)
		return SESSION_REOPENED;
	return is_short(session) ? SESSION_SHORT : SESSION_NO_DETAIL;
}

/* What is missing of a set that runs may still come. */
enum session_detail
session_detail(const struct session *session)
{
	if (!session->linked)
		return detail_of_none(session);
	if (session->ended || session->part.gone)
		return detail_of_part(session);
	return session->part.open ? SESSION_IS_RECORDED : SESSION_NO_DETAIL;
}

enum session_status
session_status(const struct session *session, usec_t now, usec_t wait)
{
	if (!session->ended)
		return SESSION_RECORDING;
	switch (session_detail(session)) {
	case SESSION_NO_DETAIL:
	case SESSION_SHORT:
		return SESSION_UPLOADED;
	case SESSION_REOPENED:
		if (session->part.has_file[RECORDING_OGG])
			return SESSION_UPLOADED;
		break;
	case SESSION_AUDIO_LOST:
	case SESSION_DELETED:
	case SESSION_SILENT:
		return SESSION_FAILED;
	case SESSION_IS_RECORDED:
	case SESSION_WAITING_FOR_FILE:
	case SESSION_NOT_FOUND:
		break;
	}
	return now - session->ended_at <= wait ? SESSION_PROCESSING
					       : SESSION_FAILED;
}

const char *
session_status_name(enum session_status status)
{
	static const char *const names[] = {
	    [SESSION_RECORDING] = "recording",
	    [SESSION_PROCESSING] = "processing",
	    [SESSION_UPLOADED] = "uploaded",
	    [SESSION_FAILED] = "failed",
	};

	return names[status];
}

static const struct {
	const char *name, *sentence;
} details[] = {
    [SESSION_NO_DETAIL] = {NULL, NULL},
    [SESSION_IS_RECORDED] = {"recording",
	"The recording goes on; its files come when it ends."},
    [SESSION_WAITING_FOR_FILE] = {"waiting_for_file",
	"The recording has ended; its files are being made."},
    [SESSION_REOPENED] = {"reopened",
	"The recorder was started again and goes on with this recording: "
	"its files will be replaced when it ends."},
    [SESSION_AUDIO_LOST] = {"audio_lost",
	"The recorder was started again and has replaced the files with this "
	"set; nothing of it is left."},
    [SESSION_DELETED] = {"deleted",
	"The recording was deleted from the bucket."},
    [SESSION_SHORT] = {"short", "A part of the set is in no recording."},
    [SESSION_SILENT] = {"silent",
	"Something was recorded, but there is nothing to hear."},
    [SESSION_NOT_FOUND] = {"not_found",
	"No recording is known of the time of this set."},
};

const char *
session_detail_name(enum session_detail detail)
{
	return details[detail].name;
}

const char *
session_detail_sentence(const struct session *session)
{
	enum session_detail detail = session_detail(session);

	if (detail == SESSION_NOT_FOUND && session->barred)
		return "The recording of this set was unlinked by hand.";
	return details[detail].sentence;
}
