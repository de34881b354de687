/* SPDX-License-Identifier: MIT */
/* Where on the clock the audio of a recording lies. */
#include "recorder/span.h"

#include <stdlib.h>

#include "base/array.h"

/* What data.raw holds: 48 kHz, 16 bits, stereo. A shorter file than the object
 * store can put together of parts is none of the recorder's. */
#define RAW_BYTES_PER_SECOND INT64_C(192000)
#define RAW_BYTES_MIN        (INT64_C(5) << 20)
#define RAW_BYTES_MAX        (RAW_BYTES_PER_SECOND * 3600 * 24 * 366)

/* What a full chunk holds. */
#define CHUNK (28 * USEC_PER_SEC)

/* A chunk comes every 28 seconds, so after a minute without one a recording has
 * stopped, or never had anything to store. */
#define FRESH USEC_PER_MIN

/* Metadata counts whole seconds. What differs by more contradicts it. */
#define EXACT (2 * USEC_PER_SEC)

static bool
is_there(const struct span_facts *f, enum recording_format format)
{
	return f->files[format].size > 0;
}

static bool
has_files(const struct span_facts *f)
{
	return is_there(f, RECORDING_RAW) || is_there(f, RECORDING_OGG) ||
	    is_there(f, RECORDING_FLAC);
}

/* When the files were made; 0: not known. */
static usec_t
made_at(const struct span_facts *f)
{
	static const enum recording_format order[] = {
	    RECORDING_RAW, RECORDING_OGG, RECORDING_FLAC};

	for (size_t i = 0; i < LENGTH(order); i++)
		if (is_there(f, order[i]) && f->files[order[i]].at != 0)
			return f->files[order[i]].at;
	return 0;
}

/* Whether more is to come: metadata that is open was written after the files,
 * if there are any. While they are made it is older, and stays so when somebody
 * has deleted it. */
static bool
is_open(const struct span_facts *f)
{
	if (f->closed)
		return false;
	return !has_files(f) || f->metadata_at >= made_at(f);
}

/* Which of the parts the files hold, by when it began. */
struct part {
	bool known;
	bool first; /* the one that begins as the metadata says */
	usec_t begin;
};

/* Whether a file is of the same part as the newest one. */
static bool
is_current(const struct span_facts *f, usec_t stale_before,
    enum recording_format format)
{
	usec_t at = f->files[format].at;

	return at == 0 || stale_before == 0 || at >= stale_before;
}

static bool
is_heard(const struct span_facts *f, usec_t stale_before)
{
	return f->has_audio && is_current(f, stale_before, RECORDING_WAVEFORM);
}

/* How long the files are by themselves, 0 when that is not known. */
static usec_t
length_of_files(const struct span_facts *f, usec_t stale_before)
{
	int64_t raw = f->files[RECORDING_RAW].size;

	if (raw >= RAW_BYTES_MIN && raw <= RAW_BYTES_MAX &&
	    is_current(f, stale_before, RECORDING_RAW))
		return raw * USEC_PER_SEC / RAW_BYTES_PER_SECOND;
	if (is_heard(f, stale_before) && f->waveform > 0)
		return f->waveform;
	return 0;
}

/* Whether files that were made then can have begun at `since`: nothing is
 * recorded faster than it plays. Objects that were copied into another bucket
 * are all of one time. */
static bool
can_begin(const struct span_facts *f, usec_t since, usec_t made)
{
	return since != 0 && made > since &&
	    length_of_files(f, since) <= made - since + FRESH;
}

/* Metadata that is closed may be known before the files are. */
static struct part
part_of_files(const struct span_facts *f)
{
	usec_t made = made_at(f);

	if (f->closed)
		made = usec_max(made, f->metadata_at);
	if (can_begin(f, f->reopened_at, made))
		return (struct part){true, false, f->reopened_at};
	if (can_begin(f, f->reopened_before, made))
		return (struct part){true, false, f->reopened_before};
	return (struct part){f->has_start, true, f->start};
}

/* A file that is as long as the recording, or has lost its metadata only. */
static bool
is_whole(const struct span_facts *f, usec_t length)
{
	return f->has_metadata || made_at(f) == 0 ||
	    made_at(f) - f->start <= length + FRESH;
}

/* It was closed at its end, so that tells of the file, and the start of what
 * was there before; or since when it went on, if it did so once more. */
static bool
contradicts(const struct span_facts *f, const struct part *part, usec_t length)
{
	if (!f->closed || !f->has_end || length <= 0 ||
	    llabs(f->end - f->start - length) <= EXACT)
		return false;
	return part->first || f->misplaced ||
	    f->end - length > part->begin + CHUNK;
}

/* Where files begin that are as long; false when that cannot be told. */
static bool
find_begin(const struct span_facts *f, const struct part *part, usec_t length,
    struct span *out)
{
	out->file_begin = part->begin;
	if (!part->known)
		return false;
	if (contradicts(f, part, length)) {
		out->file_begin = f->end - length;
		out->stale_before = out->file_begin;
		return true;
	}
	/* What was deleted has metadata again after a restart only. */
	if (f->skipped_chunks > 0) {
		out->file_begin += f->skipped_chunks * CHUNK;
		return !f->closed;
	}
	if (f->misplaced)
		return false;
	if (f->closed || f->skipped_chunks >= 0)
		return true;
	return part->first ? is_whole(f, length) : f->has_metadata;
}

