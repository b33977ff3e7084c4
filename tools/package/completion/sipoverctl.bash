# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Completion of sipoverctl for bash: sipoverctl itself says what can follow, from
# its table of commands and from the running daemon.

_sipoverctl()
{
	local word

	COMPREPLY=()
	# Not compgen -W, which would expand what a line is called.
	while IFS= read -r word; do
		COMPREPLY+=("$(printf '%q' "$word")")
	done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" \
		2>/dev/null)
	case ${COMPREPLY[0]-} in
	*=)	compopt -o nospace 2>/dev/null ;;
	esac
}

# Nothing offered: a file.
complete -o default -F _sipoverctl sipoverctl
