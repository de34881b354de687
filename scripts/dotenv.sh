# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Settings files: NAME=value lines, as setlink itself reads them.

# dotenv_read FILE ARRAY: the settings of ours in FILE, unquoted, into the
# associative array. Other programs' names may be there too.
dotenv_read() {
	local file=$1 line number=0 name value text
	local -n into=$2
	while IFS= read -r line || [ -n "$line" ]; do
		number=$((number + 1))
		line=${line%$'\r'}
		[[ ! $line =~ ^[[:blank:]]*(#|$) ]] || continue
		[[ $line =~ ^[[:blank:]]*(export )?[[:blank:]]*([A-Za-z_][A-Za-z0-9_]*)[[:blank:]]*=[[:blank:]]*(.*)$ ]] ||
			die "$file, line $number: not NAME=value"
		name=${BASH_REMATCH[2]} text=${BASH_REMATCH[3]}
		[[ $name =~ ^(SETLINK|SESSION_RECORDER)_ ]] || continue
		[ -z "${into[$name]+set}" ] ||
			die "$file, line $number: $name is given twice"
		dotenv_value "$text" ||
			die "$file, line $number: the quotes of $name"
		# shellcheck disable=SC2004,SC2034 # the caller's array, by name
		into[$name]=$value
	done <"$file"
}

# dotenv_value TEXT: sets value. Bare up to " #", 'as it is', or "with escapes".
dotenv_value() {
	local rest='[[:blank:]]*(#.*)?$' text=$1
	if [[ $text == \'* ]]; then
		[[ $text =~ ^\'([^\']*)\'$rest ]] || return 1
		value=${BASH_REMATCH[1]}
	elif [[ $text == \"* ]]; then
		[[ $text =~ ^\"(([^\"\\]|\\.)*)\"$rest ]] || return 1
		dotenv_unescape "${BASH_REMATCH[1]}"
	else
		[[ $text != '#'* ]] || text=
		value=${text%%[[:blank:]]#*}
		value=${value%"${value##*[![:space:]]}"}
	fi
}

dotenv_unescape() {
	local text=$1
	value=
	while [[ $text =~ ^([^\\]*)\\(.)(.*)$ ]]; do
		case ${BASH_REMATCH[2]} in
		n) value+=${BASH_REMATCH[1]}$'\n' ;;
		*) value+=${BASH_REMATCH[1]}${BASH_REMATCH[2]} ;;
		esac
		text=${BASH_REMATCH[3]}
	done
	value+=$text
}

# dotenv_line NAME VALUE: one line of such a file.
dotenv_line() {
	local value=$2
	value=${value//\\/\\\\}
	value=${value//\"/\\\"}
	value=${value//\$/\\\$}
	value=${value//$'\n'/\\n}
	printf '%s="%s"\n' "$1" "$value"
}
