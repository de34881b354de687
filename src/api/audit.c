/* SPDX-License-Identifier: MIT */
/* The audit of what admins do, and its route. */
#include "api/audit.h"

#include <string.h>

#include "admin/audit.h"
#include "api/list.h"
#include "api/routes.h"
#include "api/views.h"
#include "base/array.h"
#include "base/log.h"
#include "http/problem.h"

/* A value as it was read. Of what is private, or could be secret, no more is
 * kept than that it was there. */
static void
put_value(
    struct buf *out, const struct param *param, const struct param_value *value)
{
	char id[UUID_TEXT_SIZE], time[CLOCK_RFC3339_SIZE];
	size_t i;

	switch (param->type) {
	case PARAM_UUID:
		uuid_format(&value->id, id);
		buf_puts(out, id);
		break;
	case PARAM_UUIDS:
		for (i = 0; i < value->n_ids; i++) {
			uuid_format(&value->ids[i], id);
			buf_printf(out, "%s%s", i == 0 ? "" : ",", id);
		}
		break;
	case PARAM_INTEGER:
		buf_printf(out, "%lld", (long long)value->number);
		break;
	case PARAM_DECIMAL:
		buf_printf(out, "%.6g", value->decimal);
		break;
	case PARAM_BOOL:
		buf_puts(out, value->truth ? "true" : "false");
		break;
	case PARAM_TIME:
		clock_format(value->time, time);
		buf_puts(out, time);
		break;
	case PARAM_CHOICE:
		buf_puts(out, value->text);
		break;
	case PARAM_NAME:
		audit_quote(out, value->text);
		break;
	default:
		buf_puts(out, "(given)");
		break;
	}
}

/* The value of the parameter at the place of {name} in a pattern. */
static void
put_segment(
    struct buf *out, const struct call *call, const char *name, size_t len)
{
	const struct param *params = call->route->params;
	size_t i;

	for (i = 0; params != NULL && params[i].name != NULL; i++)
		if (strlen(params[i].name) == len &&
		    memcmp(params[i].name, name, len) == 0)
			put_value(out, &params[i], &call->values[i]);
}

/* Method and path, from the route's pattern: what the client wrote may be
 * anything. */
static void
put_action(struct buf *out, const struct call *call)
{
	const char *p = call->route->pattern;

	buf_printf(out, "%s ", call->request->method_name);
	while (*p == '/') {
		size_t len = strcspn(++p, "/");

		buf_putc(out, '/');
		if (p[0] == '{')
			put_segment(out, call, p + 1, len - 2);
		else
			buf_add(out, p, len);
		p += len;
	}
}

static void
put_detail(struct buf *out, const struct call *call)
{
	const struct param *params = call->route->params;
	size_t i;

	for (i = 0; params != NULL && params[i].name != NULL; i++) {
		if (params[i].sources == PARAM_PATH || !call->values[i].given)
			continue;
		buf_printf(
		    out, "%s%s=", out->len == 0 ? "" : " ", params[i].name);
		put_value(out, &params[i], &call->values[i]);
	}
}

/* What `put` writes, of at most `max` bytes of whole characters; NULL when
 * memory is short. */
static const char *
text_of(struct call *call, void (*put)(struct buf *, const struct call *),
    size_t max)
{
	static const char dots[] = "\xe2\x80\xa6"; /* U+2026 */
	struct buf buf = BUF_INIT;
	const char *text, *copy = NULL;
	size_t len;

	put(&buf, call);
	text = buf_text(&buf);
	len = buf.len;
	if (text != NULL && len > max) {
		len = max - strlen(dots);
		while (((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	if (text != NULL)
		copy = arena_printf(call->arena, "%.*s%s", (int)len, text,
		    len < buf.len ? dots : "");
	buf_free(&buf);
	return copy;
}

static bool
begin(struct call *call, struct uuid *id, struct error *err)
{
	const struct request *request = call->request;
	struct audit_row row = {
	    .at = call->now,
	    .who = call->admin,
	    .client = request->client_known ? request->client_text : NULL,
	    .request_id = request->id,
	    .action = text_of(call, put_action, AUDIT_MAX_ACTION),
	    .detail = text_of(call, put_detail, AUDIT_MAX_DETAIL),
	};
	struct error why;

	if (row.action == NULL || row.detail == NULL)
		return error_memory(err);
	if (!audit_begin(call->db, &row, &why))
		return error_set(err, ERROR_UNAVAILABLE,
		    "nothing was done, since it cannot be written down: %s",
		    why.detail);
	*id = row.id;
	return true;
}

static void
end(struct call *call, const struct uuid *id, int status)
{
	struct error err;
	char text[UUID_TEXT_SIZE];

	if (audit_end(call->db, id, status, &err))
		return;
	uuid_format(id, text);
	log_line(LOG_ERROR, "event=audit_open id=%s req=%s status=%d", text,
	    call->request->id, status);
}

/* What the answer will have. */
static int
status_of(const struct call *call, bool ok, const struct error *err)
{
	if (!ok)
		return problem_status(err->code);
	return call->response->body.failed ? problem_status(ERROR_MEMORY)
					   : call->response->status;
}

bool
audit_run(struct call *call, struct error *err)
{
	const struct route *route = call->route;
	struct uuid id;
	bool ok;

	if (route->access != ROUTE_ADMIN || route->method == HTTP_GET)
		return route->handler(call, err);
	if (!begin(call, &id, err))
		return false;
	ok = route->handler(call, err);
	end(call, &id, status_of(call, ok, err));
	return ok;
}

static bool
visit(void *context, const struct audit_row *row, struct error *err)
{
	struct list *list = context;
	struct json_writer *w = &list->w;
	const struct list_place place = {row->at, {row->id}};

	(void)err;
	if (!list_take(list, &place))
		return true;
	json_object_begin(w);
	view_id(w, "id", &row->id);
	view_time(w, "at", true, row->at);
	json_key(w, "who");
	json_string(w, row->who);
	json_key(w, "client");
	json_string(w, row->client);
	json_key(w, "request_id");
	json_string(w, row->request_id);
	json_key(w, "action");
	json_string(w, row->action);
	json_key(w, "detail");
	json_string(w, row->detail);
	json_key(w, "status");
	if (row->ended)
		json_number(w, row->status);
	else
		json_null(w);
	json_object_end(w);
	return true;
}

static bool
get_audit(struct call *call, struct error *err)
{
	struct list list;
	struct db_page place;

	if (!list_begin(&list, call, 1, err))
		return false;
	place = list_page(&list);
	if (!audit_list(call->db, call->arena, &place, visit, &list, err))
		return false;
	list_end(&list);
	return true;
}

static const struct param list_params[] = {
    LIST_PARAMS,
    {NULL},
};

static const struct route routes[] = {
    {HTTP_GET, "/api/admin/audit", ROUTE_ADMIN, false, list_params, get_audit},
};

const struct route_table audit_routes = {routes, LENGTH(routes)};
