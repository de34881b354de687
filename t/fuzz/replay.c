/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target on files, without a fuzzer: on those named as arguments,
 * or else on its corpus, t/fuzz/corpus/NAME, which is a TAP test then. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>

#include "fuzz.h"

/* Longer inputs are not kept in a corpus. */
#define LONGEST (1 << 20)

/* The file in hand, for whoever reads the report of a crash. */
static void
tell(const char *path)
{
	(void)fprintf(stderr, "# %s\n", path);
}

static bool
run_file(const char *path, bool loud)
{
	FILE *file = fopen(path, "re");
	static uint8_t buffer[LONGEST];
	uint8_t *exact;
	size_t len;

	if (file == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	len = fread(buffer, 1, sizeof(buffer), file);
	(void)fclose(file);
	exact = malloc(len == 0 ? 1 : len);
	if (exact == NULL)
		abort();
	memcpy(exact, buffer, len);
	if (loud)
		tell(path);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return true;
}

static int
run_corpus(const char *name)
{
	char folder[128], path[sizeof(folder) + 1 + NAME_MAX];
	const struct dirent *entry;
	unsigned count = 0;
	bool ok = true;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "t/fuzz/corpus/%.99s", name);
	dir = opendir(folder);
	if (dir == NULL) {
		printf("1..0 # SKIP no %s here\n", folder);
		return 0;
	}
	while (ok && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    path, sizeof(path), "%s/%s", folder, entry->d_name);
		ok = run_file(path, false);
		count++;
	}
	(void)closedir(dir);
	ok = ok && count > 0;
	printf("%sok 1 - %s: %u inputs\n1..1\n", ok ? "" : "not ", name, count);
	return ok ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	bool ok = true;

	if (argc < 2)
		return run_corpus(slash == NULL ? argv[0] : slash + 1);
	for (int i = 1; i < argc; i++)
		ok = run_file(argv[i], true) && ok;
	return ok ? 0 : 1;
}
