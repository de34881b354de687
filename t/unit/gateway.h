/* A web server for unit tests: a table of variables and a body. */
#ifndef SETLINK_UNIT_GATEWAY_H
#define SETLINK_UNIT_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "http/gateway.h"

#define SERVER_VARIABLES 10

struct server {
	const char *variables[SERVER_VARIABLES]; /* "NAME=value" */
	const char *body;
	size_t body_len;
	size_t body_read;
	struct buf written;
	size_t writes;
	size_t writes_left; /* the client goes after so many; 0: never */
};

static inline const char *
server_variable(void *context, const char *name)
{
	const struct server *server = context;
	size_t len = strlen(name);

	for (size_t i = 0; i < SERVER_VARIABLES; i++) {
		const char *v = server->variables[i];

		if (v != NULL && strncmp(v, name, len) == 0 && v[len] == '=')
			return v + len + 1;
	}
	return NULL;
}

static inline size_t
server_read(void *context, char *to, size_t len)
{
	struct server *server = context;
	size_t left = server->body_len - server->body_read;

	if (len > left)
		len = left;
	if (len > 0)
		memcpy(to, server->body + server->body_read, len);
	server->body_read += len;
	return len;
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
