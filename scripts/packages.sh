# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The Debian packages that are needed, and their installation.

# packages_list GROUP: build, run, test, bench, go, rust, analyze, valgrind or
# fuzz.
packages_list() {
	case $1 in
	build)
		echo build-essential autoconf automake pkg-config libfcgi-dev \
			libcurl4-openssl-dev libssl-dev libmariadb-dev \
			libyajl-dev libexpat1-dev libseccomp-dev
		;;
	run)
		echo mariadb-server mariadb-client nginx lighttpd \
			spawn-fcgi multiwatch curl jq procps ca-certificates
		;;
	test)
		echo clang-format-14 shellcheck perl xz-utils python3-boto3 \
			galera-4 logrotate rsync strace sox libsox-fmt-base
		;;
	bench)
		echo wrk php-fpm php-mysql php-cli linux-perf
		;;
	analyze)
		echo gcc clang-14 clang-tidy-14 cppcheck
		;;
	valgrind)
		echo valgrind
		;;
	go)
		echo golang-go
		;;
	rust)
		echo cargo
		;;
	fuzz)
		echo clang-14 libclang-rt-14-dev llvm-14
		;;
	esac
}

# packages_missing GROUP...: those of the groups that are not installed.
packages_missing() {
	local group names=()
	for group; do
		read -ra names <<<"${names[*]} $(packages_list "$group")"
	done
	comm -23 <(printf '%s\n' "${names[@]}" | sort -u) \
		<(dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
			"${names[@]}" 2>/dev/null |
			awk '$2 == "installed" { print $1 }' | sort -u)
}

# packages_install LOG GROUP...: install what is missing.
packages_install() {
	local log=$1 missing as_root=()
	shift
	mapfile -t missing < <(packages_missing "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0
	if [ "$UID" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "not root and no sudo; as root run:" \
				"apt-get install ${missing[*]}"
		sudo -v || die "sudo is needed to install: ${missing[*]}"
		as_root=(sudo)
	fi
	step "installing ${#missing[@]} packages" "$log" \
		"${as_root[@]}" "$TOP/scripts/apt-install" "${missing[@]}"
}
