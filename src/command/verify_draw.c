/* SPDX-License-Identifier: MIT */
/* setlink verify-draw. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "api/draw_record.h"
#include "command/commands.h"
#include "command/setup.h"

/* A record is some hundred bytes a participant. */
#define MAX_RECORD (4 * 1024 * 1024)

/* The file, or standard input for "-", into the arena. */
static char *
read_record(struct arena *arena, const char *path, size_t *len)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = file == NULL ? NULL : arena_alloc(arena, MAX_RECORD);

	if (text != NULL) {
		*len = fread(text, 1, MAX_RECORD, file);
		if (ferror(file) != 0 || *len == MAX_RECORD)
			text = NULL;
	}
	if (file != NULL && file != stdin)
		(void)fclose(file);
	return text;
}

static bool
verify_file(struct arena *arena, const char *path, struct error *err)
{
	size_t len = 0;
	const char *text = read_record(arena, path, &len);

	if (text == NULL)
		return error_set(
		    err, ERROR_INVALID, "%.80s: cannot be read", path);
	return draw_record_verify(arena, text, len, err);
}

/* By its id from the database, or from a file with its public record. */
int
command_verify_draw(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct setup setup = {.db = NULL};
	struct error err;
	struct uuid id;
	int status = 0;
	bool ok = false;

	if (argc != 2)
		return EX_USAGE;
	if (uuid_parse(argv[1], strlen(argv[1]), &id)) {
		status = setup_begin(&setup, SETUP_TIMEOUT);
		if (status == 0)
			ok = draw_record_verify_stored(
			    setup.db, &arena, &id, &err);
	} else {
		ok = verify_file(&arena, argv[1], &err);
	}
	if (ok)
		(void)printf("the draw is as its record says\n");
	else if (status == 0)
		status = command_fail_error(&err);
	setup_end(&setup);
	arena_free(&arena);
	return status;
}
