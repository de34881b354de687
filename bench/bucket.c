/* SPDX-License-Identifier: MIT */
/* A bucket that is not there: what a real one with very many recordings would
 * answer to ListObjectsV2 and GET, without any of its objects.
 *
 *   bucket RECORDINGS RECORDERS CHUNKS
 *
 * prints its port. Each recording has six objects, each recorder as many
 * recordings; one more is open and has that many chunks. Besides:
 * GET /-/counts tells of the requests so far, as "listings metadata parts
 * connections at-once"; GET /-/more adds a recording at the end. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAGE       1000
#define HEAD_MAX   16384
#define BODY_MAX   (2 << 20)
#define PER        6
#define HOUR       3600
#define FIRST_HOUR 1577836800 /* 2020 */

/* What a two-hour recording has, at 256 samples per pixel. */
#define WAVE_LENGTH 1350000
#define WAVE_SIZE   (20 + 2 * WAVE_LENGTH)

static long recordings, recorders, chunks;
static atomic_long more;
static atomic_long listings, gets, parts, connections, now_busy, most_busy;

static const char *const files[PER] = {"data.flac", "data.ogg", "data.raw",
    "metadata.json", "overview.png", "waveform.dat"};

struct text {
	char *bytes;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *out, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out->bytes + out->len, BODY_MAX - out->len, format, args);
	va_end(args);
	if (n < 0 || out->len + (size_t)n >= BODY_MAX)
		abort();
	out->len += (size_t)n;
}

static long
per_recorder(void)
{
	return recordings / recorders;
}

/* The keys of recorder r but the last: its metadata, its recordings. The first
 * has the open recording after them, the last the one that was added. */
static long
keys_of(long r)
{
	long keys = 1 + PER * per_recorder();

	if (r == 0)
		keys += chunks + 1;
	if (r == recorders - 1)
		keys += PER * atomic_load(&more);
	return keys;
}

static void
add_key(struct text *out, long r, long at)
{
	long n;

	add(out, "%08lx-0000-4000-8000-%012lx", 16 + r, r);
	if (at == 0) {
		add(out, "/metadata.json");
		return;
	}
	n = (at - 1) / PER;
	if (r == 0 && n >= per_recorder()) {
		at -= 1 + PER * per_recorder();
		add(out, "/sessions/ffffffff-0000-4000-8000-%012lx/", r);
		if (at < chunks)
			add(out, "chunks/%016ld", at);
		else
			add(out, "metadata.json");
		return;
	}
	add(out, "/sessions/%08lx-0000-4000-8000-%012lx/%s", n, r,
	    files[(at - 1) % PER]);
}

static void
add_object(struct text *out, long r, long at)
{
	bool wave = (at - 1) % PER == PER - 1;

	add(out, "<Contents><Key>");
	add_key(out, r, at);
	add(out,
	    "</Key><LastModified>2026-06-01T12:00:00.000Z</LastModified>"
	    "<ETag>&#34;%032lx&#34;</ETag><Size>%d</Size>"
	    "<StorageClass>STANDARD</StorageClass></Contents>",
	    r * 1000003 + at, wave ? WAVE_SIZE : 300);
}

static void
list(struct text *out, long from)
{
	long r = 0, at = from, count = 0;

	while (r < recorders && at >= keys_of(r))
		at -= keys_of(r++);
	add(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
	    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
	    "<Name>session-recorder</Name><EncodingType>url</EncodingType>");
	while (r < recorders && count < PAGE) {
		add_object(out, r, at);
		count++;
		if (++at == keys_of(r)) {
			at = 0;
			r++;
		}
	}
	if (r < recorders)
		add(out, "<NextContinuationToken>%ld</NextContinuationToken>",
		    from + count);
	add(out, "<IsTruncated>%s</IsTruncated></ListBucketResult>",
	    r < recorders ? "true" : "false");
}

static void
add_time(struct text *out, const char *name, long seconds)
{
	char text[32];
	time_t time = seconds;
	struct tm tm;

	(void)strftime(
	    text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &tm));
	add(out, "\"%s\":\"%s\",", name, text);
}

