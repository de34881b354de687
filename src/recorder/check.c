/* SPDX-License-Identifier: MIT */
/* `setlink check`: what can be wrong, looked at one by one. */
#include "recorder/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "db/migrate.h"
#include "recorder/check_parts.h"
#include "recorder/index.h"

bool
check_say(
    struct check *check, const char *subject, bool ok, const char *fmt, ...)
{
	char finding[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(finding, sizeof(finding), fmt, args);
	va_end(args);
	check->report(check->context, subject, ok, finding);
	if (!ok)
		check->ok = false;
	return ok;
}

const char *
check_endpoint_url(struct check *check, const struct endpoint *endpoint)
{
	const char *url = arena_printf(&check->arena, "http%s://%s%s",
	    endpoint->tls ? "s" : "", endpoint->authority, endpoint->prefix);

	return url == NULL ? "" : url;
}

/* What is to be said of how the connection is protected. */
static const char *
encryption(const struct config *config, const struct db_value *cipher)
{
	if (cipher->type == DB_TEXT && cipher->as.text.len > 0)
		return ", by TLS";
	return config->db_socket[0] != '\0'
	    ? ""
	    : ", not encrypted (SETLINK_DB_SSL_CA)";
}

static bool
check_database(struct check *check)
{
	const struct config *config = check->config;
	const enum db_type types[] = {DB_TEXT, DB_TEXT};
	const char *place = config->db_socket[0] != '\0' ? config->db_socket
							 : config->db_host;
	struct db_value row[2] = {{.type = DB_NULL}, {.type = DB_NULL}};
	struct error err;
	bool found;

	if (!db_select_one(check->db,
		"SELECT VERSION(), (SELECT VARIABLE_VALUE "
		"FROM information_schema.SESSION_STATUS "
		"WHERE VARIABLE_NAME = 'SSL_CIPHER')",
		NULL, 0, types, row, 2, &check->arena, &found, &err))
		return check_say(check, "database", false,
		    "%s (%s at %s, user %s): see the settings SETLINK_DB_*",
		    err.detail, config->db_name, place, config->db_user);
	return check_say(check, "database", true, "%s at %s answers%s",
	    row[0].type == DB_TEXT ? row[0].as.text.bytes : "the server", place,
	    encryption(config, &row[1]));
}

static bool
check_schema(struct check *check)
{
	int version;
	struct error err;

	if (!migrate_read_version(check->db, &version, &err))
		return check_say(check, "schema", false, "%s", err.detail);
	if (!migrate_judge(version, &err))
		return check_say(check, "schema", false, "%s", err.detail);
	return check_say(check, "schema", true, "version %d", version);
}

/* The one to fetch a file of. */
struct choice {
	enum layout_kind kind;
	struct recording recording;
};

/* The newest recording with an OGG; failing that, one with metadata. */
static bool
choose(void *context, const struct recording *recording, struct error *err)
{
	struct choice *choice = context;

	(void)err;
	if (choice->kind == LAYOUT_OGG)
		return true;
	if (recording_has_file(recording, RECORDING_OGG))
		choice->kind = LAYOUT_OGG;
	else if (choice->kind == LAYOUT_FOREIGN &&
	    recording->metadata_etag[0] != '\0')
		choice->kind = LAYOUT_SESSION_METADATA;
	else
		return true;
	choice->recording = *recording;
	return true;
}

/* A key that is most likely there; the recorder writes the last one before
 * anything else. */
static void
choose_key(struct check *check, bool has_index, char key[LAYOUT_KEY_SIZE])
{
	const struct index_filter filter = {
	    .linked = -1, .open = -1, .limit = 100};
	struct choice choice = {.kind = LAYOUT_FOREIGN};
	struct error err;

	if (!has_index ||
	    !index_list(
		check->db, &check->arena, &filter, choose, &choice, &err) ||
	    !layout_key(choice.kind, &choice.recording.recorder_id,
		&choice.recording.id, key, LAYOUT_KEY_SIZE))
		(void)snprintf(key, LAYOUT_KEY_SIZE, "metadata.json");
}

static void
check_recorder(struct check *check, bool has_index)
{
	char key[LAYOUT_KEY_SIZE];
	struct error err;
	bool store;

	check->client = s3_client_new(check->config, &err);
	if (check->client == NULL) {
		(void)check_say(check, "MinIO", false, "%s", err.detail);
		return;
	}
	store = check_store(check);
	if (has_index) {
		check_index(check);
		check_night(check);
	}
	if (store) {
		check_events(check, has_index);
		choose_key(check, has_index, key);
		check_url(check, key);
	}
	s3_client_free(check->client);
}

bool
check_run(struct db *db, const struct config *config, check_report *report,
    void *context)
{
	struct check check = {.db = db,
	    .config = config,
	    .report = report,
	    .context = context,
	    .ok = true};
	bool has_index = check_database(&check) && check_schema(&check);

	if (config->recorder_enabled)
		check_recorder(&check, has_index);
	else
		(void)check_say(&check, "MinIO", true,
		    "not looked at: SESSION_RECORDER_ENABLED is false");
	arena_free(&check.arena);
	return check.ok;
}
