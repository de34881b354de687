/* setlink: the command line. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "api/draw_record.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "db/migrate.h"
#include "recorder/check.h"
#include "recorder/relink.h"
#include "recorder/sync.h"

/* How long the database may take for an answer, in seconds. A step of a
 * migration may rebuild a large table. */
#define TIMEOUT         30
#define MIGRATE_TIMEOUT 3600

#define MAX_WAIT 3600 /* seconds */

/* `setlink probe` has answered after so many microseconds: a worker waits a
 * little longer for it. */
#define PROBE_TIME 1200000

struct command {
	const char *name;
	const char *arguments;
	const char *meaning;
	int (*run)(int argc, char **argv); /* returns the exit status */
};

static int
fail(int status, const char *detail)
{
	(void)fprintf(stderr, "setlink: %s\n", detail);
	return status;
}

static int
fail_with(const struct error *err)
{
	return fail(
	    err->code == ERROR_UNAVAILABLE ? EX_UNAVAILABLE : EXIT_FAILURE,
	    err->detail);
}

static int fail_usage(const char *name);

/* Whether there is nothing behind the name of the command. */
static bool
no_arguments(int argc, char **argv)
{
	static const struct option none[] = {{0}};

	return getopt_long(argc, argv, "", none, NULL) == -1 && optind == argc;
}

/* The settings and a connection that is opened when it is needed. */
struct setup {
	struct config config;
	struct db *db;
};

/* setup_end in both cases. */
static bool
setup_open(struct setup *setup, unsigned timeout, struct error *err)
{
	setup->db = NULL;
	if (!config_load(&setup->config, err))
		return false;
	log_set_level(setup->config.log_level);
	setup->db = db_new(&setup->config, timeout);
	return setup->db != NULL || error_memory(err);
}

/* Returns 0 or the exit status; setup_end in both cases. */
static int
setup_begin(struct setup *setup, unsigned timeout)
{
	struct error err;

	return setup_open(setup, timeout, &err) ? 0
						: fail(EX_CONFIG, err.detail);
}

static void
setup_end(struct setup *setup)
{
	db_free(setup->db);
	config_free(&setup->config);
}

static int
run_migrate(int argc, char **argv)
{
	struct setup setup;
	struct error err;
	int from, to, status;

	if (!no_arguments(argc, argv))
		return fail_usage(argv[0]);
	status = setup_begin(&setup, MIGRATE_TIMEOUT);
	if (status == 0 && !migrate_run(setup.db, &from, &to, &err))
		status = fail_with(&err);
	else if (status == 0 && from == to)
		(void)printf("the database has version %d\n", to);
	else if (status == 0)
		(void)printf(
		    "the database has version %d, it had %d\n", to, from);
	setup_end(&setup);
	return status;
}

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
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
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
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct json_writer writer;
	struct error err;
	const char *text = NULL;

	if (json_writer_open(&writer, &arena, &out, &err)) {
		write_report(&writer, status, report, linked, failure);
		text = buf_text(&out);
	}
	(void)printf("%s\n", text == NULL ? "{\"status\":\"failed\"}" : text);
	buf_free(&out);
	arena_free(&arena);
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
		return fail_with(err);
	if (report->busy)
		return fail(EX_TEMPFAIL, "another refresh is running");
	if (!call->json)
		print_summary(report, linked);
	return 0;
}

/* Sets without a recording are looked at again after each refresh: an earlier
 * one that changed the index may have been killed before that. */
static int
refresh(struct setup *setup, const struct sync_call *call)
{
	struct sync_report report;
	struct error err, ignored;
	unsigned linked = 0;
	bool ok = sync_run(
	    setup->db, &setup->config, &call->options, &report, &err);
	bool changed = report.added + report.changed + report.gone > 0;

	if (call->options.progress != NULL && report.requests > 0)
		(void)fprintf(stderr, "\n");
	if (!report.busy && !report.fresh &&
	    !relink_sets(setup->db, &setup->config, clock_now(), changed,
		&linked, ok ? &err : &ignored))
		ok = false;
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

static int
run_sync(int argc, char **argv)
{
	struct sync_call call = {.options = {.stop = &stop}};
	struct setup setup;
	int status;

	if (!parse_sync(argc, argv, &call))
		return fail_usage(argv[0]);
	if (!call.json && isatty(STDERR_FILENO) != 0)
		call.options.progress = show_progress;
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGTERM, on_signal);
	status = setup_begin(&setup, TIMEOUT);
	if (status == 0)
		status = setup.config.recorder_enabled ? refresh(&setup, &call)
						       : refresh_nothing(&call);
	setup_end(&setup);
	return status;
}

static void
print_finding(void *context, const char *subject, bool ok, const char *finding)
{
	(void)context;
	(void)printf("%-4s  %-13s  %s\n", ok ? "ok" : "FAIL", subject, finding);
	(void)fflush(stdout);
}

