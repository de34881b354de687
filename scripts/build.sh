# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Building setlink.fcgi and setlink.

# build_folder: apart from the sources, so that each instance has its own; but
# sources that were configured in place can only be built there.
build_folder() {
	if [ -e "$TOP/config.status" ]; then
		echo "$TOP"
	else
		echo "$STATE/build"
	fi
}

# build_autotools: make configure where it is missing or old. Instances that
# start at the same time take turns.
build_autotools() {
	local lock
	exec {lock}<"$TOP/configure.ac"
	flock "$lock"
	if [ ! -e "$TOP/configure" ] || [ ! -e "$TOP/Makefile.in" ] ||
		[ -n "$(find "$TOP/configure.ac" "$TOP/Makefile.am" \
			-newer "$TOP/configure")" ]; then
		(cd "$TOP" && autoreconf -fi)
		touch "$TOP/configure"
	fi
	exec {lock}<&-
}

build_configured() { [ -e "$1/config.status" ] && [ -e "$1/Makefile" ]; }

# build_all FOLDER [CONFIGURE OPTION...]
build_all() {
	local folder=$1
	shift
	build_autotools
	mkdir -p "$folder"
	cd "$folder" || return
	build_configured "$folder" || "$TOP/configure" "$@"
	make -j "$(nproc)"
}

# build_program FILE: there and executable?
build_program() {
	[ -x "$BIN/$1" ] || die "no $1 in $BIN; see --bin"
}
