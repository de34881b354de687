/* SPDX-License-Identifier: MIT */
/* The bare listing of the bucket of the settings, a page after the other:
 * number of keys and seconds. A store may answer pages that it has made before,
 * which curl asks for, much faster than those of a new listing. */
#include <stdio.h>
#include <stdlib.h>

#include "base/config.h"
#include "base/crypto.h"
#include "s3/listing.h"

static void
die(const struct error *err)
{
	(void)fprintf(stderr, "listing: %s\n", err->detail);
	exit(EXIT_FAILURE);
}

static size_t
list(struct s3_client *client)
{
	struct s3_listing listing = {
	    .prefix = "", .deadline = clock_monotonic() + USEC_PER_HOUR};
	struct arena arena = ARENA_INIT;
	struct s3_page page;
	struct error err;
	size_t keys = 0;

	while (!listing.ended) {
		if (!s3_listing_next(client, &listing, &arena, &page, &err))
			die(&err);
		keys += page.count;
		arena_reset(&arena);
	}
	s3_listing_free(&listing);
	arena_free(&arena);
	return keys;
}

int
main(void)
{
	usec_t begun = clock_monotonic();
	struct s3_client *client;
	struct config config;
	struct error err;
	size_t keys;

	if (!crypto_begin(true, &err) || !config_load(&config, &err))
		die(&err);
	client = s3_client_new(&config, &err);
	if (client == NULL)
		die(&err);
	keys = list(client);
	(void)printf("%zu %.3f\n", keys,
	    (double)(clock_monotonic() - begun) / USEC_PER_SEC);
	s3_client_free(client);
	config_free(&config);
	return EXIT_SUCCESS;
}
