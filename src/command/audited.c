/* SPDX-License-Identifier: MIT */
/* What is done at the command line, as the audit has it. */
#include "command/audited.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "admin/tokens.h"
#include "base/utf8.h"
#include "http/problem.h"

#define MAX_USER 64

/* Who is at the command line, with the name of the user if there is one. */
static const char *
who(struct arena *arena)
{
	const struct passwd *user = getpwuid(getuid());
	const char *text = NULL;

	if (user != NULL && strlen(user->pw_name) <= MAX_USER &&
	    !utf8_has_control(user->pw_name, strlen(user->pw_name), false))
		text = arena_printf(
		    arena, TOKENS_COMMAND_LINE " (%s)", user->pw_name);
	return text == NULL ? TOKENS_COMMAND_LINE : text;
}

bool
audited_begin(struct setup *setup, struct arena *arena, struct audit_row *row,
    struct error *err)
{
	row->at = clock_now();
	row->who = who(arena);
	return audit_begin(setup->db, row, err);
}

void
audited_end(struct setup *setup, const struct audit_row *row, bool ok,
    const struct error *err)
{
	struct error why;

	if (!audit_end(setup->db, &row->id,
		ok ? 200 : problem_status(err->code), &why))
		(void)command_fail(0, why.detail);
}
