/* SPDX-License-Identifier: MIT */
/* Why a set has the recording that it has, or none. */
#include "recorder/explain.h"

#include <stdint.h>

#include "base/log.h"
#include "recorder/match_words.h"

static struct match_set
set_of(const struct explain_case *about)
{
	return (struct match_set){
	    .start = about->set->start,
	    .end = about->set->end,
	    .running = about->set->running,
	};
}

static void
put_words(struct buf *out, const struct explain_case *about, size_t index)
{
	const struct match_set set = set_of(about);

	match_words(out, &set, &about->candidates->recordings[index],
	    about->match->rule, about->reasons[index]);
}

static void
log_one(const struct explain_case *about, size_t index)
{
	const struct match_recording *r = &about->candidates->recordings[index];
	char session[UUID_TEXT_SIZE], recording[UUID_TEXT_SIZE];
	char start[CLOCK_RFC3339_SIZE];
	struct buf words = BUF_INIT;
	const char *text;

	uuid_format(&about->set->id, session);
	uuid_format(&r->id, recording);
	clock_format(r->start, start);
	put_words(&words, about, index);
	text = buf_text(&words);
	log_line(LOG_DEBUG,
	    "event=match session=%s recording=%s start=%s chosen=%s "
	    "reason=\"%s\"",
	    session, recording, start,
	    about->reasons[index] <= MATCH_PART ? "yes" : "no",
	    text == NULL ? "" : text);
	buf_free(&words);
}

void
explain_log(const struct explain_case *about)
{
	for (size_t i = 0; i < about->candidates->count; i++)
		log_one(about, i);
}

/* "held by DJ Anna's set" */
static bool
put_holder(struct db *db, struct arena *arena, struct buf *out,
    const struct explain_case *about, struct error *err)
{
	static const enum db_type types[] = {DB_TEXT};
	const struct db_value args[] = {
	    db_uuid(&about->candidates->holders[about->match->taken])};
	struct db_value name;
	bool found;

	if (!db_select_one(db,
		"SELECT " HOLDS_NAMES " FROM sessions s "
		"JOIN djs d ON d.id = s.dj_id WHERE s.id = ?",
		args, 1, types, &name, 1, arena, &found, err))
		return false;
	if (found)
		buf_printf(out, "held by DJ %s's set", name.as.text.bytes);
	else
		buf_puts(out, "held by another set");
	return true;
}

/* Whether the set would have been on something, were it in another room. */
static bool
is_elsewhere(struct db *db, struct arena *arena,
    const struct explain_case *about, bool *out, struct error *err)
{
	const struct match_set match_set = set_of(about);
	struct holds_set set = *about->set;
	struct candidates candidates;
	struct match_result match;

	*out = false;
	if (set.room == NULL)
		return true;
	set.room = NULL;
	if (!candidates_read(db, arena, &set, 0, about->now, &candidates, err))
		return false;
	match_choose(&match_set, candidates.recordings, candidates.count,
	    set.tolerance, NULL, &match);
	*out = match.n_parts > 0 || match.taken != SIZE_MAX;
	return true;
}

static bool
put_none(struct db *db, struct arena *arena, struct buf *out,
    const struct explain_case *about, struct error *err)
{
	bool elsewhere;

	/* Why those of its own recorder have nothing of it says more. */
	if (!is_elsewhere(db, arena, about, &elsewhere, err))
		return false;
	if (elsewhere && about->match->absence == MATCH_NOT_FOUND &&
	    (about->match->nearest == SIZE_MAX ||
		about->match->missed_by > about->set->tolerance)) {
		buf_puts(out, "recorded by the recorder of another room only");
	} else if (about->match->nearest == SIZE_MAX) {
		buf_puts(out, "no recording around that time");
	} else {
		buf_puts(out, "the nearest recording: ");
		put_words(out, about, about->match->nearest);
	}
	return true;
}

static bool
put_choice(struct db *db, struct arena *arena, struct buf *out,
    const struct explain_case *about, struct error *err)
{
	const struct match_result *match = about->match;

	if (match->n_parts == 0 && match->taken == SIZE_MAX)
		return put_none(db, arena, out, about, err);
	if (match->n_parts > 0)
		put_words(out, about, match->parts[match->primary].index);
	if (match->taken == SIZE_MAX)
		return true;
	if (match->n_parts > 0)
		buf_puts(out, "; a better one is ");
	return put_holder(db, arena, out, about, err);
}

bool
explain_choice(struct db *db, struct arena *arena,
    const struct explain_case *about, const char **out, struct error *err)
{
	struct buf words = BUF_INIT;
	bool ok = put_choice(db, arena, &words, about, err);

	*out = NULL;
	if (ok && buf_text(&words) != NULL)
		*out = arena_copy(arena, words.data, words.len);
	buf_free(&words);
	return ok && (*out != NULL || error_memory(err));
}
