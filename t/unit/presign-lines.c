/* SPDX-License-Identifier: MIT */
/* Presigns what is asked for on stdin, one URL a line, for tests in other
 * languages. A line has fourteen fields and then pairs of parameters, with a
 * space between them:
 *
 * METHOD STYLE TLS SHOWN-AUTHORITY SHOWN-PREFIX SIGN-AUTHORITY SIGN-PREFIX
 * BUCKET KEY REGION ACCESS-KEY SECRET-KEY SECONDS EXPIRES [NAME VALUE]...
 *
 * STYLE is "path" or "virtual", TLS 0 or 1, SECONDS since 1970 and EXPIRES are
 * decimal; the others are in hexadecimal, "-" for an empty one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "s3/sigv4.h"

#define FIELDS      14
#define MAX_FIELDS  (FIELDS + 2 * SIGV4_MAX_PARAMS)
#define MAX_SIGNERS 64

/* Signers are kept for as long as the program runs, as a worker keeps its
 * own, so that one goes forth and back between days. */
struct known {
	char *access_key, *secret_key, *region;
	struct sigv4_signer *signer;
};

static struct known known[MAX_SIGNERS];
static size_t n_known;
static struct arena forever = ARENA_INIT;

static void
die(const char *why)
{
	(void)fprintf(stderr, "presign-lines: %s\n", why);
	exit(2);
}

static char *
copy(struct arena *arena, const char *text)
{
	char *out = arena_copy(arena, text, strlen(text));

	if (out == NULL)
		die("out of memory");
	return out;
}

static char *
unhex(struct arena *arena, const char *field)
{
	char *out = copy(arena, field), byte[3] = "";
	size_t i, len = strlen(field);

	if (strcmp(field, "-") == 0)
		len = 0;
	if (len % 2 != 0 || strspn(field, "0123456789abcdef") < len)
		die("a field is not in hexadecimal");
	for (i = 0; i < len / 2; i++) {
		memcpy(byte, field + 2 * i, 2);
		out[i] = (char)strtoul(byte, NULL, 16);
	}
	out[i] = '\0';
	return out;
}

static struct sigv4_signer *
signer_find(const char *access_key, const char *secret_key, const char *region)
{
	struct known *k;

	for (k = known; k < known + n_known; k++) {
		if (strcmp(k->access_key, access_key) == 0 &&
		    strcmp(k->secret_key, secret_key) == 0 &&
		    strcmp(k->region, region) == 0)
			return k->signer;
	}
	if (n_known == MAX_SIGNERS)
		die("too many signers");
	n_known++;
	k->access_key = copy(&forever, access_key);
	k->secret_key = copy(&forever, secret_key);
	k->region = copy(&forever, region);
	k->signer = sigv4_signer_new(k->access_key, k->secret_key, k->region);
	if (k->signer == NULL)
		die("no signer");
	return k->signer;
}

static size_t
split(char *line, char *fields[MAX_FIELDS])
{
	char *place = NULL, *field = strtok_r(line, " \n", &place);
	size_t n;

	for (n = 0; field != NULL; n++) {
		if (n == MAX_FIELDS)
			die("too many fields");
		fields[n] = field;
		field = strtok_r(NULL, " \n", &place);
	}
	if (n < FIELDS || n % 2 != 0)
		die("too few fields");
	return n;
}

static void
presign(struct arena *arena, char **f, size_t n, struct buf *out)
{
	struct sigv4_param params[SIGV4_MAX_PARAMS];
	struct endpoint shown = {.tls = strcmp(f[2], "1") == 0,
	    .authority = unhex(arena, f[3]),
	    .prefix = unhex(arena, f[4])};
	struct endpoint sign = {.tls = shown.tls,
	    .authority = unhex(arena, f[5]),
	    .prefix = unhex(arena, f[6])};
	struct sigv4_url url = {.method = f[0],
	    .shown = &shown,
	    .sign = &sign,
	    .style = strcmp(f[1], "virtual") == 0 ? URL_STYLE_VIRTUAL
						  : URL_STYLE_PATH,
	    .bucket = unhex(arena, f[7]),
	    .key = unhex(arena, f[8]),
	    .params = params,
	    .n_params = (n - FIELDS) / 2,
	    .now = strtoll(f[12], NULL, 10) * USEC_PER_SEC,
	    .expires = (unsigned)strtoul(f[13], NULL, 10)};
	struct sigv4_signer *signer = signer_find(
	    unhex(arena, f[10]), unhex(arena, f[11]), unhex(arena, f[9]));
	struct error err;
	size_t i;

	for (i = 0; i < url.n_params; i++) {
		params[i].name = unhex(arena, f[FIELDS + 2 * i]);
		params[i].value = unhex(arena, f[FIELDS + 2 * i + 1]);
	}
	if (!sigv4_presign(signer, &url, out, &err))
		die(err.detail);
}

int
main(void)
{
	struct arena arena = ARENA_INIT;
	struct buf out = BUF_INIT;
	char *fields[MAX_FIELDS], *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		size_t n = split(line, fields);

		buf_reset(&out, 65536);
		presign(&arena, fields, n, &out);
		(void)puts(out.data);
		arena_reset(&arena);
	}
	while (n_known > 0)
		sigv4_signer_free(known[--n_known].signer);
	free(line);
	buf_free(&out);
	arena_free(&arena);
	arena_free(&forever);
	return fflush(stdout) == 0 ? 0 : 1;
}
