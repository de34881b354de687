/* setlink.fcgi: a FastCGI worker, and a plain CGI program in the same file. */
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/config.h"
#include "base/log.h"

#define EXIT_CONFIG 78 /* EX_CONFIG of sysexits.h */

/* The value of the first of `variables` (each NAME=value) with this name; they
 * are left at the next one. NULL when there is none. */
static const char *
next_value(char *const **variables, const char *name)
{
	size_t len = strlen(name);

	while (**variables != NULL) {
		const char *variable = *(*variables)++;

		if (strncmp(variable, name, len) == 0 && variable[len] == '=')
			return variable + len + 1;
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

	return n > 0 ? (size_t)n : 0;
}

static bool
fcgi_write(void *context, const char *from, size_t len)
{
	struct fcgi *fcgi = context;

	return FCGX_PutStr(from, (int)len, fcgi->request.out) == (int)len;
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

static volatile sig_atomic_t stopping;

static void
stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
	FCGX_ShutdownPending();
	/* An accept(2) that has not begun yet fails then, too. */
	(void)close(STDIN_FILENO);
}

/* SIGTERM lets the request in hand be answered. Children are not waited for,
 * so the system is to take them away. */
static bool
set_signals(void)
{
	struct sigaction terminate = {.sa_handler = stop};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	return sigaction(SIGTERM, &terminate, NULL) == 0 &&
	    sigaction(SIGUSR1, &terminate, NULL) == 0 &&
	    sigaction(SIGPIPE, &ignore, NULL) == 0 &&
	    sigaction(SIGCHLD, &ignore, NULL) == 0;
}

/* Wait for a request. The signals that end the worker reach it only here:
 * elsewhere they would cut a read short, which libfcgi takes for the end of
 * the body. */
static bool
accept_request(FCGX_Request *request)
{
	sigset_t ending;
	bool accepted;

	(void)sigemptyset(&ending);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigaddset(&ending, SIGUSR1);
	(void)sigprocmask(SIG_UNBLOCK, &ending, NULL);
	accepted = stopping == 0 && FCGX_Accept_r(request) == 0;
	(void)sigprocmask(SIG_BLOCK, &ending, NULL);
	return accepted;
}

static bool
serve_fcgi(struct service *service)
{
	struct fcgi fcgi = {.arena = &service->arena};
	const struct gateway gateway = {
	    &fcgi, fcgi_variable, fcgi_read, fcgi_write};

	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&fcgi.request, 0, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return false;
	while (accept_request(&fcgi.request)) {
		service_answer(service, &gateway);
		FCGX_Finish_r(&fcgi.request);
	}
	FCGX_Free(&fcgi.request, 1);
	return true;
}

static void
log_start(const struct config *config)
{
	log_line(LOG_INFO, "event=start pid=%ld version=%s", (long)getpid(),
	    PACKAGE_VERSION);
	if (config->admin_token_hash[0] == '\0')
		log_line(LOG_WARN,
		    "event=no_admin_token admin routes answer only to this "
		    "machine, unless setlink token create has made a token");
}

static bool
serve(const struct config *config, struct error *err)
{
	struct service service;
	bool ok = true;

	if (!service_open(&service, config, err))
		return false;
	if (FCGX_IsCGI()) {
		serve_cgi(&service);
	} else {
		log_start(config);
		ok = serve_fcgi(&service) ||
		    error_set(err, ERROR_INTERNAL, "no FastCGI socket");
	}
	service_close(&service);
	db_library_end();
	return ok;
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
	struct config config;
	struct error err;
	int status = EXIT_SUCCESS;

	if (!config_load(&config, &err)) {
		log_line(LOG_ERROR, "event=bad_setting %s", err.detail);
		tell_cgi_client();
		status = EXIT_CONFIG;
	} else {
		log_set_level(config.log_level);
		if (!set_signals() || !serve(&config, &err)) {
			log_line(LOG_ERROR, "event=stop %s", err.detail);
			status = EXIT_FAILURE;
		}
	}
	config_free(&config);
	return status;
}
