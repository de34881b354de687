/* SPDX-License-Identifier: MIT */
/* A web server for fuzz targets: variables and a body, and what is answered. */
#ifndef SETLINK_FUZZ_GATEWAY_H
#define SETLINK_FUZZ_GATEWAY_H

#include "../gateway.h"
#include "base/buf.h"
#include "fuzz.h"
#include "http/gateway.h"

#define FUZZ_VARIABLES 24

struct fuzz_server {
	char *variables[FUZZ_VARIABLES]; /* "NAME=value", the server's own */
	size_t n_variables;
	struct gateway_body body;
	struct buf answer;
};

/* `text` is "NAME=value" from malloc; it is freed at once when there are too
 * many. */
static inline void
fuzz_server_add(struct fuzz_server *server, char *text)
{
	if (server->n_variables < FUZZ_VARIABLES)
		server->variables[server->n_variables++] = text;
	else
		free(text);
}

static inline void
fuzz_server_set(struct fuzz_server *server, const char *name, const char *value)
{
	size_t len = strlen(name) + strlen(value) + 2;
	char *text = malloc(len);

	if (text == NULL)
		abort();
	(void)snprintf(text, len, "%s=%s", name, value);
	fuzz_server_add(server, text);
}

static inline void
fuzz_server_free(struct fuzz_server *server)
{
	while (server->n_variables > 0)
		free(server->variables[--server->n_variables]);
	buf_free(&server->answer);
}

static inline const char *
fuzz_server_variable(void *context, const char *name)
{
	const struct fuzz_server *server = context;
	const char *value = NULL;

	for (size_t i = 0; i < server->n_variables && value == NULL; i++)
		value = gateway_value(server->variables[i], name);
	return value;
}

static inline size_t
fuzz_server_read(void *context, char *to, size_t len)
{
	struct fuzz_server *server = context;
	return gateway_read(&server->body, to, len);
}

static inline bool
fuzz_server_write(void *context, const char *from, size_t len)
{
	struct fuzz_server *server = context;

	buf_add(&server->answer, from, len);
	return true;
}

static inline struct gateway
fuzz_server_gateway(struct fuzz_server *server)
{
	const struct gateway gateway = {
	    server, fuzz_server_variable, fuzz_server_read, fuzz_server_write};

	return gateway;
}

/* Header lines, each "Name: value\r\n" without a control character in it. */
static inline void
fuzz_check_headers(const char *at, const char *end)
{
	while (at < end) {
		size_t name = strspn(at,
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789-");

		FUZZ_CHECK(name > 0 && strncmp(at + name, ": ", 2) == 0);
		for (at += name + 2; *at != '\r'; at++)
			FUZZ_CHECK(at < end && (unsigned char)*at >= 0x20 &&
			    *at != 0x7f);
		FUZZ_CHECK(at[1] == '\n');
		at += 2;
	}
	FUZZ_CHECK(at == end);
}

#endif
