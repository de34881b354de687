/* SPDX-License-Identifier: MIT */
/* Reading the ends of waveforms. */
#include "recorder/audio.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "recorder/relink.h"
#include "recorder/waveform.h"
#include "s3/status.h"

/* The padding of a recording takes 10 KB, so the first step finds its
 * beginning. */
#define STEP      ((int64_t)64 * 1024)
#define MAX_STEPS 32

/* As many are read before their rows are written; they take 4 MB at most. */
#define BATCH 64

/* The next refresh waits for the lease until they have been read. */
#define MAX_BATCHES 16

enum progress {
	READING,
	DONE,  /* recording.audio says how long it is, if that can be told */
	FAILED /* it may be read another time */
};

struct reading {
	struct recording recording;
	enum progress progress;
	struct waveform waveform;
	bool has_header;
	int64_t end; /* what follows is silence */
	unsigned steps;
	/* The request under way: this part of the file. */
	int64_t from, to;
	char key[LAYOUT_KEY_SIZE], range[48];
	struct s3_request request;
};

struct batch {
	struct refresh *refresh;
	struct reading readings[BATCH];
	size_t n;
	bool failed;
};

static bool
take_row(void *context, const struct recording *recording, struct error *err)
{
	struct batch *batch = context;
	struct reading *reading = &batch->readings[batch->n++];

	(void)err;
	*reading = (struct reading){.recording = *recording};
	/* There are no bytes to be asked for. */
	if (!recording_has_file(recording, RECORDING_WAVEFORM))
		reading->progress = DONE;
	return true;
}

/* A small file is read at once. */
static void
choose_part(struct reading *reading)
{
	const struct waveform *w = &reading->waveform;
	int64_t size = reading->recording.files[RECORDING_WAVEFORM].size;
	int64_t step = STEP, begin = 0;

	if (!reading->has_header) {
		reading->from = 0;
		reading->to = size <= STEP ? size : WAVEFORM_HEADER_MAX;
		return;
	}
	step -= step % (int64_t)w->unit;
	begin = (int64_t)w->header;
	reading->from = reading->end - begin > step ? reading->end - step
						    : begin;
	reading->to = reading->end;
}

static void
finish(struct reading *reading)
{
	const struct waveform *w = &reading->waveform;

	reading->progress = DONE;
	reading->recording.has_audio = true;
	reading->recording.waveform = waveform_time(w, w->length);
	reading->recording.audio = waveform_time(
	    w, (reading->end - (int64_t)w->header) / (int64_t)w->unit);
}

/* Take in a part of the data that ends where the silence begins. */
static void
take_data(struct reading *reading, const char *bytes, size_t len)
{
	const struct waveform *w = &reading->waveform;
	size_t silent = waveform_silence(w, bytes, len) * w->unit;

	reading->end -= (int64_t)silent;
	if (silent < len || reading->end == (int64_t)w->header)
		finish(reading);
	else if (++reading->steps == MAX_STEPS)
		reading->progress = DONE;
}

static void
take_body(struct reading *reading)
{
	struct waveform *w = &reading->waveform;
	const char *bytes = reading->request.body.data;
	size_t len = reading->request.body.len;
	int64_t size = reading->recording.files[RECORDING_WAVEFORM].size;
	struct error ignored;

	if (reading->has_header) {
		take_data(reading, bytes, len);
		return;
	}
	if (!waveform_read(bytes, len, size, w, &ignored)) {
		reading->progress = DONE;
		return;
	}
	reading->has_header = true;
	reading->end = (int64_t)w->header + w->length * (int64_t)w->unit;
	if (reading->end == (int64_t)w->header)
		finish(reading);
	else if ((int64_t)len == size)
		take_data(reading, bytes + w->header,
		    (size_t)(reading->end - (int64_t)w->header));
}

#define HTTP_RANGE_NOT_SATISFIABLE 416

/* What is not the part that was asked for is of no use: the file has been
 * replaced, or the server sends no parts. Nor is one that must not be read: it
 * would keep the others from being read. */
