/* SPDX-License-Identifier: MIT */
/* Writing Prometheus' text format. */
#include "api/exposition.h"

#include <math.h>

/* A backslash and a line break are escaped everywhere, a quote in the value of
 * a label; in a help text it stands for itself. */
static void
add_text(struct buf *out, const char *text, char quote)
{
	for (; *text != '\0'; text++)
		if (*text == '\n') {
			buf_puts(out, "\\n");
		} else {
			if (*text == '\\' || *text == quote)
				buf_putc(out, '\\');
			buf_putc(out, *text);
		}
}

void
exposition_begin(
    struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s ", name);
	add_text(out, help, '\\');
	buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

void
exposition_sample(struct buf *out, const char *name, const char *label,
    const char *text, double value)
{
	buf_puts(out, name);
	if (label != NULL) {
		buf_printf(out, "{%s=\"", label);
		add_text(out, text, '"');
		buf_puts(out, "\"}");
	}
	if (isfinite(value))
		buf_printf(out, " %.15g\n", value);
	else
		buf_puts(out, " NaN\n");
}
