# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Finding MinIO's server and client, or building them from source.

MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
MC_VERSION=v0.0.0-20250313080218-cf909e1063a9
# The oldest Go that builds both, and the one fetched where Go is older.
GO_VERSION=1.24.9

minio_cache() { echo "${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/setlink"; }

# minio_path NAME: the program minio or mc. A program mc in PATH may also be
# Midnight Commander.
minio_path() {
	local version=$MINIO_VERSION built
	if [ "$1" = mc ]; then version=$MC_VERSION; fi
	built=$(minio_cache)/$1-$version/$1
	if command -v "$1" >/dev/null &&
		"$1" --version 2>/dev/null | grep -q MinIO; then
		command -v "$1"
	elif [ -x "$built" ]; then
		echo "$built"
	else
		return 1
	fi
}

minio_have() { minio_path minio && minio_path mc; } >/dev/null

# minio_get: afterwards MINIO and MC are the two programs.
minio_get() {
	local go=()
	if ! minio_have; then
		if ! command -v go >/dev/null && [ ! -x /usr/local/go/bin/go ]; then
			go=(go)
			packages_install "$LOG/packages.log" "${go[@]}"
		fi
		say "MinIO is not installed; it is built from source, once, in" \
			"$(minio_cache) (this takes some minutes)"
		step "building MinIO" "$LOG/minio-build.log" minio_build_both
	fi
	MINIO=$(minio_path minio)
	MC=$(minio_path mc)
}

# minio_build_both: under a lock, so that of two quickstarts one builds and the
# other waits.
minio_build_both() {
	local lock
	mkdir -p "$(minio_cache)"
	exec {lock}>"$(minio_cache)/lock"
	flock "$lock"
	go_find
	minio_build minio "$MINIO_VERSION"
	minio_build mc "$MC_VERSION"
	exec {lock}>&-
}

# minio_build NAME VERSION: into a folder of its own that is named at the end,
# so that what is there is whole.
minio_build() {
	local folder
	folder=$(minio_cache)/$1-$2
	if minio_path "$1" >/dev/null; then return 0; fi
	rm -rf "$folder.new"
	GOBIN=$folder.new GOFLAGS='' "$GO" install "github.com/minio/$1@$2"
	mv "$folder.new" "$folder"
}

# go_new_enough GO
go_new_enough() {
	local have
	have=$(cd / && "$1" version | sed -n 's/^go version go\([0-9.]*\).*/\1/p')
	[ -n "$have" ] &&
		printf '%s\n' "$GO_VERSION" "$have" | sort -C -V
}

# go_find: GO is a Go that builds MinIO.
go_find() {
	for GO in "$(command -v go)" /usr/local/go/bin/go; do
		if [ -x "$GO" ] && go_new_enough "$GO"; then return; fi
	done
	GO=$(minio_cache)/go$GO_VERSION/bin/go
	[ -x "$GO" ] || go_fetch "$(minio_cache)/go$GO_VERSION"
	export GOTOOLCHAIN=local
}

# go_fetch FOLDER: an older Go can fetch a newer one as a module. Modules have
# no executable files, and nobody may write to the module cache.
go_fetch() {
	local folder=$1 module
	module=golang.org/toolchain@v0.0.1-go$GO_VERSION.linux-$(go env GOARCH)
	go mod download "$module"
	rm -rf "$folder.new"
	cp -r "$(go env GOMODCACHE)/$module" "$folder.new"
	chmod -R u+w "$folder.new"
	chmod +x "$folder.new"/bin/* "$folder.new"/pkg/tool/*/*
	mv "$folder.new" "$folder"
}
