/* SPDX-License-Identifier: MIT */
/* What each setting refuses. */
#include <stdlib.h>

#include "base/array.h"
#include "base/config.h"
#include "tap.h"

#define S16 "0123456789abcdef"
#define S64 S16 S16 S16 S16
#define R   "SESSION_RECORDER_"

static const struct {
	const char *name, *value;
} bad[] = {
    {R "ENABLED", ""},
    {R "ENABLED", "maybe"},
    {R "ENABLED", "true "},
    {R "ENABLED", "2"},
    {R "MINIO_ENDPOINT", ""},
    {R "MINIO_ENDPOINT", "minio:9000"},
    {R "MINIO_ACCESS_KEY", ""},
    {R "MINIO_ACCESS_KEY", S64 S64 "x"},
    {R "MINIO_ACCESS_KEY", "a\nb"},
    {R "MINIO_CA_FILE", "/ca\x01"},
    {R "MINIO_SECRET_KEY", ""},
    {R "MINIO_SECRET_KEY", "hunter2\n"},
    {R "MINIO_SECRET_KEY", "hunter2" S64 S64 S64 S64},
    {R "BUCKET_NAME", ""},
    {R "BUCKET_NAME", "ab"},
    {R "BUCKET_NAME", S64},
    {R "BUCKET_NAME", "Upper"},
    {R "BUCKET_NAME", "a_b"},
    {R "BUCKET_NAME", "a/b"},
    {R "BUCKET_NAME", "a..b"},
    {R "BUCKET_NAME", "-ab"},
    {R "BUCKET_NAME", "ab."},
    {R "BUCKET_NAME", "..."},
    {R "PUBLIC_ENDPOINT", "http://h?x"},
    {R "AUTO_LINK_TOLERANCE", ""},
    {R "AUTO_LINK_TOLERANCE", "-1"},
    {R "AUTO_LINK_TOLERANCE", "1441"},
    {R "AUTO_LINK_TOLERANCE", "5m"},
    {R "AUTO_LINK_TOLERANCE", " 5"},
    {R "AUTO_LINK_TOLERANCE", "+5"},
    {R "AUTO_LINK_TOLERANCE", "5.0"},
    {R "AUTO_LINK_TOLERANCE", "0x5"},
    {R "AUTO_LINK_TOLERANCE", "99999999999999999999"},
    {R "SIGN_ENDPOINT", "ftp://h"},
    {R "REGION", ""},
    {R "REGION", S64 "x"},
    {R "URL_STYLE", ""},
    {R "URL_STYLE", "Path"},
    {R "URL_STYLE", "auto"},
    {R "SYNC_INTERVAL", "0"},
    {R "SYNC_INTERVAL", "86401"},
    {R "MAX_EXPIRES", "0"},
    {R "MAX_EXPIRES", "604801"},
    {R "WAIT_DAYS", "-1"},
    {R "WAIT_DAYS", "3651"},
    {R "EVENTS_TOKEN", "hunter2\r"},
    {"SETLINK_FIRST_DRAW_MINUTES", "-1"},
    {"SETLINK_FIRST_DRAW_MINUTES", "1441"},
    {"SETLINK_MAX_SESSION_HOURS", "0"},
    {"SETLINK_MAX_SESSION_HOURS", "169"},
    {"SETLINK_ALARM_MINUTES", "0"},
    {"SETLINK_ALARM_MINUTES", "1441"},
    {"SETLINK_BASE_WEIGHT", ""},
    {"SETLINK_BASE_WEIGHT", "0"},
    {"SETLINK_BASE_WEIGHT", "-1"},
    {"SETLINK_BASE_WEIGHT", "1e2"},
    {"SETLINK_BASE_WEIGHT", "1.2.3"},
    {"SETLINK_BASE_WEIGHT", "1000.1"},
    {"SETLINK_BASE_WEIGHT", "nan"},
    {"SETLINK_BASE_WEIGHT", "guaranteed"},
    {"SETLINK_JOKER", ""},
    {"SETLINK_JOKER", "0"},
    {"SETLINK_JOKER", "101"},
    {"SETLINK_JOKER", "Guaranteed"},
    {"SETLINK_DB_HOST", "mysql://a"},
    {"SETLINK_DB_HOST", "a:"},
    {"SETLINK_DB_HOST", "a,b:65536"},
    {"SETLINK_DB_PORT", "0"},
    {"SETLINK_DB_PORT", "65536"},
    {"SETLINK_DB_SOCKET", "/" S64 S16 S16 "0123456789a"},
    {"SETLINK_DB_NAME", ""},
    {"SETLINK_DB_NAME", S64 "x"},
    {"SETLINK_DB_USER", ""},
    {"SETLINK_DB_PASSWORD", "hunter2\x7f"},
    {"SETLINK_DB_SSL_CA", "/ca\x01"},
    {"SETLINK_DB_TIMEOUT", "1"},
    {"SETLINK_DB_TIMEOUT", "13"},
    {"SETLINK_PUBLIC_URL", ""},
    {"SETLINK_PUBLIC_URL", "club.example"},
    {"SETLINK_PUBLIC_URL", "https://club.example/#top"},
    {"SETLINK_ADMIN_TOKEN_HASH", "hunter2"},
    {"SETLINK_ADMIN_TOKEN_HASH", S64 "0"},
    {"SETLINK_ADMIN_TOKEN_HASH", S16 S16 S16 "0123456789abcdeg"},
    {"SETLINK_CORS_ORIGINS", "club.example"},
    {"SETLINK_CORS_ORIGINS", "https://club.example/"},
    {"SETLINK_CORS_ORIGINS", "https://club.example/app"},
    {"SETLINK_CORS_ORIGINS", "https://*.club.example"},
    {"SETLINK_CORS_ORIGINS", "*, https://club.example"},
    {"SETLINK_CORS_ORIGINS", "null"},
    {"SETLINK_CORS_ORIGINS", "https://Club.example"},
    {"SETLINK_CORS_ORIGINS", "https://club.example:443"},
    {"SETLINK_CORS_ORIGINS", "http://a.example https://b.example:0443"},
    {"SETLINK_TRUSTED_PROXIES", "proxy.example"},
    {"SETLINK_TRUSTED_PROXIES", "10.0.0.0/33"},
    {"SETLINK_REGISTRATION_LIMIT", "-1"},
    {"SETLINK_REGISTRATION_LIMIT", "10001"},
    {"SETLINK_LOG", ""},
    {"SETLINK_LOG", "trace"},
    {"SETLINK_LOG", "3"},
    {"SETLINK_LOG_FILE", "a\x01"},
    {"SETLINK_SANDBOX", ""},
    {"SETLINK_SANDBOX", "landlock"},
};

