/* SPDX-License-Identifier: MIT */
/* `setlink check`: whether MinIO sends its events. */
#include "recorder/check_parts.h"
#include "s3/subscription.h"

/* When the last one arrived, in words. */
static const char *
describe_arrival(struct check *check)
{
	static const enum db_type types[] = {DB_TIME};
	char text[CLOCK_RFC3339_SIZE];
	struct db_value row = {.type = DB_NULL};
	const char *words;
	struct error err;
	bool found;

	if (!db_select_one(check->db,
		"SELECT event_at FROM sync_state WHERE id = 1", NULL, 0, types,
		&row, 1, &check->arena, &found, &err))
		return "";
	if (!found || row.type == DB_NULL)
		return "; none has arrived yet";
	clock_format(row.as.time / USEC_PER_SEC * USEC_PER_SEC, text);
	words = arena_printf(
	    &check->arena, "; the last one arrived about %s", text);
	return words == NULL ? "" : words;
}

void
check_events(struct check *check, bool has_index)
{
	const struct config *config = check->config;
	const char *arrival = has_index ? describe_arrival(check) : "";
	struct s3_subscription found;
	struct error err;

	if (s3_subscription_read(check->client, NULL, &found, &err)) {
		if (found.arn[0] != '\0')
			(void)check_say(check, "events", true,
			    "MinIO sends them to %s%s", found.arn, arrival);
		else
			(void)check_say(check, "events",
			    config->events_token[0] == '\0',
			    "MinIO sends none, so that new recordings are "
			    "found by the next refresh: see README.md and "
			    "setlink events setup%s",
			    arrival);
	} else if (err.code == ERROR_FORBIDDEN) {
		(void)check_say(check, "events", true,
		    "\"%s\" may not see whether MinIO sends any: give it "
		    "s3:GetBucketNotification "
		    "(conf/minio/setlink-readonly.json)%s",
		    config->minio_access_key, arrival);
	} else {
		(void)check_say(check, "events", false, "%s", err.detail);
	}
}
