/* SPDX-License-Identifier: MIT */
/* setlink check and setlink probe. */
#include "recorder/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/setup.h"

/* `setlink probe` has answered after so many microseconds: a worker waits a
 * little longer for it. */
#define PROBE_TIME 1200000

static void
print_finding(void *context, const char *subject, bool ok, const char *finding)
{
	(void)context;
	(void)printf("%-4s  %-13s  %s\n", ok ? "ok" : "FAIL", subject, finding);
	(void)fflush(stdout);
}

int
command_check(int argc, char **argv)
{
	struct setup setup;
	struct error err;
	int status = 0;

	if (!command_no_arguments(argc, argv))
		return EX_USAGE;
	if (!setup_open(&setup, SETUP_TIMEOUT, &err)) {
		print_finding(NULL, "settings", false, err.detail);
		status = command_fail(EX_CONFIG, err.detail);
	} else {
		print_finding(NULL, "settings", true, "all are valid");
		db_any_schema(setup.db);
		if (!check_run(setup.db, &setup.config, print_finding, NULL))
			status = command_fail(EXIT_FAILURE, "not all is well");
	}
	setup_end(&setup);
	return status;
}

static const char too_slow[] = "MinIO does not answer in time\n";

static void
on_alarm(int number)
{
	(void)number;
	(void)!write(STDOUT_FILENO, too_slow, sizeof(too_slow) - 1);
	_exit(EX_UNAVAILABLE);
}

/* For the worker, which has no libcurl. It prints "ok" or the reason, so that
 * a probe that could not run at all is not taken for either. */
int
command_probe(int argc, char **argv)
{
	const struct itimerval timer = {.it_value = {
					    .tv_sec = PROBE_TIME / 1000000,
					    .tv_usec = PROBE_TIME % 1000000,
					}};
	struct setup setup;
	struct error err = {.code = ERROR_OK};
	int status;

	if (!command_no_arguments(argc, argv))
		return EX_USAGE;
	(void)signal(SIGALRM, on_alarm);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
	status = setup_begin(&setup, SETUP_TIMEOUT);
	if (status == 0 && setup.config.recorder_enabled &&
	    !check_minio(&setup.config, &err))
		status = EX_UNAVAILABLE;
	if (status == 0)
		(void)printf("ok\n");
	else if (status == EX_UNAVAILABLE)
		(void)printf("%s\n", err.detail);
	setup_end(&setup);
	return status;
}
