/* SPDX-License-Identifier: MIT */
/* Reading the settings. */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/envfile.h"
#include "base/network.h"

#define DEFAULT_FILE "/etc/setlink/setlink.env"
#define MAX_FILE     (64 * 1024)

/* "NAME: it must …", with the value unless it is secret. */
static bool
refuse(const struct config_setting *setting, const char *value,
    const char *what, struct error *err)
{
	if (setting->secret)
		return error_set(err, ERROR_INVALID,
		    "%s: the value (not shown) must %s", setting->name, what);
	return error_set(err, ERROR_INVALID, "%s: \"%.80s\" must %s",
	    setting->name, value, what);
}

/* Keep in mind that the file was read, and who else can. */
static bool
note_file(struct config *config, const char *path, FILE *file)
{
	struct config_file *note = arena_alloc(&config->arena, sizeof(*note));
	struct stat st;

	if (note == NULL || fstat(fileno(file), &st) != 0)
		return false;
	note->path = arena_copy(&config->arena, path, strlen(path));
	note->exposed = S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0;
	note->next = config->files;
	config->files = note;
	return note->path != NULL;
}

/* Without a buffer of stdio's, which would keep secrets when it is freed. */
static bool
read_open_file(struct config *config, const char *path, FILE *file, char **text,
    size_t *len, struct error *err)
{
	*text = arena_alloc(&config->arena, MAX_FILE + 1);
	if (*text == NULL || !note_file(config, path, file) ||
	    setvbuf(file, NULL, _IONBF, 0) != 0)
		return error_memory(err);
	*len = fread(*text, 1, MAX_FILE + 1, file);
	if (ferror(file) != 0 || *len > MAX_FILE)
		return error_set(err, ERROR_INVALID,
		    "%s: cannot be read, or is over %d bytes", path, MAX_FILE);
	(*text)[*len] = '\0';
	return true;
}

static bool
read_file(struct config *config, const char *path, char **text, size_t *len,
    struct error *err)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (file == NULL)
		return error_set(err,
		    errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "%s: %s",
		    path, strerror(errno));
	ok = read_open_file(config, path, file, text, len, err);
	(void)fclose(file);
	return ok;
}

static bool
set_bool(bool *out, const char *value)
{
	static const char *const yes[] = {"true", "1", "yes", "on"};
	static const char *const no[] = {"false", "0", "no", "off"};
	size_t i;

	for (i = 0; i < LENGTH(yes); i++) {
		if (strcasecmp(value, yes[i]) == 0) {
			*out = true;
			return true;
		}
		if (strcasecmp(value, no[i]) == 0) {
			*out = false;
			return true;
		}
	}
	return false;
}

static bool
set_integer(const struct config_setting *setting, int64_t *out,
    const char *value, struct error *err)
{
	char range[80];
	char *end;
	long long number;

	errno = 0;
	number = strtoll(value, &end, 10);
	if (isdigit((unsigned char)value[0]) && *end == '\0' && errno == 0 &&
	    number >= setting->min && number <= setting->max) {
		*out = number;
		return true;
	}
	(void)snprintf(range, sizeof(range), "be a number from %lld to %lld",
	    (long long)setting->min, (long long)setting->max);
	return refuse(setting, value, range, err);
}

static bool
set_decimal(const struct config_setting *setting, double *out,
    const char *value, struct error *err)
{
	char range[80];
	char *end;
	double number = strtod(value, &end);

	if (strspn(value, "0123456789.") == strlen(value) && end != value &&
	    *end == '\0' && number > 0 && number >= (double)setting->min &&
	    number <= (double)setting->max) {
		*out = number;
		return true;
	}
	(void)snprintf(range, sizeof(range),
	    "be a number over %lld, up to %lld%s", (long long)setting->min,
	    (long long)setting->max,
	    setting->type == CONFIG_JOKER ? ", or guaranteed" : "");
	return refuse(setting, value, range, err);
}

static bool
set_joker(const struct config_setting *setting, double *out, const char *value,
    struct error *err)
{
	*out = 0;
	return strcmp(value, "guaranteed") == 0 ||
	    set_decimal(setting, out, value, err);
}

