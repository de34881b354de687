/* SPDX-License-Identifier: MIT */
/* setlink token. */
#include "admin/tokens.h"
#include "base/array.h"

#include <getopt.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "command/audited.h"
#include "command/commands.h"
#include "command/setup.h"
#include "command/terminal.h"

#define USEC_PER_DAY (24 * USEC_PER_HOUR)
#define MAX_DAYS     3650

static bool
parse_days(const char *text, usec_t now, struct token *token)
{
	char *end;
	unsigned long days = strtoul(text, &end, 10);

	if (text[0] < '1' || text[0] > '9' || *end != '\0' || days > MAX_DAYS)
		return false;
	token->ends_at = now + (usec_t)days * USEC_PER_DAY;
	return true;
}

static bool
parse_until(const char *text, usec_t now, struct token *token)
{
	return clock_parse(text, strlen(text), &token->ends_at) &&
	    token->ends_at > now;
}

/* Returns 0 or the exit status. */
static int
parse_create(int argc, char **argv, usec_t now, struct token *token)
{
	static const struct option options[] = {
	    {"days", required_argument, NULL, 'd'},
	    {"until", required_argument, NULL, 'u'},
	    {0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?' || token->ends)
			return EX_USAGE;
		token->ends = true;
		if (option == 'd' && !parse_days(optarg, now, token))
			return command_fail(
			    EX_USAGE, "--days: must be from 1 to 3650");
		if (option == 'u' && !parse_until(optarg, now, token))
			return command_fail(EX_USAGE,
			    "--until: must be an RFC 3339 time in the future, "
			    "such as 2026-11-21T21:00:00Z");
	}
	if (optind + 1 != argc)
		return EX_USAGE;
	token->name = argv[optind];
	return 0;
}

static void
put_detail(struct buf *out, const struct token *token)
{
	char end[CLOCK_RFC3339_SIZE];

	buf_puts(out, "name=");
	audit_quote(out, token->name);
	if (token->ends) {
		clock_format(token->ends_at, end);
		buf_printf(out, " until=%s", end);
	}
}

/* What is done with a token, between two writes to the audit. */
static bool
run_audited(struct setup *setup, struct arena *arena, const char *action,
    const struct token *token, char text[TOKENS_TEXT_SIZE], struct error *err)
{
	struct buf detail = BUF_INIT;
	struct audit_row row = {.action = action};
	bool ok;

	put_detail(&detail, token);
	row.detail = buf_text(&detail);
	ok = row.detail == NULL ? error_memory(err)
				: audited_begin(setup, arena, &row, err);
	buf_free(&detail);
	if (!ok)
		return false;
	ok = text == NULL
	    ? tokens_revoke(setup->db, token->name, row.at, err)
	    : tokens_create(setup->db, arena, token, row.at, text, err);
	audited_end(setup, &row, ok, err);
	return ok;
}

/* The token alone goes to stdout, so that a script can take it from there. */
static int
run_create(struct setup *setup, struct arena *arena, int argc, char **argv)
{
	struct token token = {0};
	struct error err;
	char text[TOKENS_TEXT_SIZE];
	int status = parse_create(argc, argv, clock_now(), &token);

	if (status == 0)
		status = setup_begin(setup, SETUP_TIMEOUT);
	if (status != 0)
		return status;
	if (!tokens_check_name(token.name, &err) ||
	    !run_audited(
		setup, arena, "setlink token create", &token, text, &err))
		return command_fail_error(&err);
	(void)printf("%s\n", text);
	OPENSSL_cleanse(text, sizeof(text));
	(void)fprintf(stderr,
	    "This is the token; it is kept nowhere and not shown again. It is "
	    "sent as\n\"Authorization: Bearer TOKEN\". From now on admin routes "
	    "want a token, also of\nclients on this machine.\n");
	return 0;
}

static void
format_second(usec_t time, char out[CLOCK_RFC3339_SIZE])
{
	clock_format(time - time % USEC_PER_SEC, out);
}

static bool
print_token(void *context, const struct token *token, struct error *err)
{
	const usec_t *now = context;
	char created[CLOCK_RFC3339_SIZE], end[CLOCK_RFC3339_SIZE] = "never";

	(void)err;
	format_second(token->created_at, created);
	if (token->ends)
		format_second(token->ends_at, end);
	(void)printf("%-7s  created %s  ends %-20s  ",
	    token->revoked                              ? "revoked"
		: token->ends && token->ends_at <= *now ? "expired"
							: "valid",
	    created, end);
	terminal_print(token->name);
	(void)putchar('\n');
	return true;
}

static int
run_list(struct setup *setup, struct arena *arena, int argc, char **argv)
{
	usec_t now = clock_now();
	struct error err;
	int status;

	if (!command_no_arguments(argc, argv))
		return EX_USAGE;
	status = setup_begin(setup, SETUP_TIMEOUT);
	if (status == 0 &&
	    !tokens_list(setup->db, arena, print_token, &now, &err))
		status = command_fail_error(&err);
	return status;
}

static int
run_revoke(struct setup *setup, struct arena *arena, int argc, char **argv)
{
	const struct token token = {.name = argv[1]};
	struct error err;
	int status;

	if (argc != 2)
		return EX_USAGE;
	status = setup_begin(setup, SETUP_TIMEOUT);
	if (status == 0 &&
	    (!tokens_check_name(token.name, &err) ||
		!run_audited(
		    setup, arena, "setlink token revoke", &token, NULL, &err)))
		status = command_fail_error(&err);
	return status;
}

static const struct {
	const char *name;
	int (*run)(
	    struct setup *setup, struct arena *arena, int argc, char **argv);
} actions[] = {
    {"create", run_create},
    {"list", run_list},
    {"revoke", run_revoke},
};

int
command_token(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct setup setup = {.db = NULL};
	int status = EX_USAGE;

	for (size_t i = 0; i < LENGTH(actions); i++)
		if (argc > 1 && strcmp(argv[1], actions[i].name) == 0)
			status = actions[i].run(
			    &setup, &arena, argc - 1, argv + 1);
	setup_end(&setup);
	arena_free(&arena);
	return status;
}
