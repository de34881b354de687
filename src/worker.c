/* SPDX-License-Identifier: MIT */
/* setlink.fcgi: a FastCGI worker, and a plain CGI program in the same file. */
#include <errno.h>
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "api/routes.h"
#include "api/sync_process.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/fcgi_record.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/signals.h"

#define EXIT_CONFIG 78   /* EX_CONFIG of sysexits.h */
#define LONG_ANSWER 8192 /* more than libfcgi hands over at once */

/* The value of the first of `variables` (each NAME=value) with this name; they
 * are left at the next one. NULL when there is none. Most differ in the first
 * characters, so none is worth a call of strncmp. */
static const char *
next_value(char *const **variables, const char *name)
{
	while (**variables != NULL) {
		const char *variable = *(*variables)++, *p = name;

		while (*p != '\0' && *p == *variable) {
			p++;
			variable++;
		}
		if (*p == '\0' && *variable == '=')
			return variable + 1;
	}
	return NULL;
}

/* Web servers hand over a header of several lines as so many variables of one
 * name: who looked at the first only would believe what a client wrote before
 * its proxy did. */
static const char *
whole_value(char *const *variables, const char *name, struct arena *arena)
{
	const char *first = next_value(&variables, name);
	const char *next = next_value(&variables, name);
	struct buf all = BUF_INIT;
	const char *joined;

	if (next == NULL)
		return first;
	buf_puts(&all, first);
	for (; next != NULL; next = next_value(&variables, name))
		buf_printf(&all, ", %s", next);
	joined = buf_text(&all);
	if (joined != NULL)
		joined = arena_copy(arena, joined, all.len);
	buf_free(&all);
	return joined == NULL ? "" : joined;
}

struct fcgi {
	FCGX_Request request;
	struct arena *arena;
	unsigned long long read; /* bytes of the request's body */
};

static const char *
fcgi_variable(void *context, const char *name)
{
	const struct fcgi *fcgi = context;

	return whole_value(fcgi->request.envp, name, fcgi->arena);
}

static size_t
fcgi_read(void *context, char *to, size_t len)
{
	struct fcgi *fcgi = context;
	int n = FCGX_GetStr(to, (int)len, fcgi->request.in);

	if (n <= 0)
		return 0;
	fcgi->read += (unsigned)n;
	return (size_t)n;
}

static bool
fcgi_write(void *context, const char *from, size_t len)
{
	struct fcgi *fcgi = context;
	FCGX_Request *request = &fcgi->request;

	if (len < LONG_ANSWER)
		return FCGX_PutStr(from, (int)len, request->out) == (int)len;
	if (FCGX_FFlush(request->out) == 0 &&
	    fcgi_record_write(request->ipcFd, request->requestId, from, len))
		return true;
	/* libfcgi would end the answer in the middle of a record. */
	(void)shutdown(request->ipcFd, SHUT_RDWR);
	return false;
}

static const char *
cgi_variable(void *context, const char *name)
{
	return whole_value(environ, name, context);
}

