# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What an instance remembers between two runs, and the settings it gives to
# setlink.

# settings_recall: what the last run chose and made; nothing the first time.
settings_recall() {
	local name file
	for name in HTTP_PORT MINIO_PORT CONSOLE_PORT SOCKETS LAST_SERVER \
		LAST_WORKERS BIN MINIO_KIND DB_PASSWORD MIGRATE_PASSWORD \
		MINIO_ROOT_USER MINIO_ROOT_PASSWORD PRIVATE_KEY PRIVATE_SECRET EVENTS_TOKEN; do
		printf -v "$name" ''
	done
	for file in "$STATE/instance" "$STATE/secrets"; do
		# shellcheck disable=SC1090 # written by settings_keep
		if [ -e "$file" ]; then . "$file"; fi
	done
}

settings_keep() {
	local name
	for name in HTTP_PORT MINIO_PORT CONSOLE_PORT SOCKETS LAST_SERVER \
		LAST_WORKERS BIN MINIO_KIND; do
		printf '%s=%q\n' "$name" "${!name}"
	done | write_private "$STATE/instance"
}

# settings_secrets: made once, kept in a file that only its owner reads.
settings_secrets() {
	local name
	: "${DB_PASSWORD:=$(random_hex 16)}"
	: "${MIGRATE_PASSWORD:=$(random_hex 16)}"
	: "${MINIO_ROOT_USER:=root-$(random_hex 4)}"
	: "${MINIO_ROOT_PASSWORD:=$(random_hex 20)}"
	: "${PRIVATE_KEY:=reader-$(random_hex 4)}"
	: "${PRIVATE_SECRET:=$(random_hex 20)}"
	: "${EVENTS_TOKEN:=$(random_hex 24)}"
	for name in DB_PASSWORD MIGRATE_PASSWORD MINIO_ROOT_USER \
		MINIO_ROOT_PASSWORD PRIVATE_KEY PRIVATE_SECRET EVENTS_TOKEN; do
		printf '%s=%q\n' "$name" "${!name}"
	done | write_private "$STATE/secrets"
}

# settings_sockets: the folder of the unix sockets, whose paths may have at
# most 107 bytes.
settings_sockets() {
	if [ -n "$SOCKETS" ] && [ -d "$SOCKETS" ] && [ -O "$SOCKETS" ]; then
		return
	fi
	SOCKETS=$STATE/run
	if [ "$(printf '%s' "$SOCKETS" | wc -c)" -gt 85 ]; then
		SOCKETS=$(mktemp -d /tmp/setlink-XXXXXXXX)
		ln -sfn "$SOCKETS" "$STATE/sockets"
	fi
}

# settings_dotenv: the settings in ./.env, if there is one.
settings_dotenv() {
	declare -gA DOTENV=()
	if [ -e .env ]; then
		say "reading $PWD/.env"
		dotenv_read .env DOTENV
	fi
}