static int
run_check(int argc, char **argv)
{
	struct setup setup;
	struct error err;
	int status = 0;

	if (!no_arguments(argc, argv))
		return fail_usage(argv[0]);
	if (!setup_open(&setup, TIMEOUT, &err)) {
		print_finding(NULL, "settings", false, err.detail);
		status = fail(EX_CONFIG, err.detail);
	} else {
		print_finding(NULL, "settings", true, "all are valid");
		if (!check_run(setup.db, &setup.config, print_finding, NULL))
			status = fail(EXIT_FAILURE, "not all is well");
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
static int
run_probe(int argc, char **argv)
{
	const struct itimerval timer = {.it_value = {
					    .tv_sec = PROBE_TIME / 1000000,
					    .tv_usec = PROBE_TIME % 1000000,
					}};
	struct setup setup;
	struct error err = {.code = ERROR_OK};
	int status;

	if (!no_arguments(argc, argv))
		return fail_usage(argv[0]);
	(void)signal(SIGALRM, on_alarm);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
	status = setup_begin(&setup, TIMEOUT);
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

/* A record is some hundred bytes a participant. */
#define MAX_RECORD (4 * 1024 * 1024)

/* The file, or standard input for "-", into the arena. */
static char *
read_record(struct arena *arena, const char *path, size_t *len)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = file == NULL ? NULL : arena_alloc(arena, MAX_RECORD);

	if (text != NULL) {
		*len = fread(text, 1, MAX_RECORD, file);
		if (ferror(file) != 0 || *len == MAX_RECORD)
			text = NULL;
	}
	if (file != NULL && file != stdin)
		(void)fclose(file);
	return text;
}

static bool
verify_file(struct arena *arena, const char *path, struct error *err)
{
	size_t len = 0;
	const char *text = read_record(arena, path, &len);

	if (text == NULL)
		return error_set(
		    err, ERROR_INVALID, "%.80s: cannot be read", path);
	return draw_record_verify(arena, text, len, err);
}

/* By its id from the database, or from a file with its public record. */
static int
run_verify_draw(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct setup setup = {.db = NULL};
	struct error err;
	struct uuid id;
	int status = 0;
	bool ok = false;

	if (argc != 2)
		return fail_usage(argv[0]);
	if (uuid_parse(argv[1], strlen(argv[1]), &id)) {
		status = setup_begin(&setup, TIMEOUT);
		if (status == 0)
			ok = draw_record_verify_stored(
			    setup.db, &arena, &id, &err);
	} else {
		ok = verify_file(&arena, argv[1], &err);
	}
	if (ok)
		(void)printf("the draw is as its record says\n");
	else if (status == 0)
		status = fail_with(&err);
	setup_end(&setup);
	arena_free(&arena);
	return status;
}

static int
run_version(int argc, char **argv)
{
	if (!no_arguments(argc, argv))
		return fail_usage(argv[0]);
	(void)printf("setlink %s\n", PACKAGE_VERSION);
	return 0;
}

static int run_help(int argc, char **argv);

static const struct command commands[] = {
    {"migrate", "", "bring the database to the version of this program",
	run_migrate},
    {"sync", "[--if-stale] [--wait SECONDS] [--json]",
	"bring the index up to date with the bucket", run_sync},
    {"check", "", "look for what is wrong, and say what to do", run_check},
    {"probe", "", "say whether MinIO answers, in little more than a second",
	run_probe},
    {"verify-draw", "ID|FILE|-", "recompute a draw of the lottery",
	run_verify_draw},
    {"version", "", "print the version", run_version},
    {"help", "", "print this", run_help},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_usage(FILE *out)
{
	(void)fprintf(out, "usage: setlink COMMAND\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		(void)fprintf(out, "  %s %s\n        %s\n", commands[i].name,
		    commands[i].arguments, commands[i].meaning);
	(void)fprintf(out,
	    "\nSettings come from the environment, then from the file that "
	    "SETLINK_ENV_FILE\nnames (default /etc/setlink/setlink.env).\n\n"
	    "Exit status: 0 done, 1 failed or check found something, 64 wrong "
	    "usage,\n69 the database or MinIO cannot be reached, 75 another "
	    "refresh is running,\n78 wrong settings.\n");
}

static int
run_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_usage(stdout);
	return 0;
}

/* Say how the command is called. */
static int
fail_usage(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			(void)fprintf(stderr, "setlink: usage: setlink %s %s\n",
			    name, commands[i].arguments);
	return EX_USAGE;
}

static const struct command *
find_command(const char *name)
{
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	int status;

	(void)signal(SIGPIPE, SIG_IGN);
	opterr = 0;
	command = argc < 2 ? NULL : find_command(argv[1]);
	if (command == NULL) {
		if (argc > 1)
			(void)fprintf(stderr,
			    "setlink: there is no command \"%s\"\n", argv[1]);
		print_usage(stderr);
		return EX_USAGE;
	}
	status = command->run(argc - 1, argv + 1);
	db_library_end();
	if (fflush(stdout) != 0 && status == 0)
		status = fail(EXIT_FAILURE, "the output cannot be written");
	return status;
}
