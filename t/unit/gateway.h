/* SPDX-License-Identifier: MIT */
/* A web server for unit tests: a table of variables and a body. */
#ifndef SETLINK_UNIT_GATEWAY_H
#define SETLINK_UNIT_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../gateway.h"
#include "base/buf.h"
#include "http/gateway.h"

#define SERVER_VARIABLES 10

struct server {
	const char *variables[SERVER_VARIABLES]; /* "NAME=value" */
	struct gateway_body body;
	struct buf written;
	size_t writes;
	size_t writes_left; /* the client goes after so many; 0: never */
};

static inline const char *
server_variable(void *context, const char *name)
{
	const struct server *server = context;
	const char *value = NULL;

	for (size_t i = 0; i < SERVER_VARIABLES && value == NULL; i++)
		if (server->variables[i] != NULL)
			value = gateway_value(server->variables[i], name);
	return value;
}

static inline size_t
server_read(void *context, char *to, size_t len)
{
	struct server *server = context;
	return gateway_read(&server->body, to, len);
}

static inline bool
server_write(void *context, const char *from, size_t len)
{
	struct server *server = context;

	server->writes++;
	if (server->writes_left != 0 && --server->writes_left == 0)
		return false;
	buf_add(&server->written, from, len);
	return true;
}

static inline struct gateway
server_gateway(struct server *server)
{
	struct gateway gateway = {
	    server, server_variable, server_read, server_write};

	return gateway;
}

#endif
