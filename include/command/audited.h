/* SPDX-License-Identifier: MIT */
/* What is done at the command line, as the audit has it. */
#ifndef SETLINK_COMMAND_AUDITED_H
#define SETLINK_COMMAND_AUDITED_H

#include <stdbool.h>

#include "admin/audit.h"
#include "base/arena.h"
#include "base/error.h"
#include "command/setup.h"

/* Write down that somebody at the command line is going to do row->action with
 * row->detail; the rest of the row is set here. */
bool audited_begin(struct setup *setup, struct arena *arena,
    struct audit_row *row, struct error *err) MUST_CHECK;

/* Write down what came of it: done when `ok`, else `err`. */
void audited_end(struct setup *setup, const struct audit_row *row, bool ok,
    const struct error *err);

#endif