static void
take_answer(struct batch *batch, struct reading *reading)
{
	const struct s3_request *request = &reading->request;

	if (request->status == HTTP_RANGE_NOT_SATISFIABLE ||
	    s3_status_is_no_key(
		request->status, request->body.data, request->body.len)) {
		reading->progress = DONE;
		return;
	}
	switch (request->error.code) {
	case ERROR_OK:
		if (request->status == 206 &&
		    (int64_t)request->body.len == reading->to - reading->from)
			take_body(reading);
		else
			reading->progress = DONE;
		break;
	case ERROR_FORBIDDEN:
	case ERROR_TOO_LARGE:
		reading->progress = DONE;
		break;
	default:
		reading->progress = FAILED;
		if (!batch->failed)
			log_line(LOG_WARN,
			    "event=waveform_failed detail=\"%s\"",
			    request->error.detail);
		batch->failed = true;
		break;
	}
}

static bool
prepare(struct reading *reading, struct error *err)
{
	const struct recording *r = &reading->recording;

	choose_part(reading);
	(void)snprintf(reading->range, sizeof(reading->range), "%lld-%lld",
	    (long long)reading->from, (long long)reading->to - 1);
	reading->request = (struct s3_request){
	    .method = "GET",
	    .key = reading->key,
	    .range = reading->range,
	    .max_body = (size_t)(reading->to - reading->from),
	};
	return layout_key(LAYOUT_WAVEFORM, &r->recorder_id, &r->id,
		   reading->key, sizeof(reading->key)) ||
	    error_set(err, ERROR_INTERNAL, "a key is too long");
}

/* One request for each that is not done; *more is whether there was any. */
static bool
read_parts(struct batch *batch, bool *more, struct error *err)
{
	struct s3_request *list[BATCH];
	struct reading *reading;
	size_t n = 0, i;
	bool ok = true;

	for (i = 0; i < batch->n && ok; i++) {
		reading = &batch->readings[i];
		if (reading->progress != READING)
			continue;
		ok = prepare(reading, err);
		list[n++] = &reading->request;
	}
	*more = n > 0;
	batch->refresh->report->requests += (int64_t)n;
	ok = ok && refresh_keep(batch->refresh, err) &&
	    s3_client_run(batch->refresh->client, list, n, err);
	for (i = 0; i < batch->n; i++) {
		reading = &batch->readings[i];
		if (ok && reading->progress == READING)
			take_answer(batch, reading);
		buf_free(&reading->request.body);
	}
	return ok;
}

/* A transaction's work. */
static bool
write_batch(struct db *db, void *context, struct error *err)
{
	const struct batch *batch = context;
	bool ok = refresh_hold(batch->refresh, err), any = false;

	for (size_t i = 0; ok && i < batch->n; i++) {
		if (batch->readings[i].progress != DONE)
			continue;
		ok = index_store_audio(db, &batch->readings[i].recording, err);
		any = true;
	}
	/* Where the audio ends, and where it began, is seen by that. */
	return ok && (!any || relink_ask(db, err));
}

static bool
run_batch(struct batch *batch, struct error *err)
{
	bool more = true;

	while (more)
		if (!read_parts(batch, &more, err))
			return false;
	return batch->n == 0 ||
	    db_transaction(batch->refresh->db, write_batch, batch, err);
}

bool
audio_read(struct refresh *refresh, struct error *err)
{
	struct batch batch = {.refresh = refresh};
	struct arena arena = ARENA_INIT;
	unsigned batches = 0;
	bool ok = true;

	do {
		batch.n = 0;
		ok = index_unheard(
			 refresh->db, &arena, BATCH, take_row, &batch, err) &&
		    run_batch(&batch, err);
		arena_reset(&arena);
	} while (
	    ok && batch.n == BATCH && !batch.failed && ++batches < MAX_BATCHES);
	arena_free(&arena);
	return ok;
}
