/* SPDX-License-Identifier: MIT */
/* Print a list of the index, page by page. The database is that of the
 * settings; the filter is given as
 *
 *   LIMIT RECORDER SINCE UNTIL LINKED OPEN
 *
 * with "-" for what is not filtered by. A line a recording: its listed_at in
 * microseconds, and its ids. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "recorder/index.h"

struct page {
	struct index_filter *filter;
	unsigned count;
};

static bool
print(void *context, const struct recording *recording, struct error *err)
{
	struct page *page = context;
	char recorder[UUID_TEXT_SIZE], id[UUID_TEXT_SIZE];

	(void)err;
	page->count++;
	page->filter->has_after = true;
	page->filter->after_time = recording_listed_at(recording);
	page->filter->after_recorder = recording->recorder_id;
	page->filter->after_id = recording->id;
	uuid_format(&recording->recorder_id, recorder);
	uuid_format(&recording->id, id);
	printf("%" PRId64 " %s %s\n", page->filter->after_time, recorder, id);
	return true;
}

static bool
parse_time(const char *text, usec_t *out)
{
	*out = strtoll(text, NULL, 10);
	return strcmp(text, "-") != 0;
}

static int
parse_choice(const char *text)
{
	return strcmp(text, "-") == 0 ? -1 : atoi(text);
}

static bool
print_pages(struct db *db, struct index_filter *filter, struct error *err)
{
	struct page page = {filter, filter->limit};
	bool ok = true;

	while (ok && page.count == filter->limit) {
		struct arena arena = ARENA_INIT;

		page.count = 0;
		ok = index_list(db, &arena, filter, print, &page, err);
		arena_free(&arena);
	}
	return ok;
}

int
main(int argc, char **argv)
{
	struct config config;
	struct index_filter filter = {0};
	struct uuid recorder;
	struct db *db = NULL;
	struct error err;
	bool ok;

	if (argc != 7)
		return 2;
	filter.limit = (unsigned)parse_choice(argv[1]);
	if (uuid_parse(argv[2], strlen(argv[2]), &recorder))
		filter.recorder_id = &recorder;
	filter.has_since = parse_time(argv[3], &filter.since);
	filter.has_until = parse_time(argv[4], &filter.until);
	filter.linked = parse_choice(argv[5]);
	filter.open = parse_choice(argv[6]);
	ok = config_load(&config, &err);
	if (ok)
		db = db_new(&config, 60);
	ok = ok && db != NULL && print_pages(db, &filter, &err);
	if (!ok)
		fprintf(stderr, "%s\n", err.detail);
	db_free(db);
	config_free(&config);
	db_library_end();
	return ok ? 0 : 1;
}
