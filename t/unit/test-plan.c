/* SPDX-License-Identifier: MIT */
/* Whose turn is when: what a plan says at a given time. */
#include "dj/plan.h"
#include "tap.h"

#define MIN   USEC_PER_MIN
#define START (1000 * USEC_PER_HOUR)
#define HOUR  (60 * MIN)
#define NEVER CLOCK_MAX

/* Minutes after the start of the event. */
#define AT(minutes) (START + (minutes)*MIN)

static struct plan_turn
waiting(int minutes)
{
	return (struct plan_turn){
	    .waiting = true, .planned = true, .slot = AT(minutes)};
}

/* One who plays without a session. */
static struct plan_turn
playing(int minutes, int began)
{
	return (struct plan_turn){
	    .planned = true, .slot = AT(minutes), .began = AT(began)};
}

static struct plan
plan_of(struct plan_turn *turns, size_t n_turns)
{
	return (struct plan){
	    .started_at = START,
	    .slot_length = HOUR,
	    .first_draw = 20 * MIN,
	    .turns = turns,
	    .n_turns = n_turns,
	};
}

static void
test_before(void)
{
	struct plan_turn first = waiting(0);
	struct plan plan = plan_of(NULL, 0);

	plan_compute(&plan, AT(-60));
	tap_is_int(plan.draw_due, AT(-20), "the first draw is early");
	tap_is_int(plan.next_due, NEVER, "nobody waits");
	tap_is_int(plan_next_slot(&plan, AT(-20)), AT(0), "for the start");
	tap_is_int(plan_next_slot(&plan, AT(7)), AT(7),
	    "or for when somebody could be drawn at last");
	plan.replanned_at = AT(-5);
	plan_compute(&plan, AT(-5));
	tap_is_int(plan.draw_due, AT(-5), "not before the event was known");
	plan = plan_of(&first, 1);
	plan_compute(&plan, AT(-10));
	tap_is_int(plan.draw_due, AT(30), "then at half of the first slot");
	tap_is_int(plan.next_due, AT(0), "the first turn begins at the start");
	tap_is_int(first.estimate, AT(0), "as is expected");
}

static void
test_running(void)
{
	struct plan_turn turns[] = {playing(0, 0), waiting(60), waiting(120)};
	struct plan plan = plan_of(turns, 1);

	plan_compute(&plan, AT(10));
	tap_is_int(plan.draw_due, AT(30), "the next draw at half of the slot");
	tap_is_int(plan_next_slot(&plan, AT(30)), AT(60), "for the next slot");
	tap_is_int(plan_next_slot(&plan, AT(95)), AT(95),
	    "one that is late begins a slot of its own");
	plan = plan_of(turns, 3);
	plan_compute(&plan, AT(40));
	tap_is_int(plan.draw_due, AT(150), "a full queue is not drawn for");
	tap_is_int((int64_t)plan.next, 1, "the first who waits is next");
	tap_is_int(plan.next_due, AT(60), "when the slot is over");
	tap_is_int(turns[2].estimate, AT(120), "and so on");
	plan_compute(&plan, AT(70));
	tap_is_int(plan.next_due, AT(60), "late is as of then");
	tap_is_int(turns[1].estimate, AT(70), "but nobody is told the past");
}

static void
test_overrun(void)
{
	const struct plan_session session = {.started_at = AT(0)};
	const struct plan_session special = {
	    .started_at = AT(50), .length = 2 * HOUR};
	struct plan_turn turns[] = {waiting(60), waiting(120)};
	struct plan plan = plan_of(turns, 2);

	plan.sessions = &session;
	plan.n_sessions = 1;
	plan_compute(&plan, AT(30));
	tap_is_int(turns[0].estimate, AT(60), "a session is in its slot");
	tap_is_int(plan.next_due, NEVER, "nobody's turn begins while it runs");
	plan_compute(&plan, AT(75));
	tap_is_int(turns[0].estimate, AT(75), "it runs over: estimates move");
	tap_is_int(turns[1].estimate, AT(135), "all of them");
	tap_is_int(plan.draw_due, AT(150), "the draws do not");
	plan.sessions = &special;
	plan_compute(&plan, AT(55));
	tap_is_int(turns[0].estimate, AT(170), "a session of another length");
	plan.n_sessions = 0;
	plan.free_at = AT(75);
	plan_compute(&plan, AT(80));
	tap_is_int(
	    plan.next_due, AT(75), "it ended: the next turn begins then");
	turns[0] = playing(60, 75);
	plan_compute(&plan, AT(80));
	tap_is_int(plan.next_due, AT(135), "and is a whole one");
	plan.free_at = AT(50);
	turns[0] = waiting(60);
	plan_compute(&plan, AT(52));
	tap_is_int(plan.next_due, AT(60), "after an early end slots stay");
}

static void
test_replanning(void)
{
	struct plan_turn turns[] = {playing(0, 0), waiting(500), waiting(7)};
	struct plan plan = plan_of(turns, 3);

	plan_slots(&plan, AT(20));
	tap_is_int(turns[0].slot, AT(0), "what has begun stays");
	tap_is_int(turns[1].slot, AT(60), "the rest follows");
	tap_is_int(turns[2].slot, AT(120), "one behind the other");
	plan = plan_of(turns + 1, 2);
	plan.has_last_slot = true;
	plan.last_slot = AT(0);
	plan_slots(&plan, AT(100));
	tap_is_int(
	    turns[1].slot, AT(100), "nobody plays: the next turn is now");
	plan.has_last_slot = false;
	plan_slots(&plan, AT(-30));
	tap_is_int(turns[1].slot, AT(0), "before the start it is the first");
}

/* A clock that is set back, or was ahead. */
static void
test_clock(void)
{
	struct plan_turn turns[] = {playing(0, 0), waiting(60)};
	struct plan plan = plan_of(turns, 2);

	plan_compute(&plan, AT(-600));
	tap_is_int(
	    turns[1].estimate, AT(60), "a clock set back changes nothing");
	tap_is_int(plan.next_due, AT(60), "of what is due");
	plan_compute(&plan, AT(6000));
	tap_is_int(plan.next_due, AT(60), "nor does one set ahead");
	tap_is_int(plan.draw_due, AT(90), "what is due was due then");
}

int
main(void)
{
	test_before();
	test_running();
	test_overrun();
	test_replanning();
	test_clock();
	return tap_done();
}