/* Recording n of recorder r began in its hour n, r seconds late. */
static void
metadata(struct text *out, const char *path)
{
	const char *session = strstr(path, "/sessions/");
	long r = strtol(path, NULL, 16) - 16, n, start;

	if (session == NULL) {
		add(out, "{\"name\":\"Room %ld\"}", r);
		return;
	}
	n = strtol(session + 10, NULL, 16);
	start = FIRST_HOUR +
	    (n > per_recorder() + 1 ? per_recorder() + 100 : n) * HOUR + r;
	add(out, "{\"name\":\"\",");
	add_time(out, "start_time", start);
	if (n > per_recorder() + 1)
		add(out,
		    "\"end_time\":\"0001-01-01T00:00:00Z\",\"duration\":0,"
		    "\"is_closed\":false,");
	else {
		add_time(out, "end_time", start + HOUR - 60);
		add(out, "\"duration\":3540000000000,\"is_closed\":true,");
	}
	add(out, "\"keep\":false,\"segments\":null}");
}

/* A part of a waveform without silence at its end. */
static void
waveform(struct text *out, long from, long to)
{
	static const int32_t head[5] = {1, 1, 48000, 256, WAVE_LENGTH};

	if (to >= WAVE_SIZE)
		to = WAVE_SIZE - 1;
	if (from > to || to - from >= BODY_MAX)
		return;
	out->len = (size_t)(to - from + 1);
	memset(out->bytes, 40, out->len);
	if (from == 0 && out->len >= sizeof(head))
		memcpy(out->bytes, head, sizeof(head));
}

static int
answer(const char *head, struct text *body)
{
	const char *token = strstr(head, "continuation-token=");
	const char *range = strstr(head, "bytes=");
	const char *path = head + 4;
	long from = 0, to = 0;

	if (strncmp(path, "/-/counts ", 10) == 0) {
		add(body, "%ld %ld %ld %ld %ld\n", listings, gets, parts,
		    connections, most_busy);
		return 200;
	}
	if (strncmp(path, "/-/more ", 8) == 0) {
		atomic_fetch_add(&more, 1);
		return 200;
	}
	if (strstr(head, "list-type=2") != NULL) {
		atomic_fetch_add(&listings, 1);
		list(body,
		    token == NULL ? 0
				  : strtol(strchr(token, '=') + 1, NULL, 10));
		return 200;
	}
	path = strchr(path + 1, '/');
	if (path == NULL)
		return 404;
	if (range != NULL && sscanf(range, "bytes=%ld-%ld", &from, &to) == 2) {
		atomic_fetch_add(&parts, 1);
		waveform(body, from, to);
		return 206;
	}
	atomic_fetch_add(&gets, 1);
	metadata(body, path + 1);
	return 200;
}

static bool
send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
serve_one(int fd, const char *head, struct text *body)
{
	long busy = atomic_fetch_add(&now_busy, 1) + 1;
	long most = atomic_load(&most_busy);
	char line[160];
	int len;
	bool ok;

	while (busy > most &&
	    !atomic_compare_exchange_weak(&most_busy, &most, busy))
		;
	body->len = 0;
	len = answer(head, body);
	len = snprintf(line, sizeof(line),
	    "HTTP/1.1 %d OK\r\nContent-Length: %zu\r\n\r\n", len, body->len);
	ok = send_all(fd, line, (size_t)len) &&
	    send_all(fd, body->bytes, body->len);
	atomic_fetch_sub(&now_busy, 1);
	return ok;
}

/* The connection of a client, for as long as it keeps it. */
static void *
serve(void *argument)
{
	int fd = *(int *)argument, on = 1;
	char head[HEAD_MAX + 1];
	struct text body = {malloc(BODY_MAX), 0};
	size_t len = 0;
	bool ok = body.bytes != NULL;

	free(argument);
	atomic_fetch_add(&connections, 1);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (ok && len < HEAD_MAX) {
		ssize_t n = recv(fd, head + len, HEAD_MAX - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		head[len] = '\0';
		if (strstr(head, "\r\n\r\n") == NULL)
			continue;
		ok = serve_one(fd, head, &body);
		len = 0;
	}
	free(body.bytes);
	(void)close(fd);
	return NULL;
}

static int
listen_anywhere(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	printf("%d\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	int listener;

	if (argc != 4)
		return 2;
	recordings = strtol(argv[1], NULL, 10);
	recorders = strtol(argv[2], NULL, 10);
	chunks = strtol(argv[3], NULL, 10);
	if (recorders < 1 || recordings < recorders)
		return 2;
	listener = listen_anywhere();
	while (listener >= 0) {
		int *fd = malloc(sizeof(*fd));
		pthread_t thread;

		if (fd == NULL)
			return 1;
		*fd = accept(listener, NULL, NULL);
		if (*fd < 0 || pthread_create(&thread, NULL, serve, fd) != 0)
			return 1;
		(void)pthread_detach(thread);
	}
	return 1;
}
