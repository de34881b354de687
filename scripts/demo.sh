# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The documented manual test, done once; its ids are kept.

# demo_call METHOD PATH [BODY]: the answer's body; fails unless it is 2xx. What
# was said is in the log.
demo_call() {
	local arguments=(-sS --max-time 60 -X "$1" -w '\n%{http_code}') answer code
	if [ -n "${3-}" ]; then
		arguments+=(-H 'Content-Type: application/json' -d "$3")
	fi
	answer=$(demo_curl "${arguments[@]}" "http://localhost:$HTTP_PORT$2" \
		2>>"$LOG/demo.log") || return 1
	code=${answer##*$'\n'}
	answer=${answer%$'\n'*}
	printf '%s %s: %s %s\n' "$1" "$2" "$code" "$answer" >>"$LOG/demo.log"
	printf '%s\n' "$answer"
	[[ $code == 2* ]]
}

# demo_curl: with the admin token, if there is one, from standard input.
demo_curl() {
	if [ -s "$STATE/admin-token" ]; then
		printf 'header = "Authorization: Bearer %s"\n' \
			"$(cat "$STATE/admin-token")" | curl -K - "$@"
	else
		curl "$@"
	fi
}

demo_failed() { die_log "$LOG/demo.log" "demo: $1"; }

# demo_dj: the id of the demo's DJ. An earlier demo that was cut short may have
# registered it already.
demo_dj() {
	demo_call POST /api/djs/register '{"name": "DJ Quickstart"}' | jq -er '.id // empty' ||
		demo_call GET /api/djs | jq -er \
			'first(.[] | select(.name == "DJ Quickstart")) | .id'
}

# demo_session DJ: the id of a set that has just been started.
demo_session() {
	demo_call POST /api/sessions/start \
		"{\"dj_id\": \"$1\", \"end_current\": true}" | jq -er '.id // empty'
}

# demo_linked SESSION: did auto-link find the recording?
demo_linked() {
	local answer
	answer=$(demo_call POST "/api/session-recorder/auto-link/$1") || return 1
	say "  auto-link: $(jq -r .message <<<"$answer")"
	jq -e .success <<<"$answer" >/dev/null
}

# demo_fetch SESSION: the recording through its presigned URL.
demo_fetch() {
	local url
	url=$(demo_call GET "/api/session-recorder/download/$1/ogg" |
		jq -er '.url // empty') || return 1
	curl -sSf --max-time 60 -o "$STATE/tmp/demo.ogg" "$url" 2>>"$LOG/demo.log"
}

# demo_compare: the sample's recording must have come back byte for byte.
demo_compare() {
	local sent fetched
	sent=$(sha256sum <"$TOP/sample/bucket/$SAMPLE_RECORDING/data.ogg")
	fetched=$(sha256sum <"$STATE/tmp/demo.ogg")
	[ "$sent" = "$fetched" ] ||
		demo_failed "the file that was fetched is not the recording"
	say "  fetched it by its presigned URL: the bytes of the recording" \
		"(SHA-256 ${sent:0:16}...)"
}

# demo_walk: all of it. Without the sample there may be no recording to find.
demo_walk() {
	local dj session sample=false found=''
	if [ "$MINIO_KIND" = private ] && [ -z "$BUCKET_DIR" ]; then
		sample=true
		sample_fresh
	fi
	: >"$LOG/demo.log"
	dj=$(demo_dj) || demo_failed "no DJ can be registered"
	say "  registered DJ Quickstart: $dj"
	session=$(demo_session "$dj") || demo_failed "no session can be started"
	say "  started a session: $session"
	if demo_linked "$session"; then
		found=found
		demo_fetch "$session" || demo_failed "the recording cannot be fetched"
		if $sample; then demo_compare; fi
	elif $sample; then
		demo_failed "the recording was not found"
	else
		say "  no recording in this bucket began with this session"
	fi
	demo_call POST /api/sessions/end "{\"session_id\": \"$session\"}" \
		>/dev/null || demo_failed "the session cannot be ended"
	say "  ended the session"
	echo "$dj $session $found" >"$STATE/demo"
}

# sample_fresh: a bucket loaded more than two minutes ago is brought up to now.
sample_fresh() {
	if [ -n "$(find "$STATE/minio/loaded" -mmin +2)" ]; then
		quietly "$LOG/minio-load.log" sample_renew
		touch "$STATE/minio/loaded"
		quietly "$LOG/sync.log" setlink sync
	fi
}

# demo_show: the curl lines to repeat it.
demo_show() {
	local dj session found base=http://localhost:$HTTP_PORT token='' json
	read -r dj session found <"$STATE/demo"
	json="-H 'Content-Type: application/json'"
	if [ -s "$STATE/admin-token" ]; then
		# shellcheck disable=SC2016 # for the user's shell
		token=' -H "Authorization: Bearer $SETLINK_ADMIN_TOKEN"'
		printf '\nThe token is in %s; first:\n\neval "$(%s env)"\n' \
			"$STATE/admin-token" "$(invocation)"
	fi
	cat <<-EOF

		To repeat it:

		curl -X POST $base/api/djs/register $json -d "{\\"name\\": \\"DJ \$(date +%s%N)\\"}"
		curl -X POST $base/api/sessions/start$token $json -d '{"dj_id": "$dj", "end_current": true}'
		curl -X POST $base/api/session-recorder/auto-link/$session$token
	EOF
	[ -n "$found" ] || return 0
	cat <<-EOF
		curl $base/api/session-recorder/download/$session/ogg
		curl -o recording.ogg "\$(curl -s $base/api/session-recorder/download/$session/ogg | jq -r .url)"
	EOF
}

# demo_run: once per state; then its lines again.
demo_run() {
	if ! $OPT_TOKEN && grep -q '^SETLINK_ADMIN_TOKEN_HASH' "$STATE/setlink.env"; then
		say "no demo: only who has the admin token of .env can do it"
		return
	fi
	if [ "${DOTENV[SESSION_RECORDER_ENABLED]:-true}" != true ]; then
		say "no demo: .env switches the integration off"
		return
	fi
	if [ ! -s "$STATE/demo" ]; then
		say "the documented test: register, start, auto-link, download"
		demo_walk
	fi
	demo_show
}