static bool
set_string(const struct config_setting *setting, const char **out,
    const char *value, struct error *err)
{
	size_t len = strlen(value), i;
	char range[80];

	for (i = 0; i < len; i++)
		if (iscntrl((unsigned char)value[i]))
			return refuse(
			    setting, "", "hold no control characters", err);
	*out = value;
	if ((int64_t)len >= setting->min && (int64_t)len <= setting->max)
		return true;
	(void)snprintf(range, sizeof(range), "have %lld to %lld characters",
	    (long long)setting->min, (long long)setting->max);
	return refuse(setting, value, range, err);
}

/* The names that S3 allows, so that it needs no encoding in a path. */
static bool
bucket_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 3 && len <= 63 &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len &&
	    isalnum((unsigned char)name[0]) &&
	    isalnum((unsigned char)name[len - 1]) && strstr(name, "..") == NULL;
}

static bool
hash_valid(const char *value)
{
	size_t len = strlen(value);

	return len == 0 ||
	    (len == 64 && strspn(value, "0123456789abcdefABCDEF") == len);
}

/* An origin as a browser writes it (RFC 6454, 6.2): lower case, without the
 * default port. Another spelling would never match. */
static bool
origin_valid(struct arena *arena, const char *origin)
{
	struct endpoint endpoint;
	struct error ignored;
	const char *spelling;

	if (!endpoint_parse(arena, origin, &endpoint, &ignored))
		return false;
	spelling = arena_printf(
	    arena, "http%s://%s", endpoint.tls ? "s" : "", endpoint.authority);
	return spelling != NULL && strcmp(origin, spelling) == 0;
}

static bool
origins_valid(struct arena *arena, const char *list)
{
	const char *item;
	size_t len;

	if (strcmp(list, "*") == 0)
		return true;
	while ((item = network_list_item(&list, &len)) != NULL) {
		const char *origin = arena_copy(arena, item, len);

		if (origin == NULL || !origin_valid(arena, origin))
			return false;
	}
	return true;
}

