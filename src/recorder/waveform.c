/* SPDX-License-Identifier: MIT */
/* BBC audiowaveform's data format, little-endian. */
#include "recorder/waveform.h"

/* Places in the header. */
#define FLAGS    4
#define RATE     8
#define ZOOM     12
#define LENGTH   16
#define CHANNELS 20 /* of version 2; version 1 ends here, and has one */

#define FLAG_8_BIT   1U
#define MAX_CHANNELS 64U
#define MAX_SECONDS  (INT64_C(366) * 24 * 3600)

static uint32_t
read_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static bool
refuse(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "waveform: %s", what);
}

/* The numbers are positive int32, so that neither samples nor bytes overflow
 * an int64. */
static bool
check(const struct waveform *w, int64_t size, struct error *err)
{
	if (w->rate < 1 || w->rate > INT32_MAX || w->zoom < 1 ||
	    w->zoom > INT32_MAX)
		return refuse(err, "no sample rate, or no zoom");
	if (w->length > (size - (int64_t)w->header) / (int64_t)w->unit)
		return refuse(err, "it is cut off");
	if (w->length * w->zoom / w->rate > MAX_SECONDS)
		return refuse(err, "it lasts too long");
	return true;
}

bool
waveform_read(const void *bytes, size_t len, int64_t size, struct waveform *out,
    struct error *err)
{
	const unsigned char *p = bytes;
	uint32_t version, channels = 1;

	if (len < CHANNELS || size < (int64_t)len)
		return refuse(err, "it is shorter than its header");
	version = read_u32(p);
	if (version != 1 && version != 2)
		return refuse(err, "its version is not 1 or 2");
	if (version == 2) {
		if (len < WAVEFORM_HEADER_MAX)
			return refuse(err, "it is shorter than its header");
		channels = read_u32(p + CHANNELS);
	}
	if (channels < 1 || channels > MAX_CHANNELS)
		return refuse(err, "it has no or too many channels");
	*out = (struct waveform){
	    .header = version == 2 ? WAVEFORM_HEADER_MAX : CHANNELS,
	    .unit = (size_t)channels * 2 *
		((read_u32(p + FLAGS) & FLAG_8_BIT) != 0 ? 1 : 2),
	    .length = read_u32(p + LENGTH),
	    .rate = read_u32(p + RATE),
	    .zoom = read_u32(p + ZOOM),
	};
	return check(out, size, err);
}

size_t
waveform_silence(const struct waveform *waveform, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t end = len;

	while (end > 0 && p[end - 1] == 0)
		end--;
	return (len - end) / waveform->unit;
}

usec_t
waveform_time(const struct waveform *waveform, int64_t stretches)
{
	int64_t samples = stretches * waveform->zoom;

	return samples / waveform->rate * USEC_PER_SEC +
	    samples % waveform->rate * USEC_PER_SEC / waveform->rate;
}
