/* SPDX-License-Identifier: MIT */
/* Answers as CSV. */
#include "api/table.h"

#include <string.h>

bool
table_is_wanted(const struct call *call)
{
	const struct param_value *format = call_param(call, "format");

	return format->given && strcmp(format->text, "csv") == 0;
}

static void
add_disposition(struct call *call, const char *name)
{
	struct buf value = BUF_INIT;

	buf_printf(&value, "attachment; filename=\"%s.csv\"", name);
	if (buf_text(&value) == NULL)
		call->response->body.failed = true;
	else
		response_header(
		    call->response, "Content-Disposition", value.data);
	buf_free(&value);
}

/* The type says that there is a header row (RFC 4180, 3). */
void
table_begin(
    struct table *table, struct call *call, const struct table_layout *layout)
{
	size_t i;

	*table = (struct table){.csv = {.out = &call->response->body}};
	call->response->content_type =
	    "text/csv; charset=utf-8; header=present";
	add_disposition(call, layout->name);
	for (i = 0; layout->columns[i] != NULL; i++)
		csv_text(&table->csv, layout->columns[i]);
	table->n_columns = i;
	csv_row_end(&table->csv);
}

void
table_text(struct table *table, const char *text)
{
	csv_text(&table->csv, text);
}

void
table_number(struct table *table, int64_t number)
{
	csv_number(&table->csv, number);
}

void
table_decimal(struct table *table, double number)
{
	csv_decimal(&table->csv, number);
}

void
table_bool(struct table *table, bool truth)
{
	csv_text(&table->csv, truth ? "true" : "false");
}

void
table_id(struct table *table, const struct uuid *id)
{
	char text[UUID_TEXT_SIZE];

	if (id == NULL) {
		table_null(table);
		return;
	}
	uuid_format(id, text);
	csv_text(&table->csv, text);
}

void
table_time(struct table *table, bool known, usec_t time)
{
	char text[CLOCK_RFC3339_SIZE];

	if (!known) {
		table_null(table);
		return;
	}
	clock_format(time, text);
	csv_text(&table->csv, text);
}

void
table_null(struct table *table)
{
	csv_text(&table->csv, NULL);
}

void
table_row_end(struct table *table)
{
	if (table->csv.n_cells != table->n_columns)
		table->csv.out->failed = true;
	csv_row_end(&table->csv);
}
