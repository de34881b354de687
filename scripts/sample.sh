# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The sample bucket, its times moved to now.

# The recording that begins with the demo.
SAMPLE_RECORDER=10b26ce0-75ff-4548-84e1-c91d955b1151
SAMPLE_RECORDING=$SAMPLE_RECORDER/sessions/f3a9b7c2-0d4e-4e6f-8b1a-2c7d9e5f4a03

# sample_start FILE: its start_time in whole seconds since 1970.
sample_start() { date -d "$(jq -r .start_time "$1")" +%s; }

# sample_make FOLDER: a copy of the sample whose recording begins now. The other
# recorder's recordings began an hour earlier: its open one is a recording that
# has run since then.
sample_make() {
	local folder=$1 shift file
	rm -rf "$folder"
	cp -r "$TOP/sample/bucket" "$folder"
	shift=$(($(date +%s) - $(sample_start \
		"$folder/$SAMPLE_RECORDING/metadata.json")))
	for file in "$folder"/*/sessions/*/metadata.json; do
		case $file in
		"$folder/$SAMPLE_RECORDER"/*) sample_move "$file" "$shift" ;;
		*) sample_move "$file" $((shift - 3600)) ;;
		esac
	done
}

# sample_move FILE SECONDS: move its times, keep their fractions, and keep the
# zero time that stands for "not closed".
sample_move() {
	jq -c --argjson by "$2" '
		def moved:
			if startswith("0001-") then . else
				capture("^(?<whole>[^.Z]+)(?<rest>.*)$") |
				(.whole + "Z" | fromdate + $by | todate | rtrimstr("Z")) + .rest
			end;
		.start_time |= moved | .end_time |= moved' "$1" >"$1.new"
	mv "$1.new" "$1"
}

# sample_renew: let the demo's recording begin now, though the bucket was loaded
# some time ago.
sample_renew() {
	local folder=$STATE/tmp/sample path=$SAMPLE_RECORDING/metadata.json
	sample_make "$folder"
	minio_client cp --quiet "$folder/$path" "own/$BUCKET/$path"
	rm -rf "$folder"
}