/* Files of the part before can be made while the later one goes on, but not
 * after its end. Those that were copied are all newer than that. */
static void
raise_stale(const struct span_facts *f, struct span *out)
{
	usec_t end = out->file_length_end;

	if (out->stale_before == 0)
		return;
	if (is_there(f, RECORDING_RAW) &&
	    f->files[RECORDING_RAW].at > out->stale_before)
		end = usec_min(end, f->files[RECORDING_RAW].at);
	else
		end -= CHUNK; /* it may be padded */
	out->stale_before = usec_max(out->stale_before, end);
}

static void
find_file(const struct span_facts *f, struct span *out)
{
	struct part part = part_of_files(f);
	usec_t length;

	if (!part.first) {
		out->stale_before = part.begin;
		out->sure = true;
	}
	length = length_of_files(f, out->stale_before);
	if (!find_begin(f, &part, length, out))
		return;
	if (length == 0 && f->closed && !(part.first && f->has_end))
		length = f->duration;
	if (length > 0)
		out->file_length_end = out->file_begin + length;
	else if (part.first && f->has_end)
		out->file_length_end = usec_max(f->end, out->file_begin);
	else
		out->file_length_end = usec_max(made_at(f), out->file_begin);
	out->file_end = out->file_length_end;
	raise_stale(f, out);
	if (is_heard(f, out->stale_before))
		out->file_end = usec_min(
		    out->file_end, out->file_begin + f->audio);
	out->has_file = true;
}

/* What is going on. Clocks differ: a chunk can be older than the start that
 * metadata tells. */
static void
find_open(const struct span_facts *f, usec_t now, struct span *out)
{
	usec_t since = f->reopened_at, seen;
	bool chunks;

	if (since == 0 && has_files(f))
		since = f->metadata_at;
	if (since == 0 && !f->has_start)
		return;
	out->open = true;
	out->open_begin = since != 0 ? since : f->start;
	if (f->skipped_chunks > 0)
		out->open_begin += f->skipped_chunks * CHUNK;
	chunks = f->has_chunks && f->newest_chunk > since;
	seen = chunks ? f->newest_chunk : out->open_begin;
	out->fresh = now - seen < FRESH;
	if (out->fresh)
		out->open_end = now;
	else
		out->open_end = chunks ? f->newest_chunk : out->open_begin;
	out->open_end = usec_max(out->open_end, out->open_begin);
	out->lost = !has_files(f) && !chunks && now - seen > FRESH;
}

/* Of what goes on, nothing may have come yet, or ever. */
static bool
is_empty(const struct span *out)
{
	return out->has_file && out->open_begin == out->open_end;
}

/* What the metadata's start promises, and nothing holds. */
static void
find_lost(const struct span_facts *f, struct span *out)
{
	usec_t start = f->start;

	if (f->reopened_before != 0)
		start = usec_min(start, f->reopened_before);
	if (!f->has_start || out->begin - start <= EXACT)
		return;
	out->lost_begin = start;
	out->lost_end = out->begin;
}

void
span_find(const struct span_facts *f, usec_t now, struct span *out)
{
	*out = (struct span){.placed = false};
	if (f->closed || has_files(f))
		find_file(f, out);
	if (is_open(f))
		find_open(f, now, out);
	out->placed = out->has_file || out->open;
	out->begin = out->has_file ? out->file_begin : out->open_begin;
	out->end = out->open && !is_empty(out) ? out->open_end : out->file_end;
	if (out->placed)
		find_lost(f, out);
}

static struct span_place
place_in(usec_t begin, usec_t end, usec_t set_begin, usec_t set_end)
{
	usec_t from = usec_max(begin, set_begin), to = usec_min(end, set_end);
	bool held = from < to;

	/* A set of no length is somewhere, to the second. */
	if (set_end - set_begin < USEC_PER_SEC)
		held = begin <= set_end && set_begin < end + USEC_PER_SEC;
	return (struct span_place){
	    .held = held,
	    .offset = usec_min(from, usec_max(end, begin)) - begin,
	    .length = usec_max(to - from, 0),
	};
}

void
span_place(
    const struct span *span, usec_t start, usec_t end, struct span_place *out)
{
	struct span_place open = {.held = false};

	*out = (struct span_place){.held = false};
	if (span->has_file)
		*out = place_in(span->file_begin, span->file_end, start, end);
	out->in_file = out->held;
	if (span->open)
		open = place_in(span->open_begin, span->open_end, start, end);
	if (open.held && (!out->held || open.length > out->length))
		*out = open;
	if (!out->held)
		*out = (struct span_place){.held = false};
}

bool
span_has_file(const struct span_facts *f, const struct span *span,
    enum recording_format format)
{
	return is_there(f, format) && is_current(f, span->stale_before, format);
}