static bool
set_level(enum log_level *out, const char *value)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	size_t i;

	for (i = 0; i < LENGTH(names); i++) {
		if (strcasecmp(value, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static bool
set_style(enum url_style *out, const char *value)
{
	*out = strcmp(value, "virtual") == 0 ? URL_STYLE_VIRTUAL
					     : URL_STYLE_PATH;
	return *out == URL_STYLE_VIRTUAL || strcmp(value, "path") == 0;
}

static bool
set_endpoint(struct config *config, const struct config_setting *setting,
    void *out, const char *value, struct error *err)
{
	struct endpoint endpoint;
	struct error why;

	if (!endpoint_parse(&config->arena, value, &endpoint, &why))
		return refuse(setting, value, why.detail, err);
	if (setting->type == CONFIG_ENDPOINT) {
		*(struct endpoint *)out = endpoint;
		return true;
	}
	*(const char **)out = arena_printf(&config->arena, "http%s://%s%s",
	    endpoint.tls ? "s" : "", endpoint.authority, endpoint.prefix);
	return *(const char **)out != NULL || error_memory(err);
}

/* A text that is kept as it is, if `valid`. */
static bool
set_checked(const struct config_setting *setting, const char **out,
    const char *value, bool valid, const char *what, struct error *err)
{
	*out = value;
	return valid || refuse(setting, value, what, err);
}

static bool
set_value(struct config *config, const struct config_setting *setting,
    const char *value, struct error *err)
{
	void *out = (char *)config + setting->offset;

	switch (setting->type) {
	case CONFIG_BOOL:
		return set_bool(out, value) ||
		    refuse(setting, value, "be true or false", err);
	case CONFIG_INTEGER:
		return set_integer(setting, out, value, err);
	case CONFIG_DECIMAL:
		return set_decimal(setting, out, value, err);
	case CONFIG_JOKER:
		return set_joker(setting, out, value, err);
	case CONFIG_STRING:
		return set_string(setting, out, value, err);
	case CONFIG_ENDPOINT:
	case CONFIG_URL:
		return set_endpoint(config, setting, out, value, err);
	case CONFIG_BUCKET:
		return set_checked(setting, out, value, bucket_valid(value),
		    "be an S3 bucket name", err);
	case CONFIG_STYLE:
		return set_style(out, value) ||
		    refuse(setting, value, "be path or virtual", err);
	case CONFIG_LEVEL:
		return set_level(out, value) ||
		    refuse(
			setting, value, "be error, warn, info or debug", err);
	case CONFIG_HASH:
		return set_checked(setting, out, value, hash_valid(value),
		    "be 64 hex digits, or empty", err);
	case CONFIG_ORIGINS:
		return set_checked(setting, out, value,
		    origins_valid(&config->arena, value),
		    "be a list such as https://club.example, or *", err);
	case CONFIG_NETWORKS:
		return set_checked(setting, out, value,
		    network_list_valid(value),
		    "be a list of addresses or CIDR blocks", err);
	case CONFIG_HOSTS:
		return set_checked(setting, out, value,
		    network_hosts_valid(value),
		    "be a list of hosts, each NAME, NAME:PORT or [IPv6]:PORT",
		    err);
	}
	return error_set(err, ERROR_INTERNAL, "%s: no type", setting->name);
}

/* The content of a secret's file, without the newline at its end. */
static bool
read_secret(struct config *config, const char *name, const char *path,
    const char **out, struct error *err)
{
	struct error why;
	char *text;
	size_t len;

	if (!read_file(config, path, &text, &len, &why))
		return error_set(
		    err, ERROR_INVALID, "%s_FILE: %s", name, why.detail);
	if (strlen(text) != len)
		return error_set(
		    err, ERROR_INVALID, "%s_FILE: a NUL byte in it", name);
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = '\0';
	*out = text;
	return true;
}

/* The text of one setting from the environment or the file; NULL when it is
 * in neither. An empty value in the environment counts. */
static bool
find_value(struct config *config, const struct config_setting *setting,
    const struct env_entry *file, const char **out, struct error *err)
{
	char with_suffix[80];
	const char *path;

	*out = getenv(setting->name);
	if (*out == NULL && setting->secret) {
		(void)snprintf(
		    with_suffix, sizeof(with_suffix), "%s_FILE", setting->name);
		path = getenv(with_suffix);
		if (path == NULL && env_find(file, setting->name) == NULL)
			path = env_find(file, with_suffix);
		if (path != NULL)
			return read_secret(
			    config, setting->name, path, out, err);
	}
	if (*out == NULL)
		*out = env_find(file, setting->name);
	return true;
}

static const struct config_setting *
find_setting(const char *name)
{
	size_t i;

	for (i = 0; i < config_settings_count; i++)
		if (strcmp(config_settings[i].name, name) == 0)
			return &config_settings[i];
	return NULL;
}

static bool
load_setting(struct config *config, const struct config_setting *setting,
    const struct env_entry *file, struct error *err)
{
	const struct config_setting *source = setting;
	const char *value;

	if (!find_value(config, source, file, &value, err))
		return false;
	if (value == NULL && source->same_as != NULL) {
		source = find_setting(source->same_as);
		if (!find_value(config, source, file, &value, err))
			return false;
	}
	if (value == NULL)
		value = source->fallback;
	return set_value(config, setting, value, err);
}

static bool
load_file(struct config *config, struct env_entry **out, struct error *err)
{
	const char *path = getenv("SETLINK_ENV_FILE");
	struct error why;
	char *text;
	size_t len;

	*out = NULL;
	if (!read_file(config, path == NULL ? DEFAULT_FILE : path, &text, &len,
		&why)) {
		if (path == NULL && why.code == ERROR_NOT_FOUND)
			return true;
		return error_set(
		    err, ERROR_INVALID, "settings file %s", why.detail);
	}
	if (env_parse(&config->arena, text, len, out, &why))
		return true;
	return error_set(err, ERROR_INVALID, "settings file %s: %s",
	    path == NULL ? DEFAULT_FILE : path, why.detail);
}

bool
config_load(struct config *config, struct error *err)
{
	struct env_entry *file;
	size_t i;

	*config = (struct config){0};
	if (!load_file(config, &file, err))
		return false;
	for (i = 0; i < config_settings_count; i++)
		if (!load_setting(config, &config_settings[i], file, err))
			return false;
	return true;
}

void
config_free(struct config *config)
{
	arena_wipe(&config->arena);
}
