/* SPDX-License-Identifier: MIT */
/* Prometheus' text format. */
#include <math.h>

#include "api/exposition.h"
#include "tap.h"

static void
is_written(struct buf *out, const char *want, const char *name)
{
	tap_is_str(buf_text(out), want, "%s", name);
	buf_free(out);
	*out = (struct buf)BUF_INIT;
}

int
main(void)
{
	struct buf out = BUF_INIT;

	exposition_begin(&out, "m", "gauge", "a \"b\" \\ c\nd");
	is_written(&out, "# HELP m a \"b\" \\\\ c\\nd\n# TYPE m gauge\n",
	    "a help text with a quote, a backslash and a line break");
	exposition_sample(&out, "m", NULL, NULL, 1234567890123);
	is_written(&out, "m 1234567890123\n", "a number without a label");
	exposition_sample(&out, "m", "l", "a \"b\" \\ c\nd", 0.5);
	is_written(&out, "m{l=\"a \\\"b\\\" \\\\ c\\nd\"} 0.5\n",
	    "a label with a quote, a backslash and a line break");
	exposition_sample(&out, "m", "l", "", -2);
	is_written(&out, "m{l=\"\"} -2\n", "a label without text");
	exposition_sample(&out, "m", NULL, NULL, NAN);
	is_written(&out, "m NaN\n", "no number");
	exposition_sample(&out, "m", NULL, NULL, INFINITY);
	is_written(&out, "m NaN\n", "nor this one");
	return tap_done();
}
