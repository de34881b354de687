/* SPDX-License-Identifier: MIT */
/* A settings file, and the values in it. */
#include "base/envfile.h"

#include <ctype.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config.h"
#include "base/network.h"
#include "fuzz.h"

/* What no error may show; a value of a secret begins with it. */
#define SECRET "sEcReT-"

static void
quote(struct buf *out, const char *value)
{
	buf_putc(out, '"');
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (strchr("\"\\$", *value) != NULL)
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_putc(out, '"');
}

/* Any value can be written in quotes. */
static void
check_value(struct arena *arena, const char *value)
{
	struct buf file = BUF_INIT;
	struct env_entry *entry;
	struct error err;

	buf_puts(&file, "A=");
	quote(&file, value);
	if (buf_text(&file) == NULL)
		abort();
	FUZZ_CHECK(env_parse(arena, file.data, file.len, &entry, &err));
	FUZZ_CHECK(strcmp(env_find(entry, "A"), value) == 0);
	buf_free(&file);
}

/* Written again with all values in quotes, the file says the same. */
static void
check_round_trip(struct arena *arena, const struct env_entry *entries)
{
	struct buf file = BUF_INIT;
	struct env_entry *again;
	struct error err;
	const char *text;

	for (const struct env_entry *e = entries; e != NULL; e = e->next) {
		buf_printf(&file, "export %s = ", e->name);
		quote(&file, e->value);
		buf_puts(&file, " # a comment\r\n");
	}
	text = buf_text(&file);
	if (text == NULL)
		abort();
	FUZZ_CHECK(env_parse(arena, text, file.len, &again, &err));
	for (; entries != NULL; entries = entries->next) {
		const char *value = env_find(again, entries->name);

		FUZZ_CHECK(value != NULL && strcmp(value, entries->value) == 0);
	}
	buf_free(&file);
}

static void
check_endpoint(const struct endpoint *endpoint)
{
	FUZZ_CHECK(endpoint->port >= 1 && endpoint->port <= 65535);
	for (const char *p = endpoint->authority; *p != '\0'; p++)
		FUZZ_CHECK(
		    isalnum((unsigned char)*p) || strchr(".-_:[]", *p) != NULL);
	FUZZ_CHECK(endpoint->prefix[0] == '\0' || endpoint->prefix[0] == '/');
	FUZZ_CHECK(strpbrk(endpoint->prefix, "?#% \r\n") == NULL);
}

static void
check_setting(const struct config *config, const struct config_setting *setting)
{
	const char *at = (const char *)config + setting->offset;
	int64_t number;
	const char *text;

	switch (setting->type) {
	case CONFIG_INTEGER:
		memcpy(&number, at, sizeof(number));
		FUZZ_CHECK(number >= setting->min && number <= setting->max);
		break;
	case CONFIG_ENDPOINT:
		check_endpoint((const struct endpoint *)at);
		break;
	case CONFIG_STRING:
	case CONFIG_URL:
	case CONFIG_BUCKET:
	case CONFIG_HASH:
		memcpy(&text, at, sizeof(text));
		for (; *text != '\0'; text++)
			FUZZ_CHECK(!iscntrl((unsigned char)*text));
		break;
	case CONFIG_NETWORKS:
		memcpy(&text, at, sizeof(text));
		FUZZ_CHECK(network_list_valid(text));
		break;
	default:
		break;
	}
}

/* Whether the marker is in the file exactly once, as a secret's value. */
static bool
has_secret(const struct env_entry *entries, const char *file)
{
	const char *first = strstr(file, SECRET);

	if (first == NULL || strstr(first + 1, SECRET) != NULL)
		return false;
	for (size_t i = 0; i < config_settings_count; i++) {
		const char *value = env_find(entries, config_settings[i].name);

		if (config_settings[i].secret && value != NULL &&
		    strncmp(value, SECRET, sizeof(SECRET) - 1) == 0)
			return true;
	}
	return false;
}

static void
load(const struct env_entry *entries, const char *file)
{
	struct config config;
	struct error err;

	if (config_load(&config, &err)) {
		for (size_t i = 0; i < config_settings_count; i++)
			check_setting(&config, &config_settings[i]);
	} else {
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
		FUZZ_CHECK(!has_secret(entries, file) ||
		    strstr(err.detail, SECRET) == NULL);
	}
	config_free(&config);
}

/* The settings name the file in memory as the one to be read. */
static int
open_file(void)
{
	static int fd = -1;
	char path[40];

	if (fd >= 0)
		return fd;
	fd = memfd_create("setlink.env", 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < config_settings_count; i++)
		(void)unsetenv(config_settings[i].name);
	if (fd < 0 || setenv("SETLINK_ENV_FILE", path, 1) != 0)
		abort();
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	char *text = fuzz_rest(&in), *file = fuzz_text(&in);
	struct arena arena = ARENA_INIT;
	struct env_entry *entries;
	struct error err = {.code = ERROR_OK};
	int fd = open_file();

	check_value(&arena, file);
	if (env_parse(&arena, text, size, &entries, &err)) {
		check_round_trip(&arena, entries);
		if (ftruncate(fd, 0) != 0 ||
		    pwrite(fd, text, size, 0) != (ssize_t)size)
			abort();
		/* A file of a secret would be one of this machine's. */
		if (strstr(file, "_FILE") == NULL)
			load(entries, file);
	} else {
		FUZZ_CHECK(err.code == ERROR_INVALID && err.detail[0] != '\0');
	}
	arena_free(&arena);
	free(file);
	free(text);
	return 0;
}