static const struct config_setting *
find(const char *name)
{
	for (size_t i = 0; i < config_settings_count; i++)
		if (strcmp(config_settings[i].name, name) == 0)
			return &config_settings[i];
	return NULL;
}

static void
clear(void)
{
	char name[80];

	for (size_t i = 0; i < config_settings_count; i++) {
		unsetenv(config_settings[i].name);
		(void)snprintf(
		    name, sizeof(name), "%s_FILE", config_settings[i].name);
		unsetenv(name);
	}
	if (setenv("SETLINK_ENV_FILE", "/dev/null", 1) != 0)
		abort();
}

/* A value is shown if it is no secret, has no controls, and is short. */
static bool
shown_well(
    const struct config_setting *setting, const char *value, const char *detail)
{
	bool plain = strpbrk(value, "\t\r\n\x01\x7f") == NULL;

	if (setting->secret)
		return value[0] == '\0' ||
		    (strstr(detail, value) == NULL &&
			strstr(detail, "hunter2") == NULL &&
			strstr(detail, S16) == NULL);
	return strlen(value) > 80 || !plain || strstr(detail, value) != NULL;
}

static void
test_refusals(void)
{
	struct config c;

	for (size_t i = 0; i < LENGTH(bad); i++) {
		const struct config_setting *setting = find(bad[i].name);
		size_t len = strlen(bad[i].name);
		struct error err = {0};
		bool ok;

		clear();
		if (setting == NULL ||
		    setenv(bad[i].name, bad[i].value, 1) != 0)
			abort();
		ok = config_load(&c, &err);
		tap_ok(!ok && err.code == ERROR_INVALID &&
			strncmp(err.detail, bad[i].name, len) == 0 &&
			err.detail[len] == ':' &&
			strpbrk(err.detail, "\r\n\x01\x7f") == NULL &&
			shown_well(setting, bad[i].value, err.detail),
		    "refusal, row %zu: %s", i, err.detail);
		config_free(&c);
	}
}

