#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The completions of bash and zsh, in the shells themselves.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
where=$here/../../tools/package/completion
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0

point() # STATUS DESCRIPTION
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=1
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out"
	fi
}

# What sipoverctl offers is tested in test_sipoverctl.sh: here it is a stand-in
# that tells what it was asked, and has a line of an evil name.
mkdir "$tmp/bin"
cat >"$tmp/bin/sipoverctl" <<'EOF'
#!/bin/sh
echo "$@" >>"$ASKED"
[ "$4" = none ] || printf '%s\n' 'alice' '$(touch evil)' 'b ob'
EOF
chmod 755 "$tmp/bin/sipoverctl"
export PATH=$tmp/bin:$PATH ASKED=$tmp/asked
cd "$tmp" || exit 1

bash --norc --noprofile -c '
	. "$1"
	complete -p sipoverctl
	COMP_WORDS=(sipoverctl register "") COMP_CWORD=2
	_sipoverctl
	printf "%s\n" "${COMPREPLY[@]}"' bash "$where/sipoverctl.bash" >out 2>&1
grep -q -- '-F _sipoverctl sipoverctl$' out
point $? "bash: is set up"
[ "$(tail -n 3 out)" = $'alice\n\\$\\(touch\\ evil\\)\nb\\ ob' ]
point $? "bash: offers the lines, quoted"
[ "$(cat asked)" = "complete -- register " ]
point $? "bash: asked for the last word"
[ ! -e evil ]
point $? "bash: nothing of it is run"

rm -f asked
if ! command -v zsh >/dev/null; then
	n=$((n + 1))
	echo "ok $n - zsh # SKIP zsh is not installed"
else
	# shellcheck disable=SC2016 # zsh expands it
	zsh -f -c '
		compadd() { print -rl -- "$@[2,-1]" }
		_files() { print files }
		words=(sipoverctl register "") CURRENT=3
		. "$1"
		words=(sipoverctl register none) CURRENT=3
		_sipoverctl' zsh "$where/_sipoverctl" >out 2>&1
	[ "$(cat out)" = $'alice\n$(touch evil)\nb ob\nfiles' ]
	point $? "zsh: offers the lines, or files"
	[ "$(head -n 1 asked)" = "complete -- register " ]
	point $? "zsh: asked for the last word"
	[ ! -e evil ]
	point $? "zsh: nothing of it is run"
	[ "$(head -n 1 "$where/_sipoverctl")" = "#compdef sipoverctl" ]
	point $? "zsh: is found by its first line"
fi
echo "1..$n"
exit $failed
