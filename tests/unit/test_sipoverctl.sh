#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# sipoverctl against a fake daemon: arguments, exit statuses, what it prints.
# What it says to the module is tested in the guest.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
tmp=$(mktemp -d)
cleanup()
{
	# The fakes end with their standard input.
	exec 7>&- 8>&- 9>&-
	wait
	rm -rf "$tmp"
}
trap cleanup EXIT
unset SIPOVER_SOCKET

# As root the refusal of other users is tried as nobody, who must reach both.
chmod 755 "$tmp"
cp "${SIPOVERCTL:-$here/../../${BUILD:-build}/sipoverctl}" "$tmp/sipoverctl" || exit 1
ctl=$tmp/sipoverctl
n=0 failed=0

# fake MODE FD: a daemon at $tmp/MODE that lives until FD is closed
fake()
{
	local i

	mkfifo "$tmp/$1.in"
	/usr/bin/python3 "$here/fake_sipoverd.py" "$tmp/$1" "$1" <"$tmp/$1.in" &
	eval "exec $2>\"$tmp/$1.in\""
	for ((i = 0; i < 200; i++)); do
		[ -S "$tmp/$1" ] && return
		read -r -t 0.05 <>"$tmp/never"
	done
	echo "Bail out! the fake daemon does not start"
	exit 1
}

# point STATUS DESCRIPTION: one test point
point()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=1
		echo "not ok $n - $2"
		sed 's/^/# out: /' "$tmp/out"
		sed 's/^/# err: /' "$tmp/err"
	fi
}

# gives STATUS NAME ARGUMENT...: runs sipoverctl, compares its exit status
gives()
{
	local want=$1 name=$2 got
	shift 2

	"$ctl" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	echo "status $got, not $want" >>"$tmp/err"
	[ $got = "$want" ]
	point $? "$name: status $want"
}

says() # FILE REGEX: of the run before
{
	grep -qE -- "$2" "$tmp/$1"
	point $? "... says on $1: $2"
}

mkfifo "$tmp/never"
fake ok 7
fake close 8
fake garbage 9
s=$tmp/ok

# Wrong arguments: usage on stderr, nothing on stdout, 64.
wrong()
{
	gives 64 "$*" --socket "$s" "$@"
	says err '^usage: sipoverctl'
	[ ! -s "$tmp/out" ]
	point $? "... and nothing on stdout"
}
wrong nonsense
wrong --nonsense
wrong status extra
wrong call
wrong call alice
wrong call alice sip:up@example.org extra
wrong call alice sip:up@example.org --nonsense
wrong call alice sip:up@example.org --sdp
wrong call alice $'sip:\xff@example.org'
wrong answer
wrong answer x
wrong answer -1
wrong hangup 1 2
wrong hangup 99999999999999999999
wrong hangup 1x
wrong hold
wrong hold 1 2
wrong resume 1x
wrong register
wrong config alice bob
wrong reload now
wrong status --nonsense
wrong stats now
wrong monitor now
wrong trace alice bob
wrong trace --nonsense
wrong trace --messages
wrong trace --messages 0
wrong trace --messages 501
wrong trace $'\xff'
wrong watch
wrong watch list all
wrong watch add udp 192.0.2.1
wrong watch add sctp 192.0.2.1 5060
wrong watch add udp example.org 5060
wrong watch add udp 192.0.2.256 5060
wrong watch add udp 192.0.2.1 0
wrong watch add udp 192.0.2.1 65536
wrong watch add udp 192.0.2.1 5060 --ring 33
wrong watch add udp 192.0.2.1 5060 --ring 4
wrong watch add udp 192.0.2.1 5060 --ring 8192
wrong watch add udp 192.0.2.1 5060 --unanswered 99
wrong watch add udp 192.0.2.1 5060 --unanswered
gives 64 "--socket without a path" --socket
gives 64 "a path that no socket can have" --socket "/$(printf '%0200d' 1)"

gives 0 "--help" --help
says out '^usage: sipoverctl'
gives 0 "--version" --version
says out '^sipoverctl [0-9]'