static size_t
cgi_read(void *context, char *to, size_t len)
{
	size_t got = 0;

	(void)context;
	while (got < len) {
		ssize_t n = read(STDIN_FILENO, to + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

static bool
cgi_write(void *context, const char *from, size_t len)
{
	(void)context;
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		len -= (size_t)n;
	}
	return true;
}

static void
serve_cgi(struct service *service)
{
	const struct gateway gateway = {
	    &service->arena, cgi_variable, cgi_read, cgi_write};

	service_answer(service, &gateway);
}

/* The settings and what was made of them: a reload exchanges both. */
struct worker {
	struct config config;
	struct service service;
};

static void
worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	service_close(&worker->service);
	config_free(&worker->config);
	free(worker);
}

/* That the log's disk is full, for example, ends no worker: it logs where it
 * has logged before. */
static bool
open_log(const struct config *config, struct error *err)
{
	if (!log_open(config->log_file, true, err)) {
		if (err->code != ERROR_UNAVAILABLE)
			return false;
		log_line(LOG_ERROR, "event=no_log %s", err->detail);
	}
	log_set_level(config->log_level);
	return true;
}

/* What an admin should look at, in the log of each worker. */
static void
log_privileges(const struct config *config)
{
	const struct config_file *file;

	if (geteuid() == 0)
		log_line(LOG_WARN,
		    "event=runs_as_root a worker needs no more than a user of "
		    "its own");
	if (!config->sandbox)
		log_line(LOG_WARN, "event=sandbox_off");
	for (file = config->files; file != NULL; file = file->next)
		if (file->exposed)
			log_line(LOG_WARN,
			    "event=settings_exposed all users of this machine "
			    "can read %s",
			    file->path);
}

static struct worker *
worker_new(struct error *err)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	if (config_load(&worker->config, err) &&
	    service_open(&worker->service, &worker->config, err) &&
	    open_log(&worker->config, err))
		return worker;
	worker_free(worker);
	return NULL;
}

static void
log_start(const char *event, const struct config *config)
{
	log_line(LOG_INFO, "event=%s pid=%ld version=%s", event, (long)getpid(),
	    PACKAGE_VERSION);
	if (config->admin_token_hash[0] == '\0')
		log_line(LOG_WARN,
		    "event=no_admin_token admin routes answer only to this "
		    "machine, unless setlink token create has made a token");
	log_privileges(config);
}

/* Settings that are wrong change nothing; but the log may have been moved away
 * (logrotate does), whatever they are. */
static void
reload(struct worker **worker)
{
	struct error err;
	struct worker *new = worker_new(&err);

	if (new == NULL) {
		(void)open_log(&(*worker)->config, &(struct error){0});
		log_line(
		    LOG_ERROR, "event=bad_setting kept=old %s", err.detail);
		return;
	}
	worker_free(*worker);
	*worker = new;
	log_start("reload", &new->config);
}

/* Several workers share the socket: another one may take the connection that
 * epoll_wait(2) has shown, and while accept(2) waits for the next one no signal
 * is seen. So it waits for this long. (Connections over TCP inherit the time,
 * as one within which the web server has to send.) */
static bool
limit_accept(void)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof(address);
	struct timeval limit = {.tv_sec = 5};

	if (getsockname(STDIN_FILENO, (void *)&address, &len) != 0)
		return false;
	if (address.ss_family == AF_UNIX)
		limit = (struct timeval){.tv_usec = 100 * 1000};
	return setsockopt(STDIN_FILENO, SOL_SOCKET, SO_RCVTIMEO, &limit,
		   sizeof(limit)) == 0;
}

/* Whether the worker goes on after this error of accept(2). Without a
 * descriptor or memory it gives up its connection to the database, so that the
 * client can at least be told, and tries again in a moment. */
static bool
survives(int number, struct worker *worker)
{
	static const struct timespec moment = {.tv_nsec = 200 * 1000 * 1000};

	if (number == EAGAIN || number == EINTR)
		return true;
	log_line(LOG_ERROR, "event=no_accept error=\"%s\"", strerror(number));
	switch (number) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		db_close(worker->service.db);
		(void)nanosleep(&moment, NULL);
		return true;
	default:
		return false;
	}
}

/* A web server may keep a connection: then the next request comes from there.
 */
static enum signals_event
wait_for_request(const FCGX_Request *request)
{
	return request->keepConnection != 0 && request->ipcFd >= 0
	    ? signals_wait_to_read(request->ipcFd)
	    : signals_wait_to_accept();
}

/* Wait for a request, and do what signals ask for; false when the worker is to
 * end. */
static bool
accept_request(FCGX_Request *request, struct worker **worker)
{
	int failed = 0;

	while (failed == 0 || survives(failed, *worker)) {
		switch (wait_for_request(request)) {
		case SIGNALS_END:
			return false;
		case SIGNALS_RELOAD:
			reload(worker);
			failed = 0;
			break;
		case SIGNALS_NOTHING:
			failed = -FCGX_Accept_r(request);
			if (failed == 0)
				return true;
		}
	}
	return false;
}

