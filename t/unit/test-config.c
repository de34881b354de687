/* SPDX-License-Identifier: MIT */
/* Settings: where they come from, what they default to, what is refused. */
#include "base/array.h"
#include "base/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

#define HASH "ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789"

static char settings_file[] = "/tmp/setlink-test-XXXXXX";
static char secret_file[] = "/tmp/setlink-test-XXXXXX";

static void
set(const char *name, const char *value)
{
	if (setenv(name, value, 1) != 0)
		abort();
}

static void
write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fwrite(text, 1, len, file) != len ||
	    fclose(file) != 0)
		abort();
}

/* No settings, but an empty file of them. */
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
	write_file(settings_file, "", 0);
	set("SETLINK_ENV_FILE", settings_file);
}

static void
make_files(void)
{
	int a = mkstemp(settings_file), b = mkstemp(secret_file);

	if (a < 0 || b < 0 || close(a) != 0 || close(b) != 0)
		abort();
}

static void
test_default_recorder(void)
{
	struct config c;
	struct error err = {0};

	clear();
	tap_ok(config_load(&c, &err), "nothing set: %s", err.detail);
	tap_ok(c.recorder_enabled, "enabled");
	tap_is_str(c.minio_endpoint.authority, "localhost:9000", "endpoint");
	tap_ok(!c.minio_endpoint.tls, "by http");
	tap_is_str(c.minio_access_key, "admin", "access key");
	tap_is_str(c.minio_secret_key, "password123", "secret key");
	tap_is_str(c.bucket, "session-recorder", "bucket");
	tap_is_str(c.public_endpoint.authority, "localhost:9000", "public");
	tap_is_str(c.sign_endpoint.authority, "localhost:9000", "signed");
	tap_is_int(c.link_tolerance, 5, "tolerance in minutes");
	tap_is_str(c.region, "us-east-1", "region");
	tap_ok(c.url_style == URL_STYLE_PATH, "style of URLs");
	tap_is_int(c.sync_interval, 60, "interval in seconds");
	tap_is_int(c.max_expires, 604800, "a week");
	tap_is_int(c.wait_days, 7, "days to wait");
	tap_is_str(c.events_token, "", "no events token");
	config_free(&c);
}

static void
test_default_setlink(void)
{
	struct config c;
	struct error err = {0};

	clear();
	tap_ok(config_load(&c, &err), "nothing set: %s", err.detail);
	tap_is_str(c.db_host, "localhost", "host");
	tap_is_int(c.db_port, 3306, "port");
	tap_is_str(c.db_socket, "", "no socket");
	tap_is_str(c.db_name, "setlink", "database");
	tap_is_str(c.db_user, "setlink", "user");
	tap_is_str(c.db_password, "", "no password");
	tap_is_str(c.db_ssl_ca, "", "no CA");
	tap_is_int(c.db_timeout, 5, "seconds for the database");
	tap_is_str(c.public_url, "http://localhost:3000", "public URL");
	tap_is_str(c.admin_token_hash, "", "no admin token");
	tap_is_str(c.cors_origins, "", "no origins");
	tap_is_str(c.trusted_proxies, "", "no proxies");
	tap_ok(c.log_level == LOG_INFO, "log level");
	tap_is_str(c.log_file, "", "log on stderr");
	config_free(&c);
}

