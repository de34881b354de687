/* SPDX-License-Identifier: MIT */
/* URLs for clients. */
#include "api/urls.h"

#include <string.h>

#include "base/percent.h"
#include "base/utf8.h"

/* Characters of a DJ's name in a file name; more would make long URLs. */
#define MAX_SAVED_NAME 60

/* A name in the characters that any client understands: false when some had to
 * be replaced. */
static bool
add_plain(struct buf *out, const char *name)
{
	const char *p;
	bool same = true;

	for (p = name; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x80) {
			buf_putc(out, *p);
			continue;
		}
		if (((unsigned char)*p & 0xc0) != 0x80)
			buf_putc(out, '_');
		same = false;
	}
	return same;
}

/* TYPE; filename="…"; filename*=UTF-8''… (RFC 6266, 4.3; RFC 8187). The second
 * one is for names that are not ASCII, the first one then for clients that do
 * not know the second. */
static const char *
disposition(struct call *call, const char *type, const char *save_as,
    const char *extension)
{
	struct buf text = BUF_INIT;
	const char *result = NULL;
	bool same;

	buf_puts(&text, type);
	buf_puts(&text, "; filename=\"");
	same = add_plain(&text, save_as);
	buf_putc(&text, '.');
	buf_puts(&text, extension);
	buf_putc(&text, '"');
	if (!same) {
		buf_puts(&text, "; filename*=UTF-8''");
		percent_encode(&text, save_as);
		buf_putc(&text, '.');
		buf_puts(&text, extension);
	}
	if (buf_text(&text) != NULL)
		result = arena_copy(call->arena, text.data, text.len);
	buf_free(&text);
	return result;
}

const char *
urls_attachment(struct call *call, const char *save_as, const char *extension)
{
	return disposition(call, "attachment", save_as, extension);
}

static const char *
finish(struct call *call, struct buf *url, bool ok, struct error *err)
{
	const char *copy = NULL;

	if (ok && !url->failed)
		copy = arena_copy(call->arena, url->data, url->len);
	if (ok && copy == NULL)
		(void)error_memory(err);
	buf_free(url);
	return copy;
}

static struct sigv4_url
describe(struct call *call, const char *key)
{
	return (struct sigv4_url){
	    .method = "GET",
	    .shown = &call->config->public_endpoint,
	    .sign = &call->config->sign_endpoint,
	    .style = call->config->url_style,
	    .bucket = call->config->bucket,
	    .key = key,
	    .now = call->now,
	};
}

const char *
urls_presigned(
    struct call *call, const struct urls_file *file, struct error *err)
{
	const struct layout_file *layout = layout_file(file->kind);
	char key[LAYOUT_KEY_SIZE];
	struct sigv4_url url = describe(call, key);
	struct sigv4_param params[2] = {
	    {"response-content-type", layout->type},
	    {"response-content-disposition", NULL},
	};
	struct buf out = BUF_INIT;

	if (!layout_key(file->kind, file->recorder_id, file->recording_id, key,
		sizeof(key))) {
		(void)error_set(err, ERROR_INTERNAL, "no key for a file");
		return NULL;
	}
	url.params = params;
	url.n_params = 1;
	url.expires = file->expires;
	if (file->save_as != NULL) {
		/* A picture is shown. */
		params[1].value = disposition(call,
		    file->kind == LAYOUT_OVERVIEW ? "inline" : "attachment",
		    file->save_as, layout->extension);
		if (params[1].value == NULL) {
			(void)error_memory(err);
			return NULL;
		}
		url.n_params = 2;
	}
	return finish(
	    call, &out, sigv4_presign(call->signer, &url, &out, err), err);
}

