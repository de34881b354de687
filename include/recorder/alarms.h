/* SPDX-License-Identifier: MIT */
/* Running sets that are not being recorded: a recorder that is off or has no
 * signal is to be noticed while the set can still be saved. */
#ifndef SETLINK_RECORDER_ALARMS_H
#define SETLINK_RECORDER_ALARMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/uuid.h"
#include "db/db.h"

enum alarm_kind {
	ALARM_NONE,         /* it is being recorded, or may be soon */
	ALARM_NO_RECORDING, /* it is linked to none */
	ALARM_QUIET,        /* nothing more comes of its recording */
	ALARM_ENDED,        /* that was closed, and there is no other */
	ALARM_GONE          /* that is not in the bucket any more */
};

struct alarm_set {
	struct uuid id;
	const char *name; /* of who plays; in the arena, as is the room */
	const char *room; /* NULL: none */
	bool recorded;    /* something of it has come in time */
	enum alarm_kind kind;
	usec_t since; /* nothing of it was recorded; of an alarm */
	bool noted;   /* the log has it */
};

/* So many sets are looked at, those that began last. */
#define ALARM_SETS_MAX 64

/* Sets that a person unlinked are not among them. */
struct alarms {
	usec_t known_at; /* as of when the index tells; 0: it tells nothing */
	size_t running, recorded, alarmed;
	struct alarm_set sets[ALARM_SETS_MAX]; /* `running` of them */
};

/* Read the sets that run and how they stand, in one statement. One is in alarm
 * when SETLINK_ALARM_MINUTES have gone by without anything new of it: no
 * recording, or none of its recordings is open and gives chunks. Once that was
 * noted it stays so until there is something new.
 *
 * What counts is how long it was as of the index: an older index is no reason
 * for an alarm, and none to take one back. While MinIO sends its events the
 * index is that of now. */
bool alarms_read(struct db *db, const struct config *config,
    struct arena *arena, usec_t now, struct alarms *out, struct error *err)
    MUST_CHECK;

/* Write into the log which sets have come into an alarm and which are recorded
 * again: once, however many processes on however many machines find it. What
 * fails is logged, and left to whoever looks next. */
void alarms_note(struct db *db, const struct alarms *alarms, usec_t now);

/* alarms_read and alarms_note, with a failure logged; nothing where recordings
 * are not looked for at all. */
void alarms_watch(struct db *db, const struct config *config, usec_t now);

/* "2 sets run, both are being recorded": in the arena, NULL when memory is
 * short. */
const char *alarms_summary(struct arena *arena, const struct alarms *alarms);

/* Why a set is in alarm, and since when: in words, without names. */
#define ALARM_REASON_SIZE 128
void alarm_reason(const struct alarm_set *set, char out[ALARM_REASON_SIZE]);

#endif
