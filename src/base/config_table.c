/* The settings: the only list of them. */
#include <limits.h>
#include <stddef.h>

#include "base/config.h"

#define AT(member) offsetof(struct config, member)
#define NO_RANGE   0, 0
#define ANY_LENGTH 0, 4096

/* Their order is that of the manual. */
const struct config_setting config_settings[] = {
    {"SESSION_RECORDER_ENABLED", CONFIG_BOOL, AT(recorder_enabled), "true",
	NULL, NO_RANGE, false, "whether recordings are looked for at all"},
    {"SESSION_RECORDER_MINIO_ENDPOINT", CONFIG_ENDPOINT, AT(minio_endpoint),
	"http://localhost:9000", NULL, NO_RANGE, false,
	"where setlink itself reaches MinIO"},
    {"SESSION_RECORDER_MINIO_ACCESS_KEY", CONFIG_STRING, AT(minio_access_key),
	"admin", NULL, 1, 128, false,
	"MinIO access key; list and get on the one bucket are enough"},
    {"SESSION_RECORDER_MINIO_SECRET_KEY", CONFIG_STRING, AT(minio_secret_key),
	"password123", NULL, 1, 256, true, "MinIO secret key"},
    {"SESSION_RECORDER_BUCKET_NAME", CONFIG_BUCKET, AT(bucket),
	"session-recorder", NULL, NO_RANGE, false, "the bucket"},
    {"SESSION_RECORDER_PUBLIC_ENDPOINT", CONFIG_ENDPOINT, AT(public_endpoint),
	"http://localhost:9000", NULL, NO_RANGE, false,
	"where clients reach MinIO: what file URLs begin with"},
    {"SESSION_RECORDER_AUTO_LINK_TOLERANCE", CONFIG_INTEGER, AT(link_tolerance),
	"5", NULL, 0, 1440, false,
	"minutes that the starts of a set and its recording may differ"},
    {"SESSION_RECORDER_SIGN_ENDPOINT", CONFIG_ENDPOINT, AT(sign_endpoint), NULL,
	"SESSION_RECORDER_PUBLIC_ENDPOINT", NO_RANGE, false,
	"what MinIO sees of the public endpoint behind a proxy"},
    {"SESSION_RECORDER_REGION", CONFIG_STRING, AT(region), "us-east-1", NULL, 1,
	64, false, "region of the bucket"},
    {"SESSION_RECORDER_URL_STYLE", CONFIG_STYLE, AT(url_style), "path", NULL,
	NO_RANGE, false, "path (HOST/BUCKET/KEY) or virtual (BUCKET.HOST/KEY)"},
    {"SESSION_RECORDER_SYNC_INTERVAL", CONFIG_INTEGER, AT(sync_interval), "60",
	NULL, 1, 86400, false, "seconds after which the index is stale"},
    {"SESSION_RECORDER_MAX_EXPIRES", CONFIG_INTEGER, AT(max_expires), "604800",
	NULL, 1, 604800, false,
	"longest life in seconds of a URL that the public may ask for"},
    {"SESSION_RECORDER_WAIT_DAYS", CONFIG_INTEGER, AT(wait_days), "7", NULL, 0,
	3650, false,
	"days after its end that a set may wait for its recording"},
    {"SESSION_RECORDER_EVENTS_TOKEN", CONFIG_STRING, AT(events_token), "", NULL,
	ANY_LENGTH, true,
	"Bearer token of MinIO's bucket notifications; not used yet"},
    {"SETLINK_DB_HOST", CONFIG_STRING, AT(db_host), "localhost", NULL,
	ANY_LENGTH, false, "MariaDB hosts, in the order to be tried"},
    {"SETLINK_DB_PORT", CONFIG_INTEGER, AT(db_port), "3306", NULL, 1, 65535,
	false, "MariaDB port"},
    {"SETLINK_DB_SOCKET", CONFIG_STRING, AT(db_socket), "", NULL, 0, 107, false,
	"MariaDB's Unix socket; host and port are not used then"},
    {"SETLINK_DB_NAME", CONFIG_STRING, AT(db_name), "setlink", NULL, 1, 64,
	false, "database"},
    {"SETLINK_DB_USER", CONFIG_STRING, AT(db_user), "setlink", NULL, 1, 128,
	false, "database user"},
    {"SETLINK_DB_PASSWORD", CONFIG_STRING, AT(db_password), "", NULL,
	ANY_LENGTH, true, "password of the database user"},
    {"SETLINK_DB_SSL_CA", CONFIG_STRING, AT(db_ssl_ca), "", NULL, ANY_LENGTH,
	false,
	"file with the CA of MariaDB's certificate; TLS is required then"},
    {"SETLINK_PUBLIC_URL", CONFIG_URL, AT(public_url), "http://localhost:3000",
	NULL, NO_RANGE, false,
	"where clients reach setlink: what its links begin with"},
    {"SETLINK_ADMIN_TOKEN_HASH", CONFIG_HASH, AT(admin_token_hash), "", NULL,
	NO_RANGE, true,
	"SHA-256 of the admin token, in hex; empty: loopback only"},
    {"SETLINK_CORS_ORIGINS", CONFIG_ORIGINS, AT(cors_origins), "", NULL,
	ANY_LENGTH, false,
	"origins whose pages may call the API, or *; empty: none"},
    {"SETLINK_TRUSTED_PROXIES", CONFIG_NETWORKS, AT(trusted_proxies), "", NULL,
	ANY_LENGTH, false,
	"addresses or CIDR blocks whose X-Forwarded-For is believed"},
    {"SETLINK_LOG", CONFIG_LEVEL, AT(log_level), "info", NULL, NO_RANGE, false,
	"error, warn, info or debug"},
};

const size_t config_settings_count = sizeof(config_settings) /
    sizeof(config_settings[0]);
