/* SPDX-License-Identifier: MIT */
/* How things look in JSON, and in tables. */
#ifndef SETLINK_API_VIEWS_H
#define SETLINK_API_VIEWS_H

#include <stdbool.h>

#include "api/call.h"
#include "api/table.h"
#include "base/error.h"
#include "base/json.h"
#include "dj/djs.h"
#include "dj/lottery.h"
#include "dj/sessions.h"

void view_id(struct json_writer *w, const char *name, const struct uuid *id);

/* null when `known` is false. */
void view_optional_id(
    struct json_writer *w, const char *name, bool known, const struct uuid *id);
void view_time(
    struct json_writer *w, const char *name, bool known, usec_t time);

/* The e-mail address is for admins only. */
void view_dj(struct json_writer *w, const struct dj *dj, bool admin);

/* The member `participants`: who plays. */
void view_participants(
    struct json_writer *w, const struct session_dj *djs, size_t n_djs);

void view_lottery_statistics(
    struct json_writer *w, const struct lottery_statistics *statistics);

/* Whether the set has ended and its recording is there. */
bool view_is_uploaded(const struct call *call, const struct session *session);

/* ERROR_NOT_FOUND with the reason why it is not; why there is no recording of a
 * set; and why a part of one is not there. */
bool view_refuse_download(const struct session *session, struct error *err)
    MUST_CHECK;
bool view_refuse_recording(const struct session *session, struct error *err)
    MUST_CHECK;
bool view_refuse_part(const struct session *session,
    const struct tracks_part *part, struct error *err) MUST_CHECK;

/* The member `warnings`, if the recorder of a set was guessed: how to tell. */
void view_guess(struct json_writer *w, bool guessed);

/* The members that every session has, without the braces; `download_link` is
 * NULL while there is nothing to download. */
void view_session_members(struct call *call, struct json_writer *w,
    const struct session *session, const char *download_link);

/* The same with the lasting download link. */
bool view_session_lasting(struct call *call, struct json_writer *w,
    const struct session *session, struct error *err) MUST_CHECK;

/* A session with its lasting download link. */
bool view_session(struct call *call, struct json_writer *w,
    const struct session *session, struct error *err) MUST_CHECK;

/* The same as a row of a table. */
extern const struct table_layout view_session_layout;
bool view_session_row(struct call *call, struct table *table,
    const struct session *session, struct error *err) MUST_CHECK;

#endif
