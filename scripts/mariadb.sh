# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A private MariaDB that listens on a unix socket only.

mariadb_config() {
	cat >"$CONF/mariadb.cnf" <<-EOF
		[mariadbd]
		datadir=$STATE/mariadb
		socket=$SOCKETS/mariadb.sock
		pid-file=$STATE/tmp/mariadb.pid
		tmpdir=$STATE/tmp
		skip-networking
		skip-name-resolve
		character-set-server=utf8mb4
		performance-schema=OFF
		max-connections=500
		innodb-buffer-pool-size=32M
		innodb-log-file-size=8M
		innodb-flush-log-at-trx-commit=2
		innodb-use-native-aio=OFF
		key-buffer-size=1M
		aria-pagecache-buffer-size=1M
		[client]
		socket=$SOCKETS/mariadb.sock
		user=$(id -un)
		default-character-set=utf8mb4
	EOF
}

mariadb_as() {
	if [ "$UID" -eq 0 ]; then echo --user=root; fi
}

# mariadb_install: the system tables; a folder that was left half made is made
# again.
mariadb_install() {
	local as
	mapfile -t as < <(mariadb_as)
	[ ! -e "$STATE/mariadb/installed" ] || return 0
	rm -rf "$STATE/mariadb"
	mariadb-install-db --defaults-file="$CONF/mariadb.cnf" "${as[@]}" \
		--datadir="$STATE/mariadb" --skip-test-db \
		--auth-root-authentication-method=socket \
		--auth-root-socket-user="$(id -un)" >"$LOG/mariadb-install.log" 2>&1 ||
		die_log "$LOG/mariadb-install.log" "mariadb-install-db failed"
	: >"$STATE/mariadb/installed"
}

mariadb_start() {
	local as
	mapfile -t as < <(mariadb_as)
	mariadb_config
	mariadb_install
	process_ensure mariadb "$(cat "$CONF/mariadb.cnf")" "$LOG/mariadb.log" \
		mariadbd --defaults-file="$CONF/mariadb.cnf" "${as[@]}"
}

mariadb_sql() { mariadb --defaults-file="$CONF/mariadb.cnf" --batch "$@"; }

mariadb_answers() { mariadb_sql -e 'SELECT 1'; }

# mariadb_ready: wait for it, then make the database and its users. (A user that
# an older quickstart has made has all rights; REVOKE wants there to be one.)
mariadb_ready() {
	wait_for 30 mariadb_answers ||
		die_log "$LOG/mariadb.log" "MariaDB does not answer"
	mariadb_sql >"$LOG/mariadb-setup.log" 2>&1 <<-EOF ||
		CREATE DATABASE IF NOT EXISTS setlink CHARACTER SET utf8mb4;
		CREATE USER IF NOT EXISTS 'setlink'@'localhost';
		ALTER USER 'setlink'@'localhost' IDENTIFIED BY '$DB_PASSWORD';
		GRANT SELECT ON setlink.* TO 'setlink'@'localhost';
		REVOKE ALL PRIVILEGES ON setlink.* FROM 'setlink'@'localhost';
		CREATE USER IF NOT EXISTS 'setlink_migrate'@'localhost';
		ALTER USER 'setlink_migrate'@'localhost'
		  IDENTIFIED BY '$MIGRATE_PASSWORD';
		GRANT ALL PRIVILEGES ON setlink.* TO 'setlink_migrate'@'localhost';
	EOF
		die_log "$LOG/mariadb-setup.log" "the database cannot be made"
}

# mariadb_migrate: the tables, and what setlink's own user may do with them. A
# database that .env names has users of its own.
mariadb_migrate() {
	if settings_overridden SETLINK_DB_SOCKET ||
		settings_overridden SETLINK_DB_USER; then
		setlink migrate
		return
	fi
	SETLINK_DB_USER=setlink_migrate SETLINK_DB_PASSWORD=$MIGRATE_PASSWORD \
		setlink migrate
	mariadb_sql <"$TOP/conf/mariadb/grants.sql"
}