/* The URL of the bucket, which all of them begin with. */
static bool
make_bucket_url(struct call *call)
{
	const struct sigv4_url url = describe(call, "");
	struct buf out = BUF_INIT;

	if (call->bucket_url != NULL)
		return true;
	sigv4_plain_url(&url, &out);
	if (buf_text(&out) != NULL)
		call->bucket_url = arena_copy(call->arena, out.data, out.len);
	call->bucket_url_len = out.len;
	buf_free(&out);
	return call->bucket_url != NULL;
}

/* No character of a folder has to be encoded. */
bool
urls_folder_open(struct urls_folder *folder, struct call *call,
    const struct uuid *recorder_id, const struct uuid *recording_id,
    struct error *err)
{
	size_t len;

	if (!make_bucket_url(call))
		return error_memory(err);
	len = call->bucket_url_len;
	folder->url = arena_alloc(
	    call->arena, len + LAYOUT_FOLDER_SIZE + LAYOUT_NAME_SIZE);
	if (folder->url == NULL)
		return error_memory(err);
	memcpy(folder->url, call->bucket_url, len);
	layout_folder(recorder_id, recording_id, folder->url + len);
	folder->len = len + LAYOUT_FOLDER_SIZE - 1;
	return true;
}

const char *
urls_folder_file(struct urls_folder *folder, enum layout_kind kind)
{
	const char *name = layout_file(kind)->name;

	memcpy(folder->url + folder->len, name, strlen(name) + 1);
	return folder->url;
}

const char *
urls_lasting(struct call *call, const struct uuid *session_id)
{
	char id[UUID_TEXT_SIZE];

	uuid_format(session_id, id);
	return arena_printf(call->arena,
	    "%s/api/session-recorder/download/%s/ogg?redirect=true",
	    call->config->public_url, id);
}

/* Whether file systems or headers do not take it in a name, or whoever looks at
 * the name takes it for another one. */
static bool
is_unsafe(uint32_t code)
{
	return utf8_is_control(code) ||
	    (code < 0x80 && strchr("/\\:*?\"<>|%", (int)code) != NULL);
}

/* The name's first characters, up to one that is no UTF-8. */
static void
add_safe(struct buf *out, const char *name)
{
	const char *p = name, *end = p + strlen(p);
	uint32_t code;
	size_t n, count;

	for (count = 0; p < end && count < MAX_SAVED_NAME; count++, p += n) {
		n = utf8_decode(p, (size_t)(end - p), &code);
		if (n == 0)
			return;
		if (is_unsafe(code) || (count == 0 && code == '.'))
			buf_putc(out, '_');
		else
			buf_add(out, p, n);
	}
}

const char *
urls_save_as(struct call *call, const struct session *session)
{
	struct buf name = BUF_INIT;
	char start[CLOCK_RFC3339_SIZE];
	const char *result = NULL;

	clock_format(session->started_at, start);
	add_safe(&name, session->dj_name);
	buf_putc(&name, ' ');
	buf_add(&name, start, sizeof("2000-01-01") - 1);
	if (buf_text(&name) != NULL)
		result = arena_copy(call->arena, name.data, name.len);
	buf_free(&name);
	return result;
}

const char *
urls_save_part_as(struct call *call, const struct session *session, int part)
{
	const char *name = urls_save_as(call, session);

	if (name == NULL || part == 1)
		return name;
	return arena_printf(call->arena, "%s part %d", name, part);
}

const char *
urls_fragment(struct call *call, const struct tracks_span *span)
{
	long long from = span->offset / 1000;
	long long to = from + span->duration / 1000;

	if (!span->has_duration || to == from)
		return arena_printf(
		    call->arena, "t=%lld.%03lld", from / 1000, from % 1000);
	return arena_printf(call->arena, "t=%lld.%03lld,%lld.%03lld",
	    from / 1000, from % 1000, to / 1000, to % 1000);
}

unsigned
urls_default_expires(const struct call *call)
{
	return call->config->max_expires < URLS_EXPIRES
	    ? (unsigned)call->config->max_expires
	    : URLS_EXPIRES;
}
