/* SPDX-License-Identifier: MIT */
/* Asking for the files of recordings that a listing does not show. */
#include "recorder/presence.h"

#include "s3/status.h"

#define HTTP_RANGE_NOT_SATISFIABLE 416 /* there is an empty file */

enum layout_kind
presence_kind(const struct recording *row)
{
	if (row->metadata_etag[0] != '\0')
		return LAYOUT_SESSION_METADATA;
	for (int i = 0; i < RECORDING_FORMATS; i++)
		if (row->files[i].size >= 0)
			return recording_layout((enum recording_format)i);
	return LAYOUT_FOREIGN;
}

static void
take_answer(const struct s3_request *request, struct presence *out)
{
	long status = request->status;

	if (s3_status_from_http(status, "") == ERROR_OK ||
	    status == HTTP_RANGE_NOT_SATISFIABLE)
		out->outcome = PRESENCE_THERE;
	else if (s3_status_is_no_key(
		     status, request->body.data, request->body.len))
		out->outcome = PRESENCE_GONE;
	else {
		out->outcome = PRESENCE_UNKNOWN;
		out->error = request->error;
	}
}

bool
presence_ask(struct s3_client *client, struct presence *list, size_t n,
    struct error *err)
{
	char keys[PRESENCE_MAX][LAYOUT_KEY_SIZE];
	struct s3_request requests[PRESENCE_MAX] = {0};
	struct s3_request *all[PRESENCE_MAX];
	bool ok = true;
	size_t i;

	for (i = 0; i < n && ok; i++) {
		all[i] = &requests[i];
		requests[i].method = "GET";
		requests[i].key = keys[i];
		requests[i].range = "0-0";
		requests[i].max_body = 1;
		ok = layout_key(list[i].kind, &list[i].recorder_id, &list[i].id,
			 keys[i], sizeof(keys[i])) ||
		    error_set(err, ERROR_INTERNAL, "a key is too long");
	}
	ok = ok && s3_client_run(client, all, n, err);
	for (i = 0; i < n && ok; i++)
		take_answer(&requests[i], &list[i]);
	for (i = 0; i < PRESENCE_MAX; i++)
		buf_free(&requests[i].body);
	return ok;
}
