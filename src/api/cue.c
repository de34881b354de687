/* SPDX-License-Identifier: MIT */
/* Writing CUE sheets. */
#include "api/cue.h"

#include <string.h>

#include "base/utf8.h"

#define END "\r\n"

#define FRAMES 75

void
cue_string(struct buf *out, const char *text)
{
	const char *p = text, *end = text + strlen(text);
	uint32_t code;
	size_t n;

	buf_putc(out, '"');
	for (; p < end; p += n) {
		n = utf8_decode(p, (size_t)(end - p), &code);
		if (n == 0) {
			buf_putc(out, '?');
			n = 1;
		} else if (code == '"') {
			buf_putc(out, '\'');
		} else if (!utf8_is_control(code)) {
			buf_add(out, p, n);
		}
	}
	buf_putc(out, '"');
}

void
cue_time(struct buf *out, usec_t time)
{
	buf_printf(out, "%02lld:%02d:%02d", (long long)(time / USEC_PER_MIN),
	    (int)(time % USEC_PER_MIN / USEC_PER_SEC),
	    (int)(time % USEC_PER_SEC * FRAMES / USEC_PER_SEC));
}

static void
add_line(struct buf *out, const char *command, const char *text)
{
	buf_puts(out, command);
	cue_string(out, text);
	buf_puts(out, END);
}

static void
add_index(struct buf *out, int number, usec_t time)
{
	buf_printf(out, "    INDEX %02d ", number);
	cue_time(out, time);
	buf_puts(out, END);
}

void
cue_write(struct buf *out, const struct cue_sheet *sheet)
{
	add_line(out, "REM DATE ", sheet->date);
	add_line(out, "REM COMMENT ", sheet->comment);
	add_line(out, "TITLE ", sheet->title);
	buf_puts(out, "FILE ");
	cue_string(out, sheet->file);
	buf_puts(out, " WAVE" END);
	for (size_t i = 0; i < sheet->n_tracks && i < CUE_MAX_TRACKS; i++) {
		const struct cue_track *track = &sheet->tracks[i];

		buf_printf(out, "  TRACK %02zu AUDIO" END, i + 1);
		add_line(out, "    TITLE ", track->title);
		add_line(out, "    PERFORMER ", track->performer);
		if (i == 0 && track->offset > 0)
			add_index(out, 0, 0);
		add_index(out, 1, track->offset);
	}
}
