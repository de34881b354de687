/* SPDX-License-Identifier: MIT */
/* Pages of lists. */
#include "api/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/percent.h"

#define DEFAULT_LIMIT 100

/* A cursor is a place in hex: 16 digits of time, 32 of each id. It is not a
 * secret and may be forged: it says no more than where to begin. */
static bool
read_hex(const char *text, size_t digits, unsigned char *out)
{
	size_t i;

	for (i = 0; i < digits; i++) {
		int value = hex_value(text[i]);

		if (value < 0)
			return false;
		out[i / 2] = (unsigned char)(out[i / 2] << 4 | value);
	}
	return true;
}

static bool
read_cursor(const char *text, size_t n_ids, struct list_place *out)
{
	unsigned char time[8] = {0};
	uint64_t bits = 0;
	size_t i;

	if (strlen(text) != 16 + 32 * n_ids || !read_hex(text, 16, time))
		return false;
	for (i = 0; i < sizeof(time); i++)
		bits = bits << 8 | time[i];
	if (bits > (uint64_t)CLOCK_MAX)
		return false;
	out->time = (usec_t)bits;
	for (i = 0; i < n_ids; i++)
		if (!read_hex(text + 16 + 32 * i, 32, out->ids[i].bytes))
			return false;
	return true;
}

static void
write_cursor(struct buf *out, const struct list *list)
{
	char id[33];
	size_t i;

	buf_printf(out, "%016" PRIx64, (uint64_t)list->last.time);
	for (i = 0; i < list->n_ids; i++) {
		hex_write(id, list->last.ids[i].bytes, 16);
		buf_puts(out, id);
	}
}

static bool
read_place(
    struct list *list, struct call *call, size_t n_ids, struct error *err)
{
	const struct param_value *limit = call_param(call, "limit");
	const struct param_value *cursor = call_param(call, "cursor");

	*list = (struct list){
	    .call = call,
	    .n_ids = n_ids,
	    .has_after = cursor->given,
	    .limit = limit->given ? (unsigned)limit->number : DEFAULT_LIMIT,
	};
	return !cursor->given ||
	    read_cursor(cursor->text, n_ids, &list->after) ||
	    error_set(
		err, ERROR_INVALID, "cursor: must be the one of a Link header");
}

bool
list_begin(
    struct list *list, struct call *call, size_t n_ids, struct error *err)
{
	if (!read_place(list, call, n_ids, err))
		return false;
	call_json(call, 200, &list->w);
	json_array_begin(&list->w);
	return true;
}

bool
list_begin_table(struct list *list, struct call *call, size_t n_ids,
    const struct table_layout *layout, struct error *err)
{
	if (!table_is_wanted(call))
		return list_begin(list, call, n_ids, err);
	if (!read_place(list, call, n_ids, err))
		return false;
	list->csv = true;
	table_begin(&list->table, call, layout);
	return true;
}

unsigned
list_rows(const struct list *list)
{
	return list->limit + 1;
}

struct db_page
list_page(const struct list *list)
{
	return (struct db_page){
	    .has_after = list->has_after,
	    .time = list->after.time,
	    .id = list->after.ids[0],
	    .limit = list_rows(list),
	};
}

bool
list_take(struct list *list, const struct list_place *place)
{
	if (list->count == list->limit) {
		list->more = true;
		return false;
	}
	list->count++;
	list->last = *place;
	return true;
}

static bool
is_declared(const struct route *route, const struct query_pair *pair)
{
	const struct param *param;

	for (param = route->params; param->name != NULL; param++)
		if ((param->sources & PARAM_QUERY) != 0 &&
		    strlen(param->name) == pair->name_len &&
		    memcmp(param->name, pair->name, pair->name_len) == 0)
			return true;
	return false;
}

static void
add_path(struct buf *out, const struct request *request)
{
	size_t i;

	for (i = 0; i < request->n_segments; i++) {
		buf_putc(out, '/');
		percent_encode(out, request->segments[i]);
	}
}

/* The parameters that the route knows, but for the cursor. */
static void
add_query(struct buf *out, const struct call *call)
{
	size_t i;

	for (i = 0; i < call->request->n_query; i++) {
		const struct query_pair *pair = &call->request->query[i];

		if (!is_declared(call->route, pair) ||
		    strcmp(pair->name, "cursor") == 0)
			continue;
		percent_encode(out, pair->name);
		buf_putc(out, '=');
		percent_encode(out, pair->value);
		buf_putc(out, '&');
	}
}

void
list_end(struct list *list)
{
	struct call *call = list->call;
	struct buf link = BUF_INIT;

	if (!list->csv)
		json_array_end(&list->w);
	if (!list->more)
		return;
	buf_printf(&link, "<%s", call->config->public_url);
	add_path(&link, call->request);
	buf_putc(&link, '?');
	add_query(&link, call);
	buf_puts(&link, "cursor=");
	write_cursor(&link, list);
	buf_puts(&link, ">; rel=\"next\"");
	if (buf_text(&link) == NULL)
		call->response->body.failed = true;
	else
		response_header(call->response, "Link", link.data);
	buf_free(&link);
}
