/* SPDX-License-Identifier: MIT */
/* Whose turn is when. */
#include "dj/plan.h"

static usec_t
later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

/* The latest slot that has been planned: of all, or of those that have begun
 * only. */
static bool
last_slot(const struct plan *plan, bool waiting_too, usec_t *out)
{
	bool any = plan->has_last_slot;
	size_t i;

	*out = plan->last_slot;
	for (i = 0; i < plan->n_turns; i++) {
		const struct plan_turn *turn = &plan->turns[i];

		if (!turn->planned || (turn->waiting && !waiting_too))
			continue;
		*out = any ? later(*out, turn->slot) : turn->slot;
		any = true;
	}
	return any;
}

usec_t
plan_next_slot(const struct plan *plan, usec_t due)
{
	usec_t last;

	if (!last_slot(plan, true, &last))
		return later(plan->started_at, due);
	return later(last + plan->slot_length, due);
}

void
plan_slots(struct plan *plan, usec_t now)
{
	usec_t slot = plan->started_at, last;
	size_t i;

	if (last_slot(plan, false, &last))
		slot = last + plan->slot_length;
	slot = later(slot, now);
	for (i = 0; i < plan->n_turns; i++) {
		if (!plan->turns[i].waiting)
			continue;
		plan->turns[i].planned = true;
		plan->turns[i].slot = slot;
		slot += plan->slot_length;
	}
}

static usec_t
draw_due(const struct plan *plan)
{
	usec_t last, due = plan->started_at - plan->first_draw;

	if (last_slot(plan, true, &last))
		due = last + plan->slot_length / 2;
	return later(due, plan->replanned_at);
}

/* When the desk is free, as far as one can tell. */
static usec_t
desk_free_at(const struct plan *plan, usec_t now)
{
	usec_t free_at = plan->free_at;
	size_t i;

	for (i = 0; i < plan->n_sessions; i++) {
		const struct plan_session *session = &plan->sessions[i];
		usec_t length = session->length > 0 ? session->length
						    : plan->slot_length;

		free_at = later(free_at, session->started_at + length);
		free_at = later(free_at, now);
	}
	for (i = 0; i < plan->n_turns; i++) {
		const struct plan_turn *turn = &plan->turns[i];

		if (!turn->waiting && !turn->has_session)
			free_at = later(
			    free_at, turn->began + plan->slot_length);
	}
	return free_at;
}

void
plan_compute(struct plan *plan, usec_t now)
{
	usec_t free_at = desk_free_at(plan, now);
	size_t i;

	plan->draw_due = draw_due(plan);
	plan->next = plan->n_turns;
	plan->next_due = CLOCK_MAX;
	for (i = 0; i < plan->n_turns; i++) {
		struct plan_turn *turn = &plan->turns[i];

		if (!turn->waiting)
			continue;
		turn->estimate = later(free_at, turn->slot);
		if (plan->next == plan->n_turns) {
			plan->next = i;
			if (plan->n_sessions == 0)
				plan->next_due = turn->estimate;
		}
		turn->estimate = later(turn->estimate, now);
		free_at = turn->estimate + plan->slot_length;
	}
}
