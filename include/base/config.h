/* SPDX-License-Identifier: MIT */
/* Settings: the environment, then the settings file, then the default. */
#ifndef SETLINK_BASE_CONFIG_H
#define SETLINK_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

/* An http or https URL without query, fragment and user. */
struct endpoint {
	bool tls;
	const char *authority; /* lower case; ":port" unless the default port */
	const char *host;      /* without port, and without the [] of IPv6 */
	unsigned port;
	const char *prefix; /* "" or "/path" without a slash at the end */
};

enum url_style { URL_STYLE_PATH, URL_STYLE_VIRTUAL };

/* A file that settings were read from: that of SETLINK_ENV_FILE, or NAME_FILE
 * of a secret. */
struct config_file {
	const char *path;
	bool exposed; /* all users of the machine may read it */
	struct config_file *next;
};

/* Strings are never NULL; "" is "not set". */
struct config {
	bool recorder_enabled;
	struct endpoint minio_endpoint; /* for requests of our own */
	const char *minio_access_key;
	const char *minio_secret_key;
	const char *minio_ca_file; /* PEM; "": the CAs of the system */
	const char *bucket;
	struct endpoint public_endpoint; /* what clients are given */
	struct endpoint sign_endpoint;   /* what MinIO sees of it */
	int64_t link_tolerance;          /* minutes */
	const char *region;
	enum url_style url_style;
	int64_t sync_interval; /* seconds */
	int64_t max_expires;   /* seconds */
	int64_t wait_days;
	const char *events_token;

	int64_t first_draw_minutes;
	int64_t max_session_hours;
	int64_t alarm_minutes; /* that a running set may go unrecorded */
	double base_weight;
	double joker; /* a factor; 0: jokers are drawn before all others */

	const char *db_host; /* a list of hosts, some with ports of their own */
	int64_t db_port;     /* of those without one */
	const char *db_socket;
	const char *db_name;
	const char *db_user;
	const char *db_password;
	const char *db_ssl_ca;
	int64_t db_timeout; /* seconds */

	const char *public_url;       /* without a slash at the end */
	const char *admin_token_hash; /* 64 hex digits, or "" */
	const char *cors_origins;     /* a list, or "*" */
	const char *trusted_proxies;  /* a list of addresses or CIDR blocks */
	int64_t registration_limit;   /* an hour, of one address; 0: none */
	enum log_level log_level;
	const char *log_file; /* "": stderr */
	bool sandbox;

	struct config_file *files;
	struct arena arena; /* what the strings live in */
};

enum config_type {
	CONFIG_BOOL,
	CONFIG_INTEGER, /* min..max */
	CONFIG_DECIMAL, /* min..max, and over 0 */
	CONFIG_JOKER,   /* the same, or "guaranteed" */
	CONFIG_STRING,  /* min..max bytes */
	CONFIG_ENDPOINT,
	CONFIG_URL,    /* an endpoint, kept as text */
	CONFIG_BUCKET, /* an S3 bucket name */
	CONFIG_STYLE,  /* path or virtual */
	CONFIG_LEVEL,
	CONFIG_HASH, /* empty or 64 hex digits */
	CONFIG_ORIGINS,
	CONFIG_NETWORKS,
	CONFIG_HOSTS
};

/* One row a setting; the only list of them. */
struct config_setting {
	const char *name;
	enum config_type type;
	size_t offset;        /* in struct config */
	const char *fallback; /* NULL: the value of `same_as` */
	const char *same_as;
	int64_t min, max;
	bool secret;         /* never shown; NAME_FILE names a file with it */
	const char *meaning; /* one line, with the unit */
};

extern const struct config_setting config_settings[];
extern const size_t config_settings_count;

/* Read all settings. A bad value is ERROR_INVALID with the name, the value
 * (unless it is secret) and what would be right. config_free, which wipes the
 * secrets, also after a failure. */
bool config_load(struct config *config, struct error *err) MUST_CHECK;
void config_free(struct config *config);

/* Parse `text` as an endpoint into `arena`. The reason of a refusal is a
 * phrase that completes "it must be …". */
bool endpoint_parse(struct arena *arena, const char *text, struct endpoint *out,
    struct error *err) MUST_CHECK;

#endif
