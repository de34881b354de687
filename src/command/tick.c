/* SPDX-License-Identifier: MIT */
/* setlink tick. */
#include "dj/tick.h"

#include <stdio.h>
#include <sysexits.h>

#include "command/commands.h"
#include "command/setup.h"
#include "recorder/alarms.h"

/* It is run each minute: no news is no line. */
static void
print_report(const struct tick_report *report)
{
	if (report->draws + report->turns + report->sessions > 0)
		(void)printf("%u drawn, %u turns begun, %u sessions ended\n",
		    report->draws, report->turns, report->sessions);
}

int
command_tick(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct tick_report report;
	struct setup setup;
	struct error err;
	int status;

	if (!command_no_arguments(argc, argv))
		return EX_USAGE;
	status = setup_begin(&setup, SETUP_TIMEOUT);
	if (status == 0 &&
	    !tick_run(
		setup.db, &setup.config, &arena, clock_now(), &report, &err)) {
		status = command_fail_error(&err);
	} else if (status == 0) {
		print_report(&report);
		alarms_watch(setup.db, &setup.config, clock_now());
	}
	arena_free(&arena);
	setup_end(&setup);
	return status;
}
