/* SPDX-License-Identifier: MIT */
/* Calls of routes. */
#include "api/call.h"

#include <string.h>

static const struct param_value not_given;

const struct param_value *
call_param(const struct call *call, const char *name)
{
	const struct param *params = call->route->params;
	size_t i;

	for (i = 0; params != NULL && params[i].name != NULL; i++)
		if (strcmp(params[i].name, name) == 0)
			return &call->values[i];
	return &not_given;
}

void
call_json(struct call *call, int status, struct json_writer *w)
{
	call->response->status = status;
	call->response->content_type = "application/json";
	json_writer_begin(w, &call->response->body);
}

usec_t
call_tolerance(const struct call *call)
{
	const struct param_value *given = call_param(call, "tolerance_minutes");

	return (given->given ? given->number : call->config->link_tolerance) *
	    USEC_PER_MIN;
}
