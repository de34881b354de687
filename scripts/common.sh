# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Messages, random values, waiting, and long steps with progress.

say() { printf '%s\n' "$*"; }

warn() { printf 'quickstart: %s\n' "$*" >&2; }

die() {
	warn "$@"
	exit 1
}

# die_log LOG MESSAGE...: leave with the end of LOG and its name.
die_log() {
	local log=$1
	shift
	warn "$@"
	if [ -s "$log" ]; then
		warn "the end of $log:"
		tail -n 15 "$log" | sed 's/^/  | /' >&2
	else
		warn "nothing is in $log"
	fi
	exit 1
}

# random_hex BYTES
random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# clock_ms: milliseconds, for measuring how long something took.
clock_ms() {
	local t=${EPOCHREALTIME//[.,]/}
	echo "${t%???}"
}

# wait_for SECONDS COMMAND...: run COMMAND until it succeeds.
wait_for() {
	local until=$(($(clock_ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(clock_ms)" -lt "$until" ] || return 1
		sleep 0.03
	done
}

# write_private FILE: standard input becomes FILE, mode 0600, at once.
write_private() {
	local new
	new=$(mktemp "$1.XXXXXX")
	cat >"$new"
	mv -f "$new" "$1"
}

# step TITLE LOG COMMAND...: run COMMAND with its output in LOG and show that
# it goes on. Its failure ends the script with the end of the log.
step() {
	local title=$1 log=$2 begin status=0
	shift 2
	begin=$(clock_ms)
	printf '%s ' "$title"
	(
		process_enroll step
		"$@"
	) >"$log" 2>&1 </dev/null &
	step_progress $! "$log"
	wait $! || status=$?
	process_forget step
	if [ "$status" -ne 0 ]; then
		printf 'failed\n'
		die_log "$log" "$title: exit status $status"
	fi
	printf 'done, %d.%d s\n' $((($(clock_ms) - begin) / 1000)) \
		$((($(clock_ms) - begin) / 100 % 10))
}

# quietly LOG COMMAND...: a short step, of which only a failure is told.
quietly() {
	local log=$1 status=0
	shift
	(
		process_enroll step
		"$@"
	) >"$log" 2>&1 </dev/null &
	wait $! || status=$?
	process_forget step
	[ "$status" -eq 0 ] || die_log "$log" "failed (exit status $status): $*"
}

# On a terminal the newest line of the log and the time, else a dot every
# three seconds.
step_progress() {
	local pid=$1 log=$2 ticks=0 line shown=false
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.05
		ticks=$((ticks + 1))
		if [ -t 1 ] && [ $((ticks % 20)) -eq 0 ]; then
			line=$(tail -c 400 "$log" | tr '\r' '\n' | tail -n 1 |
				LC_ALL=C tr -cd ' -~')
			printf '\0337\033[K%3d s  %.50s\0338' $((ticks / 20)) "$line"
			shown=true
		elif [ ! -t 1 ] && [ $((ticks % 60)) -eq 0 ]; then
			printf '.'
		fi
	done
	if $shown; then printf '\033[K'; fi
}
