/* SPDX-License-Identifier: MIT */
/* setlink sync. */
#include "recorder/sync.h"
#include "base/array.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "command/commands.h"
#include "command/setup.h"
#include "recorder/alarms.h"
#include "recorder/pending.h"
#include "recorder/relink.h"

#define MAX_WAIT 3600 /* seconds */

struct sync_call {
	struct sync_options options;
	bool json;
};

static bool
parse_wait(const char *text, unsigned *out)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' ||
	    seconds > MAX_WAIT)
		return false;
	*out = (unsigned)seconds;
	return true;
}

static bool
parse_sync(int argc, char **argv, struct sync_call *call)
{
	static const struct option options[] = {
	    {"if-stale", no_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'},
	    {"wait", required_argument, NULL, 'w'},
	    {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			call->options.if_stale = true;
		else if (option == 'j')
			call->json = true;
		else if (option != 'w' ||
		    !parse_wait(optarg, &call->options.wait))
			return false;
	}
	return optind == argc;
}

static void
show_progress(void *context, const struct sync_report *report)
{
	(void)context;
	(void)fprintf(stderr,
	    "\r%" PRId64 " keys, %" PRId64 " recordings, %" PRId64 " requests",
	    report->keys, report->recordings, report->requests);
}

static volatile sig_atomic_t stop;

/* The second signal ends the process. */
static void
on_signal(int number)
{
	stop = 1;
	(void)signal(number, SIG_DFL);
}

static void
print_summary(const struct sync_report *report, unsigned linked)
{
	if (report->fresh) {
		(void)printf("nothing was done: the index is fresh\n");
		return;
	}
	(void)printf("%" PRId64 " recordings: %" PRId64 " added, %" PRId64
		     " changed, %" PRId64 " gone, %" PRId64
		     " with unreadable metadata; %" PRId64 " keys, %" PRId64
		     " of them foreign; %" PRId64 " requests; %u sets linked\n",
	    report->recordings, report->added, report->changed, report->gone,
	    report->unreadable, report->keys, report->foreign, report->requests,
	    linked);
}

static void
write_report(struct json_writer *w, const char *status,
    const struct sync_report *report, unsigned linked,
    const struct error *failure)
{
	const struct {
		const char *name;
		int64_t count;
	} counts[] = {
	    {"requests", report->requests},
	    {"keys", report->keys},
	    {"foreign_keys", report->foreign},
	    {"recordings", report->recordings},
	    {"added", report->added},
	    {"changed", report->changed},
	    {"gone", report->gone},
	    {"unreadable", report->unreadable},
	    {"linked", linked},
	};

	json_object_begin(w);
	json_key(w, "status");
	json_string(w, status);
	for (size_t i = 0; i < LENGTH(counts); i++) {
		json_key(w, counts[i].name);
		json_number(w, counts[i].count);
	}
	if (failure != NULL) {
		json_key(w, "detail");
		json_string(w, failure->detail);
	}
	json_object_end(w);
}

static void
print_json(const char *status, const struct sync_report *report,
    unsigned linked, const struct error *failure)
{
	struct buf out = BUF_INIT;
	struct json_writer writer;
	const char *text;

	json_writer_begin(&writer, &out);
	write_report(&writer, status, report, linked, failure);
	text = buf_text(&out);
	(void)printf("%s\n", text == NULL ? "{\"status\":\"failed\"}" : text);
	buf_free(&out);
}

/* Tell how it went; returns the exit status. */
static int
report_sync(const struct sync_call *call, bool ok,
    const struct sync_report *report, unsigned linked, const struct error *err)
{
	const char *word = !ok ? "failed"
	    : report->busy     ? "busy"
	    : report->fresh    ? "fresh"
			       : "done";

	if (call->json)
		print_json(word, report, linked, ok ? NULL : err);
	if (!ok)
		return command_fail_error(err);
	if (report->busy)
		return command_fail(EX_TEMPFAIL, "another refresh is running");
	if (!call->json)
		print_summary(report, linked);
	return 0;
}

/* What a process that died has left of events waits for the next event, which
 * may be long in coming. */
static void
drain_events(struct setup *setup, unsigned *linked)
{
	struct pending_report report = {.linked = 0};
	struct uuid owner;
	struct error err;
	bool any;

	if (!pending_any(setup->db, &any, &err) ||
	    (any &&
		(!uuid_make(clock_now(), &owner, &err) ||
		    !pending_drain(setup->db, &setup->config, &owner, &stop,
			&report, &err))))
		log_line(
		    LOG_WARN, "event=drain_failed detail=\"%s\"", err.detail);
	*linked += report.linked;
}

/* Nothing depends on waveforms: the next refresh reads those that are left. */
static void
read_audio(struct setup *setup, const struct sync_call *call,
    struct sync_report *report)
{
	struct error err;
	int64_t requests;

	if (!sync_audio(
		setup->db, &setup->config, &call->options, &requests, &err))
		log_line(
		    LOG_WARN, "event=audio_failed detail=\"%s\"", err.detail);
	report->requests += requests;
}

/* What waveforms tell of where audio lies counts for the sets at once. */
static bool
relink_heard(struct setup *setup, unsigned *linked, struct error *err)
{
	unsigned more = 0;
	bool due;

	if (!relink_is_due(setup->db, &due, err))
		return false;
	if (due &&
	    !relink_sets(setup->db, &setup->config, clock_now(), &more, err))
		return false;
	*linked += more;
	return true;
}

/* Sets are looked at again also after a refresh that changed nothing, or
 * failed: an earlier one may have been killed before that. */
static int
refresh(struct setup *setup, const struct sync_call *call)
{
	struct sync_report report;
	struct error err, ignored;
	unsigned linked = 0;
	bool ok = sync_run(
	    setup->db, &setup->config, &call->options, &report, &err);

	if (call->options.progress != NULL && report.requests > 0)
		(void)fprintf(stderr, "\n");
	if (!report.busy && !report.fresh &&
	    !relink_sets(setup->db, &setup->config, clock_now(), &linked,
		ok ? &err : &ignored))
		ok = false;
	if (ok && !report.busy && !report.fresh) {
		drain_events(setup, &linked);
		read_audio(setup, call, &report);
		ok = relink_heard(setup, &linked, &err);
	}
	alarms_watch(setup->db, &setup->config, clock_now());
	return report_sync(call, ok, &report, linked, &err);
}

/* Without the integration there is no index that could be stale. */
static int
refresh_nothing(const struct sync_call *call)
{
	const struct sync_report report = {.fresh = true};

	if (call->json)
		print_json("fresh", &report, 0, NULL);
	else
		(void)printf("nothing was done: "
			     "SESSION_RECORDER_ENABLED is false\n");
	return 0;
}

int
command_sync(int argc, char **argv)
{
	struct sync_call call = {.options = {.stop = &stop}};
	struct setup setup;
	int status;

	if (!parse_sync(argc, argv, &call))
		return EX_USAGE;
	if (!call.json && isatty(STDERR_FILENO) != 0)
		call.options.progress = show_progress;
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGTERM, on_signal);
	status = setup_begin(&setup, SETUP_TIMEOUT);
	if (status == 0)
		status = setup.config.recorder_enabled ? refresh(&setup, &call)
						       : refresh_nothing(&call);
	setup_end(&setup);
	return status;
}