# settings_minio_kind: another MinIO that .env names is used in place of our
# own. One on our port is another too, if something else listens there.
settings_minio_kind() {
	local endpoint=${DOTENV[SESSION_RECORDER_MINIO_ENDPOINT]-} wanted=$MINIO_PORT
	if [ "$OPT_PORT" = 3000 ]; then wanted=9000; fi
	MINIO_KIND=private
	[ -n "$endpoint" ] || return 0
	if [[ ! ${endpoint%/} =~ ^http://(localhost|127\.0\.0\.1):$wanted$ ]] ||
		{ port_taken "$wanted" && ! process_alive minio; }; then
		MINIO_KIND=external
	fi
}

# settings_reader: who setlink is for MinIO. Where .env names our own MinIO, it
# gets the user and the bucket that .env names.
settings_reader() {
	BUCKET=${DOTENV[SESSION_RECORDER_BUCKET_NAME]:-session-recorder}
	READER_KEY=${DOTENV[SESSION_RECORDER_MINIO_ACCESS_KEY]:-$PRIVATE_KEY}
	READER_SECRET=${DOTENV[SESSION_RECORDER_MINIO_SECRET_KEY]:-$PRIVATE_SECRET}
}

# settings_events_token FILE TOKEN: the token in FILE, if one is named, or
# TOKEN.
settings_events_token() {
	if [ -n "$1" ]; then cat "$1"; else printf '%s' "$2"; fi
}

# settings_own: our settings as NAME VALUE lines.
settings_own() {
	cat <<-EOF
		SESSION_RECORDER_ENABLED true
		SESSION_RECORDER_MINIO_ENDPOINT http://localhost:$MINIO_PORT
		SESSION_RECORDER_MINIO_ACCESS_KEY $READER_KEY
		SESSION_RECORDER_MINIO_SECRET_KEY $READER_SECRET
		SESSION_RECORDER_BUCKET_NAME $BUCKET
		SESSION_RECORDER_PUBLIC_ENDPOINT ${DOTENV[SESSION_RECORDER_MINIO_ENDPOINT]:-http://localhost:$MINIO_PORT}
		SESSION_RECORDER_AUTO_LINK_TOLERANCE 5
		SESSION_RECORDER_EVENTS_TOKEN $EVENTS_TOKEN
		SETLINK_DB_SOCKET $SOCKETS/mariadb.sock
		SETLINK_DB_NAME setlink
		SETLINK_DB_USER setlink
		SETLINK_DB_PASSWORD $DB_PASSWORD
		SETLINK_PUBLIC_URL http://localhost:$HTTP_PORT
		SETLINK_ADMIN_TOKEN_HASH $(settings_token_hash)
	EOF
}

# settings_overridden NAME: does .env say otherwise?
settings_overridden() {
	local name=$1
	if [ -n "${DOTENV[$name]+set}${DOTENV[${name}_FILE]+set}" ]; then return 0; fi
	case $name in
	SETLINK_DB_SOCKET) [ -n "${DOTENV[SETLINK_DB_HOST]+set}" ] ;;
	SESSION_RECORDER_MINIO_*_KEY) [ "$MINIO_KIND" = external ] ;;
	*) return 1 ;;
	esac
}

# settings_write: the file that the workers and the command read.
settings_write() {
	local name value
	{
		while read -r name value; do
			if ! settings_overridden "$name" && [ -n "$value" ]; then
				dotenv_line "$name" "$value"
			fi
		done < <(settings_own)
		for name in "${!DOTENV[@]}"; do
			dotenv_line "$name" "${DOTENV[$name]}"
		done | sort
	} | write_private "$STATE/setlink.env"
}

# settings_token: an admin token with --token, none without.
settings_token() {
	if ! $OPT_TOKEN; then
		rm -f "$STATE/admin-token"
	elif [ ! -s "$STATE/admin-token" ]; then
		random_hex 24 | write_private "$STATE/admin-token"
	fi
}

settings_token_hash() {
	if [ -s "$STATE/admin-token" ]; then
		sha256sum <"$STATE/admin-token" | cut -d ' ' -f 1
	fi
}

# settings_print NAME VALUE: a line that a shell can read.
settings_print() { printf "export %s='%s'\n" "$1" "${2//\'/\'\\\'\'}"; }

# settings_env: the subcommand env.
settings_env() {
	local -A used=()
	local name
	settings_print SETLINK_URL "http://localhost:$HTTP_PORT"
	settings_print SETLINK_STATE "$STATE"
	settings_print SETLINK_BIN "$BIN"
	settings_print SETLINK_ENV_FILE "$STATE/setlink.env"
	settings_print SETLINK_ADMIN_TOKEN "$(cat "$STATE/admin-token" 2>/dev/null)"
	dotenv_read "$STATE/setlink.env" used
	settings_print SETLINK_EVENTS_TOKEN "$(settings_events_token \
		"${used[SESSION_RECORDER_EVENTS_TOKEN_FILE]-}" \
		"${used[SESSION_RECORDER_EVENTS_TOKEN]-}")"
	if [ "$MINIO_KIND" = private ]; then
		settings_print MINIO_URL "http://localhost:$MINIO_PORT"
		settings_print MINIO_ROOT_USER "$MINIO_ROOT_USER"
		settings_print MINIO_ROOT_PASSWORD "$MINIO_ROOT_PASSWORD"
	else
		settings_print MINIO_URL "${used[SESSION_RECORDER_MINIO_ENDPOINT]}"
		settings_print MINIO_ROOT_USER ''
		settings_print MINIO_ROOT_PASSWORD ''
	fi
	for name in "${!used[@]}"; do
		settings_print "$name" "${used[$name]}"
	done | sort
}
