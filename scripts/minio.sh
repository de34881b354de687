# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A private MinIO, its bucket, a user who may only read, its events, and the
# recordings.

minio_start() {
	local home=$STATE/minio spec
	[ "$MINIO_KIND" = private ] || return 0
	mkdir -p "$home/data" "$home/certs"
	local -A webhook=()
	minio_webhook
	spec=$(printf '%s\n' "${webhook[@]}" | sha256sum)
	MINIO_ROOT_USER=$MINIO_ROOT_USER MINIO_ROOT_PASSWORD=$MINIO_ROOT_PASSWORD \
		MINIO_NOTIFY_WEBHOOK_ENABLE_1=${webhook[enable]} \
		MINIO_NOTIFY_WEBHOOK_ENDPOINT_1=${webhook[endpoint]} \
		MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_1=${webhook[token]} \
		MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_1=${webhook[folder]} \
		MINIO_UPDATE=off HOME=$home process_ensure minio \
		"$MINIO $MINIO_PORT $CONSOLE_PORT $spec" "$LOG/minio.log" \
		"$MINIO" server --quiet --certs-dir "$home/certs" \
		--address "127.0.0.1:$MINIO_PORT" \
		--console-address "127.0.0.1:$CONSOLE_PORT" "$home/data"
}

# minio_webhook: how MinIO sends its events. What cannot be sent, as while the
# web server does not run, waits in a folder.
minio_webhook() {
	webhook[enable]=off webhook[endpoint]='' webhook[token]='' webhook[folder]=''
	$OPT_EVENTS || return 0
	webhook[enable]=on webhook[folder]=$home/events
	webhook[endpoint]=http://127.0.0.1:$HTTP_PORT/api/session-recorder/events
	webhook[token]=$(settings_events_token \
		"${DOTENV[SESSION_RECORDER_EVENTS_TOKEN_FILE]-}" \
		"${DOTENV[SESSION_RECORDER_EVENTS_TOKEN]-$EVENTS_TOKEN}")
}

# minio_events: have MinIO send them for our bucket.
minio_events() {
	if [ "$MINIO_KIND" != private ] || ! $OPT_EVENTS; then return 0; fi
	SETLINK_MINIO_ADMIN_ACCESS_KEY=$MINIO_ROOT_USER \
		SETLINK_MINIO_ADMIN_SECRET_KEY=$MINIO_ROOT_PASSWORD \
		quietly "$LOG/minio-events.log" setlink events setup
}

# ("ready" is said before buckets and users can be made.)
minio_answers() { curl -sf "http://127.0.0.1:$MINIO_PORT/minio/health/cluster"; }

# minio_client ARGUMENT...: mc as root of the private MinIO, named "own";
# the password goes through the environment, where ps does not show it.
minio_client() {
	local root=$MINIO_ROOT_USER:$MINIO_ROOT_PASSWORD
	MC_HOST_own=http://$root@127.0.0.1:$MINIO_PORT "$MC" \
		--config-dir "$STATE/mc" --no-color "$@"
}

# minio_ready: wait for it, then make the bucket and its reader, and load it.
minio_ready() {
	[ "$MINIO_KIND" = private ] || return 0
	wait_for 30 minio_answers || die_log "$LOG/minio.log" "MinIO does not answer"
	quietly "$LOG/minio-setup.log" minio_setup
	minio_load
}

# minio_setup: nothing to do when it was done with the same names and policy.
minio_setup() {
	local done_for=$STATE/minio/setup want
	minio_policy >"$CONF/minio-policy.json"
	want=$(printf '%s\n' "$BUCKET" "$READER_KEY" "$READER_SECRET" |
		cat - "$CONF/minio-policy.json" | sha256sum)
	[ "$(cat "$done_for" 2>/dev/null)" != "$want" ] || return 0
	minio_client mb --ignore-existing "own/$BUCKET"
	minio_client admin policy create own setlink-readonly \
		"$CONF/minio-policy.json"
	printf '%s\n' "$READER_KEY" "$READER_SECRET" |
		minio_client admin user add own
	minio_client admin policy detach own setlink-readonly \
		--user "$READER_KEY" 2>/dev/null || true
	minio_client admin policy attach own setlink-readonly --user "$READER_KEY"
	echo "$want" >"$done_for"
}

# minio_policy: the shipped policy, for the bucket in use.
minio_policy() {
	sed "s|:::session-recorder|:::$BUCKET|" \
		"$TOP/conf/minio/setlink-readonly.json"
}

# minio_load: once per source; another source replaces what is there.
minio_load() {
	local loaded=$STATE/minio/loaded source=${BUCKET_DIR:-sample}
	[ "$(cat "$loaded" 2>/dev/null)" != "$source $BUCKET" ] || return 0
	rm -f "$loaded"
	if [ -z "$BUCKET_DIR" ]; then
		sample_make "$STATE/tmp/sample"
		minio_mirror "$STATE/tmp/sample"
		rm -rf "$STATE/tmp/sample"
	else
		minio_mirror "$BUCKET_DIR"
	fi
	echo "$source $BUCKET" >"$loaded"
}

# minio_mirror FOLDER: the bucket becomes what is in FOLDER.
minio_mirror() {
	step "loading the bucket from ${BUCKET_DIR:-the sample}" \
		"$LOG/minio-load.log" \
		minio_client mirror --quiet --overwrite --remove "$1" "own/$BUCKET"
}
