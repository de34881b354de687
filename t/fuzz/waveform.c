/* SPDX-License-Identifier: MIT */
/* waveform.dat: one byte for how much longer the file says it is, then the
 * file. */
#include "recorder/waveform.h"

#include "fuzz.h"

/* A year, and the stretch that goes over it. */
#define MOST (INT64_C(367) * 24 * USEC_PER_HOUR)

static void
check(const struct waveform *w, const char *bytes, size_t len, int64_t size)
{
	size_t data = len > w->header ? len - w->header : 0;
	size_t whole = data - data % w->unit;
	size_t silent = waveform_silence(w, bytes + (len - data), whole);
	usec_t time = waveform_time(w, w->length);

	FUZZ_CHECK(w->header == 20 || w->header == WAVEFORM_HEADER_MAX);
	FUZZ_CHECK(w->unit >= 2 && w->length >= 0);
	FUZZ_CHECK((int64_t)w->header + w->length * (int64_t)w->unit <= size);
	FUZZ_CHECK(silent <= whole / w->unit);
	FUZZ_CHECK(time >= 0 && time <= MOST);
	FUZZ_CHECK(waveform_time(w, 0) == 0);
	FUZZ_CHECK(waveform_time(w, w->length / 2) <= time);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	unsigned more = fuzz_byte(&in);
	int64_t claimed = (int64_t)in.left +
	    (more == 255 ? INT64_MAX >> 8 : more);
	char *bytes = fuzz_rest(&in);
	struct waveform w;
	struct error err = {.code = ERROR_OK};
	size_t head = in.left < WAVEFORM_HEADER_MAX ? in.left
						    : WAVEFORM_HEADER_MAX;

	if (waveform_read(bytes, head, claimed, &w, &err))
		check(&w, bytes, in.left, claimed);
	else
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
	free(bytes);
	return 0;
}
