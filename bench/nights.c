/* SPDX-License-Identifier: MIT */
/* Many nights, with a clock of their own: what `setlink tick` costs, beside the
 * smallest transaction that the same database can do. The database is that of
 * the settings, and is to be empty.
 *
 *   nights NIGHTS DJS
 *
 * Prints a line a measure: its name, how often, microseconds each. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "db/db.h"
#include "dj/djs.h"
#include "dj/events.h"
#include "dj/sessions.h"
#include "dj/tick.h"

#define SLOT 30 /* minutes */

static usec_t now = INT64_C(1800000000) * USEC_PER_SEC;

usec_t
clock_now(void)
{
	return now;
}

usec_t
clock_monotonic(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

struct measure {
	const char *name;
	long count;
	usec_t total;
};

static void
add(struct measure *measure, usec_t began)
{
	measure->count++;
	measure->total += clock_monotonic() - began;
}

static void
print(const struct measure *measure)
{
	printf("%-28s %8ld %10.1f\n", measure->name, measure->count,
	    measure->count == 0
		? 0.0
		: (double)measure->total / (double)measure->count);
}

enum { DREW, IDLE, FIRST_DREW, LAST_DREW, LOOK, LEAST, MEASURES };

struct bench {
	struct db *db;
	struct config config;
	struct arena arena;
	long nights, djs, night;
	struct measure measures[MEASURES];
};

static bool
register_all(struct bench *b, struct error *err)
{
	struct dj dj;
	long i;

	for (i = 0; i < b->djs; i++) {
		char name[40];

		arena_reset(&b->arena);
		(void)snprintf(name, sizeof(name), "DJ %ld", i);
		now += USEC_PER_MIN;
		if (!djs_register(b->db, &b->arena, name, NULL, &dj, err))
			return false;
	}
	return true;
}

static bool
tick(struct bench *b, struct error *err)
{
	struct tick_report report;
	struct night night;
	usec_t began = clock_monotonic();

	arena_reset(&b->arena);
	if (!tick_run(b->db, &b->config, &b->arena, now, &report, err))
		return false;
	add(&b->measures[report.draws + report.turns > 0 ? DREW : IDLE], began);
	if (report.draws > 0 && b->night < 10)
		add(&b->measures[FIRST_DREW], began);
	if (report.draws > 0 && b->night >= b->nights - 10)
		add(&b->measures[LAST_DREW], began);
	began = clock_monotonic();
	arena_reset(&b->arena);
	if (!tick_night(b->db, &b->config, &b->arena, now, &night, err))
		return false;
	add(&b->measures[LOOK], began);
	return true;
}

static bool
least_work(struct db *db, void *context, struct error *err)
{
	(void)context;
	return db_exec(db,
	    "UPDATE rooms SET starts = starts + 1 WHERE name = 'bench'", NULL,
	    0, NULL, err);
}

static bool
least(struct bench *b, struct error *err)
{
	usec_t began = clock_monotonic();

	if (!db_transaction(b->db, least_work, NULL, err))
		return false;
	add(&b->measures[LEAST], began);
	return true;
}

/* All DJs of a night play, and a tick every five minutes finds what is due. */
static bool
play_night(struct bench *b, struct error *err)
{
	struct event event = {.slot_minutes = SLOT, .cutoff_hours = 2};
	struct uuid ended[SESSIONS_MAX_ENDED];
	size_t n_ended;
	usec_t end;

	if (!register_all(b, err))
		return false;
	event.started_at = now + USEC_PER_HOUR;
	arena_reset(&b->arena);
	if (!events_start(b->db, &b->config, &b->arena, &event, now, err))
		return false;
	end = event.started_at + (b->djs + 1) * SLOT * USEC_PER_MIN;
	for (; now < end; now += 5 * USEC_PER_MIN)
		if (!tick(b, err) || !least(b, err))
			return false;
	arena_reset(&b->arena);
	return events_end(
	    b->db, &b->config, &b->arena, now, &event, ended, &n_ended, err);
}

static bool
run(struct bench *b, struct error *err)
{
	if (!db_exec(b->db,
		"INSERT INTO rooms (name, starts) VALUES ('bench', 0)", NULL, 0,
		NULL, err))
		return false;
	for (b->night = 0; b->night < b->nights; b->night++)
		if (!play_night(b, err))
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	static const char *const names[MEASURES] = {"tick that did something",
	    "tick that did nothing", "draw of the first ten nights",
	    "draw of the last ten nights", "look at the night",
	    "smallest transaction"};
	struct bench b = {.arena = ARENA_INIT};
	struct error err;
	bool ok;
	int i;

	if (argc != 3)
		return 2;
	b.nights = atol(argv[1]);
	b.djs = atol(argv[2]);
	for (i = 0; i < MEASURES; i++)
		b.measures[i].name = names[i];
	ok = config_load(&b.config, &err);
	if (ok)
		b.db = db_new(&b.config, 60);
	ok = ok && b.db != NULL && run(&b, &err);
	for (i = 0; ok && i < MEASURES; i++)
		print(&b.measures[i]);
	if (!ok)
		(void)fprintf(stderr, "%s\n", err.detail);
	arena_free(&b.arena);
	db_free(b.db);
	config_free(&b.config);
	db_library_end();
	return ok ? 0 : 1;
}