/* One setting of each type, from the file. */
static void
test_good_values(void)
{
	static const char text[] =
	    "SESSION_RECORDER_ENABLED=Off\n"
	    "SESSION_RECORDER_MINIO_ENDPOINT=https://minio.example:443/s3/\n"
	    "SESSION_RECORDER_MINIO_SECRET_KEY='a b#c'\n"
	    "SESSION_RECORDER_AUTO_LINK_TOLERANCE=0\n"
	    "SESSION_RECORDER_MAX_EXPIRES=604800\n"
	    "SESSION_RECORDER_URL_STYLE=virtual\n"
	    "SESSION_RECORDER_BUCKET_NAME=a.b-3\n"
	    "SETLINK_PUBLIC_URL=HTTPS\n"
	    "SETLINK_ADMIN_TOKEN_HASH=" HASH "\n"
	    "SETLINK_CORS_ORIGINS=https://club.example, http://a.example:81\n"
	    "SETLINK_TRUSTED_PROXIES=10.0.0.0/8 ::1\n"
	    "SETLINK_REGISTRATION_LIMIT=0\n"
	    "SETLINK_LOG=DEBUG\n";
	struct config c;
	struct error err = {0};

	clear();
	write_file(settings_file, text, strlen(text));
	set("SETLINK_PUBLIC_URL", "https://Club.Example:443/setlink/");
	tap_ok(config_load(&c, &err), "all types: %s", err.detail);
	tap_ok(!c.recorder_enabled && c.link_tolerance == 0 &&
		c.max_expires == 604800 && c.url_style == URL_STYLE_VIRTUAL &&
		c.log_level == LOG_DEBUG,
	    "numbers and words");
	tap_is_str(c.minio_endpoint.authority, "minio.example", "an endpoint");
	tap_is_str(c.minio_endpoint.prefix, "/s3", "its prefix");
	tap_is_str(c.minio_secret_key, "a b#c", "a string");
	tap_is_str(c.bucket, "a.b-3", "a bucket");
	tap_is_str(c.public_url, "https://club.example/setlink", "a URL");
	tap_is_int((long long)strlen(c.admin_token_hash), 64, "a hash");
	tap_is_str(c.cors_origins, "https://club.example, http://a.example:81",
	    "origins");
	tap_is_str(c.trusted_proxies, "10.0.0.0/8 ::1", "networks");
	tap_is_int((int)c.registration_limit, 0, "no limit");
	config_free(&c);
}

/* The password, given in up to four places. */
static const struct {
	const char *environment, *file;
	bool environment_file, file_file;
	const char *want;
} places[] = {
    {NULL, NULL, false, false, ""},
    {NULL, "F", false, false, "F"},
    {"E", NULL, false, false, "E"},
    {"E", "F", false, false, "E"},
    {"", "F", false, false, ""},
    {NULL, NULL, true, false, "S"},
    {NULL, NULL, false, true, "S"},
    {NULL, "F", true, false, "S"},
    {NULL, "F", false, true, "F"},
    {"E", NULL, true, true, "E"},
    {"E", "F", true, true, "E"},
};

static void
test_places(void)
{
	struct config c;
	struct error err;
	char text[200];

	for (size_t i = 0; i < LENGTH(places); i++) {
		int len = snprintf(text, sizeof(text), "%s%s\n%s%s\n",
		    places[i].file == NULL ? "" : "SETLINK_DB_PASSWORD=",
		    places[i].file == NULL ? "" : places[i].file,
		    places[i].file_file ? "SETLINK_DB_PASSWORD_FILE=" : "",
		    places[i].file_file ? secret_file : "");

		clear();
		write_file(settings_file, text, (size_t)len);
		write_file(secret_file, "S\n", 2);
		if (places[i].environment != NULL)
			set("SETLINK_DB_PASSWORD", places[i].environment);
		if (places[i].environment_file)
			set("SETLINK_DB_PASSWORD_FILE", secret_file);
		err = (struct error){0};
		tap_is_str(config_load(&c, &err) ? c.db_password : err.detail,
		    places[i].want, "the password's places, row %zu", i);
		config_free(&c);
	}
}

static void
load_secret(const char *name, const char *text, struct config *c, bool *ok)
{
	struct error err;
	char with_suffix[80];

	clear();
	(void)snprintf(with_suffix, sizeof(with_suffix), "%s_FILE", name);
	set(with_suffix, secret_file);
	write_file(secret_file, text, strlen(text));
	*ok = config_load(c, &err);
}

