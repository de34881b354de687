/* SPDX-License-Identifier: MIT */
/* setlink relink. */
#include "recorder/relink.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "command/audited.h"
#include "command/commands.h"
#include "command/setup.h"
#include "command/terminal.h"
#include "recorder/match_words.h"

/* Of the columns, in characters. */
#define TIME_WIDTH 20
#define DJ_WIDTH   24
#define ROOM_WIDTH 12
#define LINK_WIDTH 26

/* So much of an id stands in a column; the whole one is in the line below. */
#define SHORT_ID 8

struct relink_call {
	bool has_since, dry_run;
	usec_t since;
};

/* What is counted while the table is printed. */
struct relink_count {
	unsigned sets, linked;
	bool failed;
};

/* RFC 3339, or the day alone. */
static bool
parse_since(const char *text, usec_t *out)
{
	char day[CLOCK_RFC3339_SIZE];

	if (strlen(text) == strlen("2026-11-21")) {
		(void)snprintf(day, sizeof(day), "%sT00:00:00Z", text);
		text = day;
	}
	return clock_parse(text, strlen(text), out);
}

/* Returns 0 or the exit status. */
static int
parse_relink(int argc, char **argv, struct relink_call *call)
{
	static const struct option options[] = {
	    {"dry-run", no_argument, NULL, 'd'},
	    {"since", required_argument, NULL, 's'},
	    {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd') {
			call->dry_run = true;
			continue;
		}
		if (option != 's' || call->has_since)
			return EX_USAGE;
		call->has_since = true;
		if (!parse_since(optarg, &call->since) ||
		    call->since > clock_now())
			return command_fail(EX_USAGE,
			    "--since: must be a day or an RFC 3339 time of "
			    "the past, such as 2026-11-21 or "
			    "2026-11-21T21:00:00Z");
	}
	return optind == argc ? 0 : EX_USAGE;
}

static void
print_parts(const char *name, const struct link_list *list)
{
	char recorder[UUID_TEXT_SIZE], recording[UUID_TEXT_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		uuid_format(&list->parts[i].recorder_id, recorder);
		uuid_format(&list->parts[i].recording_id, recording);
		(void)printf(
		    "%s%s/%s", i == 0 ? name : " ", recorder, recording);
	}
}

/* "b0000001, 2 parts, 12:30": the primary part. */
static void
put_link(struct buf *out, const struct link_list *list)
{
	const struct link_part *part = &list->parts[list->primary];
	char id[UUID_TEXT_SIZE];

	if (list->count == 0) {
		buf_puts(out, "-");
		return;
	}
	uuid_format(&part->recording_id, id);
	buf_printf(out, "%.*s, %zu part%s, ", SHORT_ID, id, list->count,
	    list->count == 1 ? "" : "s");
	match_put_time(out, part->offset);
}

static void
print_cell(const char *text, size_t width)
{
	terminal_print_cell(text, width);
	(void)printf("  ");
}

static void
print_link(struct relink_count *count, const struct link_list *list)
{
	struct buf cell = BUF_INIT;
	const char *text;

	put_link(&cell, list);
	text = buf_text(&cell);
	count->failed = count->failed || text == NULL;
	print_cell(text == NULL ? "" : text, LINK_WIDTH);
	buf_free(&cell);
}

static void
print_head(void)
{
	print_cell("STARTED", TIME_WIDTH);
	print_cell("DJ", DJ_WIDTH);
	print_cell("ROOM", ROOM_WIDTH);
	print_cell("HAD", LINK_WIDTH);
	print_cell("GETS", LINK_WIDTH);
	(void)printf("WHY\n");
}

static void
print_why(const struct link_result *result)
{
	bool none = result->outcome == LINK_NO_MATCH ||
	    result->outcome == LINK_TAKEN;

	/* What is gone from the bucket may come back. */
	if (none && result->got.count > 0) {
		(void)printf("the link stays: its recording is gone from the "
			     "bucket\n");
		return;
	}
	if (none && result->had.count > 0)
		(void)printf("no more its own: ");
	terminal_print(result->why);
	(void)putchar('\n');
}

static void
print_ids(const struct relink_row *row)
{
	const struct link_result *result = row->result;
	char id[UUID_TEXT_SIZE];

	uuid_format(&row->session_id, id);
	(void)printf("    set %s", id);
	print_parts("  had ", &result->had);
	if (result->outcome == LINK_MADE)
		print_parts("  gets ", &result->got);
	(void)putchar('\n');
}

static bool
print_row(void *context, const struct relink_row *row, struct error *err)
{
	const struct link_result *result = row->result;
	struct relink_count *count = context;
	char start[CLOCK_RFC3339_SIZE];

	if (count->sets++ == 0)
		print_head();
	clock_format(row->started_at - row->started_at % USEC_PER_SEC, start);
	print_cell(start, TIME_WIDTH);
	print_cell(row->dj_name, DJ_WIDTH);
	print_cell(row->room == NULL ? "-" : row->room, ROOM_WIDTH);
	print_link(count, &result->had);
	if (result->outcome == LINK_MADE || result->dropped) {
		count->linked++;
		print_link(count, &result->got);
	} else {
		print_cell(
		    result->had.count > 0 ? "the same" : "-", LINK_WIDTH);
	}
	print_why(result);
	print_ids(row);
	return !count->failed || error_memory(err);
}

static bool
relink(struct setup *setup, const struct relink_call *call, struct error *err)
{
	struct relink_count count = {0};

	if (!relink_since(setup->db, &setup->config, call->since, clock_now(),
		!call->dry_run, print_row, &count, err))
		return false;
	(void)printf("%u sets, %u %s\n", count.sets, count.linked,
	    call->dry_run ? "would be linked anew" : "linked anew");
	return true;
}

/* A run that writes, between two writes to the audit. */
static bool
relink_audited(struct setup *setup, struct arena *arena,
    const struct relink_call *call, struct error *err)
{
	struct audit_row row = {.action = "setlink relink"};
	char since[CLOCK_RFC3339_SIZE];
	bool ok;

	clock_format(call->since, since);
	row.detail = arena_printf(arena, "since=%s", since);
	if (row.detail == NULL)
		return error_memory(err);
	if (!audited_begin(setup, arena, &row, err))
		return false;
	ok = relink(setup, call, err);
	audited_end(setup, &row, ok, err);
	return ok;
}

static int
run(struct setup *setup, struct relink_call *call)
{
	struct arena arena = ARENA_INIT;
	struct error err;
	bool ok;

	if (!setup->config.recorder_enabled) {
		(void)printf("nothing was done: "
			     "SESSION_RECORDER_ENABLED is false\n");
		return 0;
	}
	if (!call->has_since)
		call->since = clock_now() -
		    setup->config.wait_days * 24 * USEC_PER_HOUR;
	ok = call->dry_run ? relink(setup, call, &err)
			   : relink_audited(setup, &arena, call, &err);
	arena_free(&arena);
	return ok ? 0 : command_fail_error(&err);
}

int
command_relink(int argc, char **argv)
{
	struct relink_call call = {.has_since = false};
	struct setup setup = {.db = NULL};
	int status = parse_relink(argc, argv, &call);

	if (status != 0)
		return status;
	status = setup_begin(&setup, SETUP_TIMEOUT);
	if (status == 0)
		status = run(&setup, &call);
	setup_end(&setup);
	return status;
}
