/* SPDX-License-Identifier: MIT */
/* How recordings look in JSON. */
#include "api/recording_view.h"

#include "api/urls.h"
#include "api/views.h"

#define NSEC_PER_SEC INT64_C(1000000000)

void
view_seconds(struct json_writer *w, const char *name, bool known, usec_t time)
{
	json_key(w, name);
	if (known)
		json_decimal(w, (double)time / (double)USEC_PER_SEC);
	else
		json_null(w);
}

void
view_span_members(
    struct json_writer *w, int part, const struct tracks_span *span)
{
	json_key(w, "part");
	json_number(w, part);
	view_seconds(w, "offset_seconds", true, span->offset);
	view_seconds(w, "duration_seconds", span->has_duration, span->duration);
}

/* The files of a recording. */
struct files {
	struct call *call;
	const struct recording *recording;
	const struct recording_urls *urls;
	struct urls_folder folder; /* of plain URLs, once one is asked for */
};

/* NULL when it cannot be made. */
static const char *
make_url(struct files *files, enum layout_kind kind, struct error *err)
{
	const struct recording *recording = files->recording;
	const struct urls_file file = {
	    .kind = kind,
	    .recorder_id = &recording->recorder_id,
	    .recording_id = &recording->id,
	    .save_as = files->urls->save_as,
	    .expires = urls_default_expires(files->call),
	};

	if (files->urls->presigned)
		return urls_presigned(files->call, &file, err);
	if (files->folder.url == NULL &&
	    !urls_folder_open(&files->folder, files->call,
		&recording->recorder_id, &recording->id, err))
		return NULL;
	return urls_folder_file(&files->folder, kind);
}

/* NULL when there is no such file. */
static bool
url_if_there(struct files *files, enum layout_kind kind, bool there,
    const char **out, struct error *err)
{
	*out = NULL;
	if (!there || files->recording->gone)
		return true;
	*out = make_url(files, kind, err);
	return *out != NULL;
}

/* A member for a file; null when it is not there. */
static bool
add_url(struct files *files, struct json_writer *w, const char *name,
    enum layout_kind kind, bool there, struct error *err)
{
	const char *url;

	if (!url_if_there(files, kind, there, &url, err))
		return false;
	json_key(w, name);
	json_string(w, url);
	return true;
}

static const char *const url_members[RECORDING_FORMATS] = {
    [RECORDING_OGG] = "ogg_url",
    [RECORDING_FLAC] = "flac_url",
    [RECORDING_WAVEFORM] = "waveform_url",
    [RECORDING_OVERVIEW] = "overview_png_url",
};

static bool
add_data_urls(struct files *files, struct json_writer *w, struct error *err)
{
	int i;

	for (i = 0; i < RECORDING_FORMATS; i++) {
		enum recording_format format = (enum recording_format)i;

		if (!add_url(files, w, url_members[i], recording_layout(format),
			recording_has_file(files->recording, format), err))
			return false;
	}
	return true;
}

void
view_urls(struct json_writer *w, const char *const urls[RECORDING_FORMATS])
{
	int i;

	for (i = 0; i < RECORDING_FORMATS; i++) {
		json_key(w, url_members[i]);
		json_string(w, urls[i]);
	}
}

static bool
add_files(struct call *call, struct json_writer *w,
    const struct recording *recording, const struct recording_urls *urls,
    struct error *err)
{
	struct files files = {call, recording, urls, {0}};

	json_key(w, "files");
	json_object_begin(w);
	if (!add_data_urls(&files, w, err) ||
	    !add_url(&files, w, "metadata_url", LAYOUT_SESSION_METADATA,
		recording->metadata_etag[0] != '\0', err))
		return false;
	json_object_end(w);
	return true;
}

bool
view_recording_members(struct call *call, struct json_writer *w,
    const struct recording *r, const struct recording_urls *urls,
    struct error *err)
{
	view_id(w, "id", &r->id);
	view_id(w, "recorder_id", &r->recorder_id);
	json_key(w, "name");
	json_string(w, r->name);
	view_time(w, "start_time", r->has_start, r->start);
	view_time(w, "end_time", r->has_end, r->end);
	/* 0 while it is open, as the metadata says, or not known. */
	json_key(w, "duration_seconds");
	json_number(w, r->has_duration ? r->duration / NSEC_PER_SEC : 0);
	view_seconds(w, "audio_seconds", r->has_audio, r->audio);
	json_key(w, "is_closed");
	json_bool(w, r->closed);
	json_key(w, "keep");
	json_bool(w, r->kept);
	return add_files(call, w, r, urls, err);
}
