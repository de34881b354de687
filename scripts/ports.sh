# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Which TCP ports are taken, by whom, and which are free.

# port_inodes PORT: the sockets that listen on it.
port_inodes() {
	local hex
	printf -v hex '%04X' "$1"
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port {
			print $10 }'
}

port_taken() { [ -n "$(port_inodes "$1")" ]; }

# port_owner PORT: "name (pid N)", as far as this user may see.
port_owner() {
	local inode fd pid
	for inode in $(port_inodes "$1"); do
		fd=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null |
			head -n 1) || true
		if [ -n "$fd" ]; then
			pid=${fd#/proc/}
			pid=${pid%%/*}
			echo "$(tr -d '\0' <"/proc/$pid/comm") (pid $pid)"
			return
		fi
	done
	echo "a process of another user"
}

# port_check PORT USE PROCESS LAST: leave unless PORT is free, or is the LAST
# one of a PROCESS of ours that runs.
port_check() {
	local port=$1 use=$2 name=$3 last=$4
	if port_taken "$port" &&
		! { process_alive "$name" && [ "$port" = "$last" ]; }; then
		die "port $port ($use) is taken by $(port_owner "$port");" \
			"stop that, or choose another with --port N (0: any free one)"
	fi
}

# port_choose: a free port that no other quickstart was given in the last
# minute. Below 32768, where the kernel does not take ports for clients.
port_choose() {
	local folder=${TMPDIR:-/tmp}/setlink-ports-$UID port lock
	mkdir -p "$folder"
	exec {lock}>"$folder/lock"
	flock "$lock"
	find "$folder" -name '[0-9]*' -mmin +1 -delete
	while :; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		if [ ! -e "$folder/$port" ] && ! port_taken "$port"; then break; fi
	done
	: >"$folder/$port"
	exec {lock}>&-
	echo "$port"
}

# port_keep LAST PROCESS: the port of the last run if it is free or still ours.
port_keep() {
	if [ -n "$1" ] && { process_alive "$2" || ! port_taken "$1"; }; then
		echo "$1"
	else
		port_choose
	fi
}

# ports_settle: HTTP_PORT, MINIO_PORT and CONSOLE_PORT for this run. Only the
# default port brings MinIO's usual one with it.
ports_settle() {
	local http=$HTTP_PORT minio=$MINIO_PORT
	settings_minio_kind
	HTTP_PORT=$OPT_PORT
	if [ "$OPT_PORT" = 0 ]; then HTTP_PORT=$(port_keep "$http" web); fi
	if [ "$OPT_PORT" = 3000 ]; then
		MINIO_PORT=9000
		CONSOLE_PORT=$(port_keep "${CONSOLE_PORT:-9001}" minio)
	else
		MINIO_PORT=$(port_keep "$minio" minio)
		CONSOLE_PORT=$(port_keep "$CONSOLE_PORT" minio)
	fi
	port_check "$HTTP_PORT" "the web server's" web "$http"
	if [ "$MINIO_KIND" = private ]; then
		port_check "$MINIO_PORT" "MinIO's" minio "$minio"
	fi
}
