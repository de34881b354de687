/* SPDX-License-Identifier: MIT */
/* What the commands share. */
#include "command/setup.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/sandbox.h"

static bool
load(struct setup *setup, struct error *err)
{
	struct error why;

	setup->db = NULL;
	if (!config_load(&setup->config, err))
		return false;
	log_set_level(setup->config.log_level);
	/* The workers make their log. Who may not write it has stderr. */
	if (!log_open(setup->config.log_file, false, &why))
		log_line(LOG_DEBUG, "event=no_log %s", why.detail);
	return true;
}

static bool
make_connection(struct setup *setup, unsigned timeout, struct error *err)
{
	setup->db = db_new(&setup->config, timeout);
	return setup->db != NULL || error_memory(err);
}

bool
setup_open(struct setup *setup, unsigned timeout, struct error *err)
{
	if (!load(setup, err))
		return false;
	sandbox_enter(&setup->config, NULL);
	return make_connection(setup, timeout, err);
}

int
setup_begin(struct setup *setup, unsigned timeout)
{
	struct error err;

	return setup_open(setup, timeout, &err)
	    ? 0
	    : command_fail(EX_CONFIG, err.detail);
}

void
setup_end(struct setup *setup)
{
	db_free(setup->db);
	config_free(&setup->config);
}

int
command_fail(int status, const char *detail)
{
	(void)fprintf(stderr, "setlink: %s\n", detail);
	return status;
}

int
command_fail_error(const struct error *err)
{
	return command_fail(
	    err->code == ERROR_UNAVAILABLE ? EX_UNAVAILABLE : EXIT_FAILURE,
	    err->detail);
}

bool
command_no_arguments(int argc, char **argv)
{
	static const struct option none[] = {{0}};

	return getopt_long(argc, argv, "", none, NULL) == -1 && optind == argc;
}

int
setup_run_on_file(int argc, char **argv, setup_work *work)
{
	static const struct option none[] = {{0}};
	struct setup setup;
	struct error err;
	int status = 0;

	if (getopt_long(argc, argv, "", none, NULL) != -1 || optind != argc - 1)
		return EX_USAGE;
	if (!load(&setup, &err) ||
	    !make_connection(&setup, SETUP_TIMEOUT, &err))
		status = command_fail(EX_CONFIG, err.detail);
	else if (!work(&setup, argv[optind], &err))
		status = command_fail_error(&err);
	setup_end(&setup);
	return status;
}