static void
test_secret_files(void)
{
	struct config c;
	struct error err;
	bool ok;

	load_secret("SESSION_RECORDER_MINIO_SECRET_KEY", "key\r\n\n", &c, &ok);
	tap_is_str(ok ? c.minio_secret_key : NULL, "key", "newlines are cut");
	config_free(&c);
	load_secret("SESSION_RECORDER_EVENTS_TOKEN", " a b ", &c, &ok);
	tap_is_str(ok ? c.events_token : NULL, " a b ", "blanks are not");
	config_free(&c);
	load_secret("SETLINK_ADMIN_TOKEN_HASH", HASH "\n", &c, &ok);
	tap_ok(ok && strcasecmp(c.admin_token_hash, HASH) == 0, "the hash");
	config_free(&c);
	load_secret("SETLINK_DB_PASSWORD", "a\nb", &c, &ok);
	tap_ok(!ok, "a newline within is refused");
	config_free(&c);
	write_file(secret_file, "a\0b\n", 4);
	clear();
	set("SETLINK_DB_PASSWORD_FILE", secret_file);
	tap_ok(!config_load(&c, &err) &&
		strstr(err.detail, "SETLINK_DB_PASSWORD_FILE") != NULL,
	    "a NUL byte is, too: %s", err.detail);
	config_free(&c);
	load_secret("SETLINK_DB_NAME", "other", &c, &ok);
	tap_is_str(ok ? c.db_name : NULL, "setlink", "only secrets have files");
	config_free(&c);
	clear();
	set("SETLINK_DB_PASSWORD_FILE", "/nonexistent/secret");
	tap_ok(!config_load(&c, &err) && err.code == ERROR_INVALID &&
		strstr(err.detail, "SETLINK_DB_PASSWORD_FILE") != NULL &&
		strstr(err.detail, "/nonexistent/secret") != NULL,
	    "a missing one is an error: %s", err.detail);
	config_free(&c);
}

static void
test_sign_endpoint(void)
{
	struct config c;
	struct error err = {0};

	clear();
	set("SESSION_RECORDER_PUBLIC_ENDPOINT", "https://media.example/s3");
	tap_ok(config_load(&c, &err) && c.sign_endpoint.tls, "%s", err.detail);
	tap_is_str(
	    c.sign_endpoint.authority, "media.example", "the public one");
	tap_is_str(c.sign_endpoint.prefix, "/s3", "with its prefix");
	config_free(&c);
	set("SESSION_RECORDER_SIGN_ENDPOINT", "http://minio:9000");
	tap_ok(config_load(&c, &err) && !c.sign_endpoint.tls, "%s", err.detail);
	tap_is_str(c.sign_endpoint.authority, "minio:9000", "its own");
	config_free(&c);
	set("SESSION_RECORDER_PUBLIC_ENDPOINT", "nonsense");
	tap_ok(!config_load(&c, &err) &&
		strstr(err.detail, "SESSION_RECORDER_PUBLIC_ENDPOINT") != NULL,
	    "the one that is wrong is named: %s", err.detail);
	config_free(&c);
}

static void
refuse_file(const char *text, size_t len, const char *want)
{
	struct error err = {0};
	struct config c;

	clear();
	write_file(settings_file, text, len);
	tap_ok(!config_load(&c, &err) && err.code == ERROR_INVALID &&
		strstr(err.detail, settings_file) != NULL &&
		strstr(err.detail, want) != NULL &&
		strstr(err.detail, "hunter2") == NULL,
	    "settings file: %s", err.detail);
	config_free(&c);
}

static void
test_settings_file(void)
{
	static char large[64 * 1024 + 1];
	struct error err = {0};
	struct config c;

	refuse_file("A=1\nhunter2\n", 12, "line 2");
	refuse_file("A=1\n\nhunter2 x\n", 15, "line 3");
	memset(large, '\n', sizeof(large));
	refuse_file(large, sizeof(large), "65536 bytes");
	set("SETLINK_ENV_FILE", "/nonexistent/file");
	tap_ok(!config_load(&c, &err) &&
		strstr(err.detail, "/nonexistent/file") != NULL,
	    "a missing one: %s", err.detail);
	config_free(&c);
	set("SETLINK_ENV_FILE", "/tmp");
	tap_ok(!config_load(&c, &err), "a folder: %s", err.detail);
	config_free(&c);
}

int
main(void)
{
	make_files();
	test_default_recorder();
	test_default_setlink();
	test_good_values();
	test_places();
	test_secret_files();
	test_sign_endpoint();
	test_settings_file();
	(void)unlink(settings_file);
	(void)unlink(secret_file);
	return tap_done();
}
