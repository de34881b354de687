/* SPDX-License-Identifier: MIT */
/* Microseconds that setlink takes for a presigned URL: presign COUNT, or
 * presign COUNT plain for one that does not say how the file is to be saved.
 * The other programs that do this are in bench/peers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s3/sigv4.h"

static void
die(const char *why)
{
	(void)fprintf(stderr, "presign: %s\n", why);
	exit(EXIT_FAILURE);
}

static void
presign(struct sigv4_signer *signer, bool plain, struct buf *out)
{
	static const struct endpoint endpoint = {
	    .authority = "localhost:9000", .prefix = ""};
	static const struct sigv4_param params[] = {
	    {"response-content-type", "audio/ogg"},
	    {"response-content-disposition",
		"attachment; filename=\"DJ number 1 2026-11-21.ogg\""},
	};
	const struct sigv4_url url = {
	    .method = "GET",
	    .shown = &endpoint,
	    .sign = &endpoint,
	    .style = URL_STYLE_PATH,
	    .bucket = "session-recorder",
	    .key = "a0000001-0000-4000-8000-000000000001/sessions/"
		   "b0000001-0000-4000-8000-000000000001/data.ogg",
	    .params = params,
	    .n_params = plain ? 0 : 2,
	    .now = clock_now(),
	    .expires = 3600,
	};
	struct error err;

	buf_reset(out, 4096);
	if (!sigv4_presign(signer, &url, out, &err))
		die(err.detail);
}

int
main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	bool plain = argc > 2 && strcmp(argv[2], "plain") == 0;
	struct sigv4_signer *signer;
	struct buf out = BUF_INIT;
	usec_t begun;

	if (count < 1)
		die("usage: presign COUNT [plain]");
	signer = sigv4_signer_new("admin", "password123", "us-east-1");
	if (signer == NULL)
		die("out of memory");
	begun = clock_monotonic();
	for (long i = 0; i < count; i++)
		presign(signer, plain, &out);
	(void)printf(
	    "%.3f\n", (double)(clock_monotonic() - begun) / (double)count);
	sigv4_signer_free(signer);
	buf_free(&out);
	return EXIT_SUCCESS;
}
