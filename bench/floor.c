/* SPDX-License-Identifier: MIT */
/* The floor under setlink: libfcgi workers that do next to nothing. Without a
 * database in their environment each answer is the same; with SETLINK_DB_SOCKET
 * it is one prepared SELECT by primary key on a kept connection. */
#include <fcgiapp.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_SIZE 16

struct select {
	MYSQL *handle;
	MYSQL_STMT *statement;
	unsigned char id[ID_SIZE];
	char name[200];
	unsigned long len;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "floor: %s\n", what);
	exit(EXIT_FAILURE);
}

static void
bind(struct select *s)
{
	unsigned long id_len = ID_SIZE;
	MYSQL_BIND id = {
	    .buffer_type = MYSQL_TYPE_BLOB,
	    .buffer = s->id,
	    .buffer_length = ID_SIZE,
	    .length = &id_len,
	};
	MYSQL_BIND name = {
	    .buffer_type = MYSQL_TYPE_STRING,
	    .buffer = s->name,
	    .buffer_length = sizeof(s->name),
	    .length = &s->len,
	};

	if (mysql_stmt_bind_param(s->statement, &id) != 0 ||
	    mysql_stmt_bind_result(s->statement, &name) != 0)
		die(mysql_stmt_error(s->statement));
}

static void
prepare(struct select *s, const char *socket_path)
{
	static const char sql[] = "SELECT name FROM djs WHERE id = ?";

	s->handle = mysql_init(NULL);
	if (s->handle == NULL ||
	    mysql_real_connect(s->handle, NULL, getenv("SETLINK_DB_USER"),
		getenv("SETLINK_DB_PASSWORD"), getenv("SETLINK_DB_NAME"), 0,
		socket_path, 0) == NULL)
		die("no database");
	s->statement = mysql_stmt_init(s->handle);
	if (s->statement == NULL ||
	    mysql_stmt_prepare(s->statement, sql, sizeof(sql) - 1) != 0)
		die(mysql_error(s->handle));
}

static void
run(struct select *s)
{
	bind(s);
	if (mysql_stmt_execute(s->statement) != 0 ||
	    mysql_stmt_store_result(s->statement) != 0)
		die(mysql_stmt_error(s->statement));
	(void)mysql_stmt_fetch(s->statement);
	(void)mysql_stmt_free_result(s->statement);
}

int
main(void)
{
	static const char body[] =
	    "{\"url\":\"http://localhost:9000/\",\"expires_in_seconds\":3600,"
	    "\"format\":\"ogg\"}";
	const char *socket_path = getenv("SETLINK_DB_SOCKET");
	struct select s = {.handle = NULL};
	FCGX_Request request;

	if (socket_path != NULL)
		prepare(&s, socket_path);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
		die("no FastCGI socket");
	while (FCGX_Accept_r(&request) == 0) {
		if (s.statement != NULL)
			run(&s);
		(void)FCGX_FPrintF(request.out,
		    "Status: 200 OK\r\nContent-Type: application/json\r\n"
		    "Content-Length: %d\r\n\r\n%s",
		    (int)sizeof(body) - 1, body);
		FCGX_Finish_r(&request);
	}
	return EXIT_SUCCESS;
}
