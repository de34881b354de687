# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The web server and the workers behind it, in the three ways that setlink can
# be deployed. The shipped configurations are used as they are; what is made
# here holds only what differs from one instance to the next.

# server_addresses: what to listen on; IPv6 only where the machine has it.
server_addresses() {
	echo "127.0.0.1:$HTTP_PORT"
	if grep -qs '^0*1 .* lo$' /proc/net/if_inet6; then
		echo "[::1]:$HTTP_PORT"
	fi
}

# server_spec FILE...: what the processes were started for. A program that was
# built anew and settings that changed start them again.
server_spec() {
	cat "$STATE/setlink.env" "$@"
	stat -c '%n %Y %s' "$BIN/setlink.fcgi"
	echo "$OPT_WORKERS ${ASAN_OPTIONS-} ${UBSAN_OPTIONS-} ${LSAN_OPTIONS-}"
}

nginx_config() {
	local address
	mkdir -p "$CONF/setlink.d"
	cat >"$CONF/nginx.conf" <<-EOF
		daemon off;
		pid $STATE/tmp/nginx.pid;
		error_log $LOG/web.log;
		worker_processes 2;
		worker_rlimit_nofile 8192;
		events { worker_connections 4096; }
		http {
		    access_log $LOG/access.log;
		    client_body_temp_path $STATE/tmp/nginx-body;
		    fastcgi_temp_path $STATE/tmp/nginx-fastcgi;
		    proxy_temp_path $STATE/tmp/nginx-proxy;
		    scgi_temp_path $STATE/tmp/nginx-scgi;
		    uwsgi_temp_path $STATE/tmp/nginx-uwsgi;
		    include $TOP/conf/nginx/setlink.conf;
		}
	EOF
	if [ "$UID" -eq 0 ]; then echo 'user root;' >>"$CONF/nginx.conf"; fi
	{
		for address in $(server_addresses); do echo "listen $address;"; done
		# shellcheck disable=SC2016 # a variable of nginx
		echo "set \$setlink_worker unix:$SOCKETS/worker.sock;"
	} >"$CONF/setlink.d/site.conf"
}

# nginx_workers: spawn-fcgi makes the socket, multiwatch keeps N workers on it,
# whatever becomes of them.
nginx_workers() {
	local spec
	spec=$(server_spec </dev/null)
	SETLINK_ENV_FILE=$STATE/setlink.env process_ensure workers "$spec" \
		"$LOG/worker.log" \
		spawn-fcgi -n -s "$SOCKETS/worker.sock" -M 0600 -- \
		"$(command -v multiwatch)" -f "$OPT_WORKERS" -r 200 -t 50 -- \
		"$BIN/setlink.fcgi"
}

nginx_start() {
	nginx_config
	nginx_workers
	process_ensure web "$(cat "$CONF/nginx.conf" "$CONF/setlink.d/site.conf" \
		"$TOP/conf/nginx/setlink.conf")" "$LOG/web.log" \
		nginx -e "$LOG/web.log" -c "$CONF/nginx.conf"
}

# lighttpd_config [MODULE]: with mod_fastcgi the workers stay, without it each
# request starts one.
lighttpd_config() {
	local addresses
	mapfile -t addresses < <(server_addresses)
	cat >"$CONF/lighttpd.conf" <<-EOF
		server.modules = ( "mod_setenv", "mod_alias", "mod_cgi", "mod_accesslog"${1:+, \"$1\"} )
		server.bind = "127.0.0.1"
		server.port = $HTTP_PORT
		server.document-root = "$STATE/tmp"
		server.upload-dirs = ( "$STATE/tmp" )
		server.pid-file = "$STATE/tmp/lighttpd.pid"
		server.errorlog = "$LOG/web.log"
		accesslog.filename = "$LOG/access.log"
		var.setlink_bin = "$BIN"
		var.setlink_conf = "$TOP/conf/lighttpd"
		var.setlink_env_file = "$STATE/setlink.env"
		var.setlink_socket = "$SOCKETS/worker.sock"
		var.setlink_workers = $OPT_WORKERS
		include "$TOP/conf/lighttpd/setlink.conf"
	EOF
	if [ "${#addresses[@]}" -gt 1 ]; then
		echo "\$SERVER[\"socket\"] == \"${addresses[1]}\" { }" \
			>>"$CONF/lighttpd.conf"
	fi
	lighttpd_sanitizers >>"$CONF/lighttpd.conf"
}

# lighttpd_sanitizers: a CGI program's environment is only what is set here.
lighttpd_sanitizers() {
	local name
	for name in ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do
		if [ -n "${!name-}" ]; then
			echo "setenv.set-environment += ( \"$name\" => env.$name )"
		fi
	done
}

# lighttpd_start [MODULE]
lighttpd_start() {
	local spec
	lighttpd_config "$@"
	spec=$(server_spec "$CONF/lighttpd.conf" "$TOP/conf/lighttpd/setlink.conf")
	process_ensure web "$spec" "$LOG/worker.log" \
		lighttpd -D -f "$CONF/lighttpd.conf"
}

# server_start: end what belongs to another kind of server, then start.
server_start() {
	if [ "$LAST_SERVER" != "$OPT_SERVER" ]; then process_stop web workers; fi
	case $OPT_SERVER in
	nginx) nginx_start ;;
	lighttpd) lighttpd_start mod_fastcgi ;;
	lighttpd-cgi) lighttpd_start ;;
	esac
	if ! wait_for 10 server_answers; then
		if [ -s "$LOG/worker.log" ]; then
			warn "the end of $LOG/worker.log:"
			tail -n 5 "$LOG/worker.log" >&2
		fi
		die_log "$LOG/web.log" "http://localhost:$HTTP_PORT/health does not answer"
	fi
}

server_answers() {
	process_alive web &&
		{ [ "$OPT_SERVER" != nginx ] || process_alive workers; } &&
		curl -sf "http://127.0.0.1:$HTTP_PORT/health"
}
