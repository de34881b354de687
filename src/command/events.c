/* SPDX-License-Identifier: MIT */
/* setlink events. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "command/commands.h"
#include "command/setup.h"
#include "recorder/pending.h"
#include "s3/subscription.h"

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

/* Without --lease, a lease of its own. */
static bool
parse_drain(int argc, char **argv, struct uuid *owner, bool *given)
{
	static const struct option options[] = {
	    {"lease", required_argument, NULL, 'l'},
	    {0},
	};
	int option;

	*given = false;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		*given = option == 'l' &&
		    uuid_parse(optarg, strlen(optarg), owner);
		if (!*given)
			return false;
	}
	return optind == argc;
}

static int
drain(struct setup *setup, struct uuid *owner, bool given)
{
	struct pending_report report;
	struct error err;

	if ((!given && !uuid_make(clock_now(), owner, &err)) ||
	    !pending_drain(
		setup->db, &setup->config, owner, &stop, &report, &err))
		return command_fail_error(&err);
	log_line(LOG_INFO, "event=drained recordings=%u sets=%u",
	    report.recordings, report.linked);
	if (report.busy && !given)
		return command_fail(
		    EX_TEMPFAIL, "another process is at the events");
	return 0;
}

static int
run_drain(int argc, char **argv)
{
	struct setup setup;
	struct uuid owner;
	bool given;
	int status;

	if (!parse_drain(argc, argv, &owner, &given))
		return EX_USAGE;
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGTERM, on_signal);
	status = setup_begin(&setup, SETUP_TIMEOUT);
	if (status == 0 && setup.config.recorder_enabled)
		status = drain(&setup, &owner, given);
	setup_end(&setup);
	return status;
}

/* The credentials that may change the bucket's settings come from the
 * environment alone: they are not kept, and in no process list. */
static bool
take_credentials(struct config *config, struct error *err)
{
	const char *access_key = getenv("SETLINK_MINIO_ADMIN_ACCESS_KEY");
	const char *secret_key = getenv("SETLINK_MINIO_ADMIN_SECRET_KEY");

	if (access_key == NULL || access_key[0] == '\0' || secret_key == NULL ||
	    secret_key[0] == '\0')
		return error_set(err, ERROR_INVALID,
		    "set SETLINK_MINIO_ADMIN_ACCESS_KEY and "
		    "SETLINK_MINIO_ADMIN_SECRET_KEY in the environment: who "
		    "may set up MinIO (setlink itself may only read)");
	config->minio_access_key = access_key;
	config->minio_secret_key = secret_key;
	return true;
}

static int
subscribe(struct config *config, const char *webhook)
{
	struct s3_client *client = NULL;
	struct error err;
	bool made, ok;

	if (take_credentials(config, &err))
		client = s3_client_new(config, &err);
	ok = client != NULL &&
	    s3_subscription_make(client, webhook, &made, &err);
	s3_client_free(client);
	if (!ok)
		return command_fail_error(&err);
	(void)printf("MinIO %s the events of %s to webhook %s\n",
	    made ? "now sends" : "sends", config->bucket, webhook);
	return 0;
}

static int
run_setup(int argc, char **argv)
{
	static const struct option options[] = {
	    {"webhook", required_argument, NULL, 'w'},
	    {0},
	};
	const char *webhook = "1";
	struct setup setup;
	int option, status;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'w' || !s3_webhook_valid(optarg))
			return EX_USAGE;
		webhook = optarg;
	}
	if (optind != argc)
		return EX_USAGE;
	status = setup_begin(&setup, SETUP_TIMEOUT);
	if (status == 0)
		status = subscribe(&setup.config, webhook);
	setup_end(&setup);
	return status;
}

int
command_events(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "drain") == 0)
		return run_drain(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "setup") == 0)
		return run_setup(argc - 1, argv + 1);
	return EX_USAGE;
}