/* libfcgi ends a connection by shutting it down for writing and waiting for the
 * web server to close it, so that nothing of a body is left unread, which would
 * reset the connection under the answer. Three system calls and a wait of the
 * next request are saved where the body has been read to its end. */
static void
finish(struct fcgi *fcgi)
{
	FCGX_Request *request = &fcgi->request;
	const char *length = FCGX_GetParam("CONTENT_LENGTH", request->envp);

	if (fcgi->read == (length == NULL ? 0 : strtoull(length, NULL, 10)) &&
	    FCGX_GetChar(request->in) == EOF)
		FCGX_Detach(request);
	FCGX_Finish_r(request);
	fcgi->read = 0;
}

static bool
serve_fcgi(struct worker **worker, struct error *err)
{
	struct fcgi fcgi = {.arena = NULL};
	const struct gateway gateway = {
	    &fcgi, fcgi_variable, fcgi_read, fcgi_write};

	if (!limit_accept() || FCGX_InitRequest(&fcgi.request, 0, 0) != 0)
		return error_set(err, ERROR_INTERNAL, "no FastCGI socket");
	if (!signals_listen(STDIN_FILENO, err))
		return false;
	log_start("start", &(*worker)->config);
	while (accept_request(&fcgi.request, worker)) {
		/* A reload has exchanged it. */
		fcgi.arena = &(*worker)->service.arena;
		service_answer(&(*worker)->service, &gateway);
		finish(&fcgi);
	}
	FCGX_Free(&fcgi.request, 1);
	return true;
}

static bool
serve(struct worker **worker, struct error *err)
{
	if (!FCGX_IsCGI())
		return serve_fcgi(worker, err);
	serve_cgi(&(*worker)->service);
	return true;
}

/* The process, for good: settings that are read anew cannot change it. */
static void
confine(const struct config *config)
{
	char command[SYNC_PROCESS_PATH];

	sync_process_find(command);
	sandbox_enter(config, command);
}

/* OpenSSL's configuration is for TLS first, and takes a quarter of a CGI
 * program's start: one that asks MariaDB through a socket does without it, and
 * so without the providers that it may name. */
static bool
begin_libraries(const struct config *config, struct error *err)
{
	if (FCGX_Init() != 0)
		return error_set(err, ERROR_INTERNAL, "no FastCGI library");
	if (!FCGX_IsCGI())
		return crypto_begin(true, err) && crypto_load(err);
	return crypto_begin(
	    config->db_socket[0] == '\0' || config->db_ssl_ca[0] != '\0', err);
}

/* A web server shows a failed CGI program's stderr to nobody, so its client is
 * told at least that the settings are wrong. */
static void
tell_cgi_client(void)
{
	static const char answer[] =
	    "Status: 503 Service Unavailable\r\n"
	    "Content-Type: application/problem+json\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Retry-After: 60\r\n\r\n"
	    "{\"title\":\"Service Unavailable\",\"status\":503,"
	    "\"detail\":\"the settings are wrong; see the log\","
	    "\"error\":\"Service Unavailable\"}";

	if (FCGX_IsCGI())
		(void)cgi_write(NULL, answer, sizeof(answer) - 1);
}

int
main(void)
{
	struct worker *worker;
	struct error err;
	int status = EXIT_SUCCESS;

	sandbox_hide_memory();
	worker = worker_new(&err);
	if (worker == NULL) {
		log_line(LOG_ERROR, "event=bad_setting %s", err.detail);
		tell_cgi_client();
		return EXIT_CONFIG;
	}
	confine(&worker->config);
	if (!signals_hold(&err) || !begin_libraries(&worker->config, &err) ||
	    !serve(&worker, &err)) {
		log_line(LOG_ERROR, "event=stop %s", err.detail);
		status = EXIT_FAILURE;
	}
	worker_free(worker);
	db_library_end();
	return status;
}
