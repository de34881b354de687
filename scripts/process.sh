# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The processes of one instance. Each is known by its number, the time it
# started and the boot it belongs to, so that a number used again by somebody
# else's process is never taken for ours.

# process_start_time PID: field 22 of its stat; nothing when it is gone.
process_start_time() {
	local stat fields
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	read -ra fields <<<"${stat##*) }"
	[ "${fields[0]}" != Z ] || return 1
	echo "${fields[19]}"
}

# process_enroll NAME: the calling (sub)shell is NAME from now on, also after
# exec.
process_enroll() {
	local pid=$BASHPID boot
	read -r boot </proc/sys/kernel/random/boot_id
	echo "$pid $(process_start_time "$pid") $boot" >"$RUN/$1.pid"
}

process_forget() { rm -f "$RUN/$1.pid" "$RUN/$1.spec"; }

# process_pid NAME: the number it had; fails unless of this boot.
process_pid() {
	local pid start boot now
	read -r pid start boot 2>/dev/null <"$RUN/$1.pid" || return 1
	read -r now </proc/sys/kernel/random/boot_id
	[ -n "$start" ] && [ "$boot" = "$now" ] || return 1
	echo "$pid"
}

process_alive() {
	local pid start rest
	process_pid "$1" >/dev/null || return 1
	read -r pid start rest <"$RUN/$1.pid"
	[ "$(process_start_time "$pid")" = "$start" ]
}

# process_leftovers NAME: what is left of its session when it has itself gone.
# A session's number is not given out again while one process is in it.
process_leftovers() {
	local pid
	pid=$(process_pid "$1") || return 0
	if process_start_time "$pid" >/dev/null; then return 0; fi
	ps -o pid= -s "$pid" || true
}

# process_tree PID: PID and all that descends from it, the newest first.
process_tree() {
	local child
	for child in $(ps -o pid= --ppid "$1"); do
		process_tree "$child"
	done
	echo "$1"
}

# process_launch NAME LOG COMMAND...: run COMMAND in a session of its own.
process_launch() {
	local name=$1 log=$2
	shift 2
	(
		process_enroll "$name"
		exec setsid "$@"
	) >>"$log" 2>&1 </dev/null {LOCK_FD}>&- &
	STARTED+=("$name")
}

# process_ensure NAME SPEC LOG COMMAND...: launch COMMAND unless NAME runs and
# was launched for the same SPEC.
process_ensure() {
	local name=$1 spec=$2
	if process_alive "$name"; then
		if [ "$(cat "$RUN/$name.spec" 2>/dev/null)" = "$spec" ]; then
			return 0
		fi
		say "$name runs with other settings; it is started again"
	fi
	process_stop "$name"
	shift 2
	process_launch "$name" "$@"
	echo "$spec" >"$RUN/$name.spec"
}

# process_signal SIGNAL NAME...: to those of them that run.
process_signal() {
	local signal=$1 name
	shift
	for name; do
		if process_alive "$name"; then
			kill "-$signal" "$(process_pid "$name")" 2>/dev/null || true
		fi
	done
}

process_all_gone() {
	local name
	for name; do
		if process_alive "$name"; then return 1; fi
	done
}

# process_stop NAME...: end them, gently for ten seconds.
process_stop() {
	local name left
	process_signal TERM "$@"
	if ! wait_for 10 process_all_gone "$@"; then
		process_signal KILL "$@"
		wait_for 5 process_all_gone "$@" || warn "cannot end all of: $*"
	fi
	for name; do
		left=$(process_leftovers "$name")
		# shellcheck disable=SC2086 # one word each
		if [ -n "$left" ]; then kill -KILL $left 2>/dev/null || true; fi
		process_forget "$name"
	done
}

# process_stop_step: a step is no session of its own, but a tree.
process_stop_step() {
	if process_alive step; then
		# shellcheck disable=SC2046 # one word each
		kill -TERM $(process_tree "$(process_pid step)") 2>/dev/null || true
	fi
	process_forget step
}