static void
test_table(void)
{
	bool named, empty = false;
	size_t i, j;

	for (i = 0; i < config_settings_count; i++) {
		const struct config_setting *s = &config_settings[i];

		named = false;
		for (j = 0; j < LENGTH(bad); j++)
			named = named || strcmp(bad[j].name, s->name) == 0;
		tap_ok(named && find(s->name) == s, "%s: once, and tested here",
		    s->name);
		empty = empty || s->meaning == NULL || s->meaning[0] == '\0' ||
		    (s->fallback == NULL && s->same_as == NULL);
	}
	tap_ok(!empty, "each has a meaning and a default");
}

static const struct {
	const char *name, *value;
} good[] = {
    {R "ENABLED", "TRUE"},
    {R "ENABLED", "1"},
    {R "ENABLED", "yes"},
    {R "ENABLED", "on"},
    {R "ENABLED", "no"},
    {R "MINIO_SECRET_KEY", "x"},
    {R "MINIO_SECRET_KEY", S64 S64 S64 S64},
    {R "BUCKET_NAME", "abc"},
    {R "BUCKET_NAME", S16 S16 S16 "0123456789abcde"},
    {R "AUTO_LINK_TOLERANCE", "1440"},
    {R "SYNC_INTERVAL", "1"},
    {R "SYNC_INTERVAL", "86400"},
    {R "MAX_EXPIRES", "1"},
    {R "WAIT_DAYS", "0"},
    {R "WAIT_DAYS", "3650"},
    {"SETLINK_DB_PORT", "65535"},
    {"SETLINK_DB_HOST", "db1.example,db2.example"},
    {"SETLINK_DB_HOST", "db1.example:3307, [2001:db8::1]:3308"},
    {"SETLINK_DB_PASSWORD", "p\xc3\xa4ss w\"or'd"},
    {"SETLINK_DB_SOCKET", "/" S64 S16 S16 "0123456789"},
    {"SETLINK_DB_TIMEOUT", "2"},
    {"SETLINK_DB_TIMEOUT", "12"},
    {"SETLINK_ADMIN_TOKEN_HASH", ""},
    {"SETLINK_ADMIN_TOKEN_HASH", S64},
    {"SETLINK_CORS_ORIGINS", "*"},
    {"SETLINK_CORS_ORIGINS", ""},
    {"SETLINK_CORS_ORIGINS", "http://localhost:5173"},
    {"SETLINK_LOG", "Warn"},
    {"SETLINK_SANDBOX", "off"},
    {"SETLINK_FIRST_DRAW_MINUTES", "0"},
    {"SETLINK_BASE_WEIGHT", "0.5"},
    {"SETLINK_BASE_WEIGHT", "1000"},
    {"SETLINK_JOKER", "1.5"},
    {"SETLINK_JOKER", "guaranteed"},
};

static void
test_good(void)
{
	struct error err;
	struct config c;

	for (size_t i = 0; i < LENGTH(good); i++) {
		clear();
		if (setenv(good[i].name, good[i].value, 1) != 0)
			abort();
		err = (struct error){0};
		tap_ok(config_load(&c, &err), "%s, row %zu%s", good[i].name, i,
		    err.detail);
		config_free(&c);
	}
}

int
main(void)
{
	test_refusals();
	test_table();
	test_good();
	return tap_done();
}