gives 0 "status" --socket "$s" status
says out '^sipoverd 0.1.0, up 62 min, module loaded, detect auto$'
says out '^local outage: no_carrier for 12 s$'
says out '^line alice  sip:alice@example.org  registered via 192.0.2.2:5060;udp, 90 s left$'
says out '^    192.0.2.1:5060;udp  down  for 12 s    -      port_unreach from 192.0.2.254$'
says out '^    192.0.2.2:5060;udp  up    for 61 min  bound$'
says out '^    messages waiting, voice: 2 new, 8 old$'
says out '^call 1  alice  sip:b\?\[31mob@example.org  ringing  via 192.0.2.2:5060;udp  180$'
cp "$tmp/out" "$tmp/explicit"
gives 0 "no command" "--socket=$s"
cmp -s "$tmp/out" "$tmp/explicit"
point $? "... is status"
SIPOVER_SOCKET=$s gives 0 "SIPOVER_SOCKET" status
gives 0 "status --json" --socket "$s" status --json
[ "$(/usr/bin/python3 -c 'import json, sys
print(json.load(sys.stdin)["lines"][0]["servers"][1]["bound"])' <"$tmp/out" 2>&1)" = True ]
point $? "... is the document"

# Colour: asked for, or on a terminal (sipoverctl_live_test.py).
! grep -q $'\033' "$tmp/out"
point $? "no colour in a file"
gives 0 "--color=always" --socket "$s" --color=always status
says out $'^    192.0.2.1:5060;udp  \033\\[31mdown\033\\[0m  for 12 s    -      port_unreach from 192.0.2.254$'
sed 's/\x1b\[[0-9]*m//g' "$tmp/out" | cmp -s - "$tmp/explicit"
point $? "... and nothing but colour is added"
gives 0 "--color never" --socket "$s" --color never status
! grep -q $'\033' "$tmp/out"
point $? "... has none"
gives 64 "--color=sometimes" --socket "$s" --color=sometimes status

gives 0 "config" --socket "$s" config
says out '"revision": ?"0123456789abcdef"'
gives 1 "reload, refused" --socket "$s" reload
says err '^sipoverctl: reload: the file is wrong$'
says err '^f:1: t1: 1 is not in 10\.\.5000$'
says err '^f:2: \?no$'
gives 0 "reload" --socket "$s" reload
says out '^changed alice$'
says out '^added b\?ob$'
says out '^only after a restart: port$'

# What completes the last word.
completes() # WANT WORD...
{
	local want=$1 got
	shift

	got=$("$ctl" complete -- --socket "$s" "$@" 2>"$tmp/err" | tr '\n' ' ')
	echo "$got" >"$tmp/out"
	[ "$got" = "$want" ]
	point $? "completes '$*'"
}
completes 'status stats ' st
completes 'alice ' register ''
completes 'alice ' call ''
completes '' call alice ''
completes 'alice ' trace a
completes 'alice ' trace ''
completes '--messages --pcapng ' trace alice -
completes '' trace --messages ''
completes '1 ' hangup ''
completes 'add list ' watch ''
completes 'yealink fanvil ' import ''
completes '--output --map ' import -
completes '' import yealink ''
completes '' nonsense ''
completes '--watch ' status --
"$ctl" --help | sed -n 's/^  \([a-z][a-z]*\)\( .*\)*$/\1/p' | sort -u >"$tmp/err"
"$ctl" complete -- '' | grep -v '^-' | sort -u | diff "$tmp/err" - >"$tmp/out"
point $? "completes every command of --help"

gives 0 "stats" --socket "$s" stats
says out '^tx      7$'
gives 0 "register" --socket "$s" register alice
gives 1 "register, no such line" --socket "$s" register mallory
says err '^sipoverctl: register: no such line or call$'
gives 0 "hangup" --socket "$s" hangup 4
gives 0 "hold" --socket "$s" hold 4
gives 0 "resume" --socket "$s" resume 4
gives 1 "hold, no such call" --socket "$s" hold 5
gives 1 "hangup, no such call" --socket "$s" hangup 5
gives 0 "answer" --socket "$s" answer 4
gives 0 "call" --socket "$s" call alice sip:up@example.org
says out '^call 4$'
gives 1 "call, no such line" --socket "$s" call mallory sip:up@example.org
gives 0 "call --wait, answered" --socket "$s" call alice sip:up@example.org --wait
says out '^call 4 up$'
gives 1 "call --wait, busy" --socket "$s" call --wait alice sip:busy@example.org
says err 'call 4 failed: 486 Busy\?\[31m$'
gives 1 "call --wait, unreachable" --socket "$s" call --wait alice sip:gone@example.org
says err 'call 4 failed: 503 not reachable \(192.0.2.2:5060;udp port_unreach\)$'
gives 1 "call --wait, no server" --socket "$s" call --wait alice sip:dead@example.org
says err 'call 4 failed: no server answered$'
gives 0 "call --wait --json" --socket "$s" --json call --wait alice sip:up@example.org
says out '"state": ?"up"'

printf 'v=0\r\n' >"$tmp/sdp"
gives 0 "call --sdp" --socket "$s" --json call alice sip:up@example.org --wait --sdp "$tmp/sdp"
says out '"state": ?"sdp-5"'
gives 66 "call --sdp, no such file" --socket "$s" call alice sip:up@example.org --sdp "$tmp/absent"
printf '\377\376' >"$tmp/binary"
gives 65 "call --sdp, not text" --socket "$s" call alice sip:up@example.org --sdp "$tmp/binary"
head -c 100000 /dev/zero | tr '\0' x >"$tmp/long"
gives 65 "call --sdp, too long" --socket "$s" call alice sip:up@example.org --sdp "$tmp/long"

# The ladders of fake_sipoverd.py, to the blank.
drawn() # NAME: the run before printed what comes on stdin
{
	diff - "$tmp/out" >"$tmp/err"
	point $? "... draws $1"
}
gives 0 "trace LINE" --socket "$s" trace alice
drawn "two servers, and what happened" <<'EOF'
       ms phone                              192.0.2.1:5060;udp                        192.0.2.2:5060;udp
            |                                         |                                         |
      0.0   |-------------- REGISTER 1 -------------->|                                         |
            |----------- REGISTER 1 again ----------->|                                         |
      0.1   | * 192.0.2.1:5060;udp kernel port_unreach icmp=3/3 from 192.0.2.1                  |
            | * 192.0.2.1:5060;udp health up -> down ?[31mby? port_unreach                      |
            |-------------------------------------------------------- REGISTER 1 -------------->|
     12.3   |<---------------------------------------------------- 200 to REGISTER 1 -----------|
            | * failover 192.0.2.1:5060;udp -> 192.0.2.2:5060;udp                               |
   4000.0   | * call 1 dialing                        |                                         |
            |------------------------------------------------------ INVITE 1 by tcp ----------->|
  64000.1   |<--------------- no SIP -----------------|                                         |
            |--------- REGISTER 2 expires 0 --------->|                                         |
            |<---------- 200 to REGISTER 2 -----------|                                         |
EOF
gives 0 "trace of all lines" --socket "$s" trace
drawn "four columns, the last for the others, and whose it is" <<'EOF'
       ms phone           192.0.2.1:5060;udp   [2001:db8::0]:5060;udp [2001:db8::1]:5060;udp         others
            |                      |                      |                      |                      |
      0.0   |<---------------------------- OPTIONS 0 -----|                      |                      |
            |<------------------------------------------------ bob: OPTIONS 1 ---|                      |
            |<-------------------------------------------------------------------------- OPTIONS 2 -----|
            |<-------------------------------------------------------------------------- OPTIONS 3 -----|
            |<-------------------------------------------------------------------------- OPTIONS 4 -----|
      0.0   |-- alice: REGISTER 7 >|                      |                      |                      |
            |---------------------------------------------------------------- alice: 200 to OPTIONS 4 ->|
            | * alice: 192.0.2.1:5060;udp registered for 60 s                    |                      |
            | * local held: no_route                      |                      |                      |
EOF
gives 0 "trace, nothing there" --socket "$s" trace none
says out '^no messages$'
gives 0 "trace --messages" --socket "$s" trace --messages=2 alice
[ "$(wc -l <"$tmp/out")" = 4 ]
point $? "... draws two rows"
awk 'length > 120 { exit 1 }' "$tmp/out"
point $? "... of 120 columns at most"
gives 0 "trace --json" --socket "$s" trace alice --json
says out '"direction": ?"out"'
gives 1 "trace, no such line" --socket "$s" trace mallory

# The fake hangs up after one event: the daemon's end is told.
gives 69 "monitor" --socket "$s" monitor
says out '^     2\.000001 daemon health +server=192\.0\.2\.1:5060;udp old=up new=down cause="port unreach"$'
gives 69 "monitor --json" --socket "$s" monitor --json
says out '"stream": ?"daemon"'

gives 69 "no daemon" --socket "$tmp/absent" status
says err 'is it running\?'
gives 76 "something else answers" --socket "$tmp/garbage" status
if [ "$(id -u)" = 0 ]; then
	gives 69 "the daemon hangs up on root" --socket "$tmp/close" status
	ctl=$tmp/as-nobody
	printf '#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups %s "$@"\n' \
		"$tmp/sipoverctl" >"$ctl"
	chmod 755 "$ctl"
fi
gives 77 "the daemon hangs up on another user" --socket "$tmp/close" status
says err 'only root'
mkdir -m 700 "$tmp/private"
[ "$(id -u)" = 0 ] || chmod 0 "$tmp/private"
gives 77 "a socket out of reach" --socket "$tmp/private/socket" status

echo "1..$n"
exit $failed
