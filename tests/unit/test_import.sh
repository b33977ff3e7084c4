#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# sipoverctl import: the samples of tests/unit/import to the letter, what
# sipoverd --check says of them, odd files, and the table in docs/parameters.md.
set -uo pipefail
shopt -s lastpipe	# so that points behind a pipe count

top=$(cd "$(dirname "$0")/../.." && pwd -P)
case ${BUILD:-build} in
/*) build=$BUILD ;;
*) build=$top/${BUILD:-build} ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0
cd "$top/tests/unit/import" || exit 1

# point STATUS DESCRIPTION
point()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=1
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/diff" "$tmp/err"
	fi
}

# imports STATUS DESCRIPTION ARGUMENT...
imports()
{
	local want=$1 what=$2 got
	shift 2

	"$build/sipoverctl" import "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	echo "status $got, not $want" >"$tmp/diff"
	[ $got = "$want" ]
	point $? "$what: status $want"
}

# expect DESCRIPTION VENDOR FILE...: the output and then the report, as stdin has
expect()
{
	local what=$1
	shift

	cat >"$tmp/want"
	imports 0 "$what" "$@"
	(cat "$tmp/out"; echo "-- report"; cat "$tmp/err") |
		diff "$tmp/want" - >"$tmp/diff"
	point $? "$what: is written, and all else told"
	"$build/sipoverd" --check --config "$tmp/out" >"$tmp/diff" 2>&1
	point $? "$what: sipoverd takes it"
}

# odd DESCRIPTION VENDOR SAYS: the file comes on stdin; the report has SAYS
odd()
{
	cat >"$tmp/odd"
	"$build/sipoverctl" import "$2" "$tmp/odd" >"$tmp/out" 2>"$tmp/err"
	grep -qE -- "$3" "$tmp/err"
	point $? "$1: $3"
}

expect "yealink: common file, phone, user" yealink 001565abcdef-local.cfg 001565abcdef.cfg y000000000066.cfg <<'EOF'
# From Yealink's format by sipoverctl import.
t1 = 500
t2 = 4000
t4 = 5250
startup_jitter = 30
line "line1" {
	profile = yealink
	skip_redundant_failover_addr = 1
	enabled = 1
	display = Anna
	auth_user = 1001a
	user = 1001
	password = 'p$a{ss}\'w"o\\rd # ='
	failback_mode = 3
	failback_timeout = 120
	register_before_resend = 1
	registration = 1
	session_timer = 1
	session_refresher = 1
	reliable_provisional = 1
	subscribe_mwi = 1
	server {
		address = 192.0.2.10
		port = 5060
		transport = 2
		expires = 600
		retry_counts = 2
	}
	server {
		address = 192.0.2.15
		transport = 1
	}
}
line "line4" {
	profile = yealink
	skip_redundant_failover_addr = 1
	user = 1004
	server {
		address = pbx.example.com
	}
	outbound_proxy {
		address = edge1.example.com
		transport = 1
	}
	outbound_proxy {
		address = edge2.example.com
	}
}
-- report
y000000000066.cfg:9: local_time.time_zone: no meaning here: about the phone
001565abcdef.cfg:5: account.1.label: no meaning here: lines are called by their number
001565abcdef.cfg:16: account.1.sip_server.2.failback_mode: no meaning here: a line has one, that of its first server
001565abcdef.cfg:26: account.1.voice_mail.number.1: unknown
001565abcdef.cfg:38: account.4.outbound_proxy.2.register_on_enable: unknown
001565abcdef.cfg:39: account.99.user_name: left out: its number is too high
001565abcdef.cfg:40: no name and value
001565abcdef.cfg:41: no.such.key: unknown
y000000000066.cfg:15: account.1.outbound_proxy.1.address: left out: outbound_proxy_enable is not 1
001565abcdef.cfg:29: account.2.sip_server.1.port: left out: there is no such server
001565abcdef.cfg:20: account.1.fallback.timeout: left out, the default is taken: failback_interval: 5 is neither 0 nor in 10..65535
001565abcdef.cfg:22: account.1.session_timer.expires: left out, the default is taken: session_expires: 99999 is not in 90..86400
account 2: left out whole: line: user is missing
001565abcdef.cfg:30: account.3.user_name: left out: user: has a character that a SIP URI must escape as %XX
account 3: left out whole: line: user is missing
2 lines, 15 not carried over
EOF
expect "fanvil" fanvil fanvil-x4.txt <<'EOF'
# From Fanvil's format by sipoverctl import.
port = 5062
line "line1" {
	profile = fanvil
	user = 2001
	display = 'Lobby: ground floor'
	auth_user = 2001a
	password = 'se:cr$et'
	enabled = 1
	failback = 1
	retry_counts = 4
	server {
		address = 192.0.2.20
		port = 5061
		expires = 3600
		transport = 3
	}
	server {
		address = '2001:db8::20'
		port = 5060
		transport = 0
		expires = 1800
	}
}
line "line2" {
	profile = fanvil
	user = 2002
	domain = example.com
	server {
		address = pbx.example.com
		transport = 1
	}
	server {
		address = pbx2.example.com
	}
	outbound_proxy {
		address = 192.0.2.30
		port = 5060
		transport = 1
	}
	outbound_proxy {
		address = 192.0.2.31
	}
}
-- report
fanvil-x4.txt:5: STUN Port: unknown
fanvil-x4.txt:9: SIP1 Sip Name: no meaning here: the realm is told by the server
fanvil-x4.txt:25: SIP1 DTMF Mode: unknown
fanvil-x4.txt:34: SIP2 Signal Failback: no meaning here: failback_mode says it
fanvil-x4.txt:36: SIP3 Register Port: left out: there is no such server
fanvil-x4.txt:23: SIP1 Failback Interval: left out, the default is taken: failback_interval: 5 is neither 0 nor in 10..65535
2 lines, 6 not carried over
EOF

least='account.1.user_name = 1\naccount.1.sip_server.1.address = 192.0.2.1\n'
one='^1 line, 0 not carried over$'
printf '\xef\xbb\xbf%b' "$least" | odd "a byte order mark" yealink "$one"
printf '%b' "$least" | sed 's/$/\r/' | odd "CRLF" yealink "$one"
printf '%b' "$least" | tr -d ' ' | odd "no blanks" yealink "$one"
(printf '%b' "$least"; printf 'account.1.password = a\0b\n') |
	odd "a NUL" yealink ':3: left out: a NUL byte$'
(printf '%b' "$least"; head -c 100000 /dev/zero | tr '\0' x) |
	odd "a huge line" yealink ':3: left out: the line is too long$'
(printf '%b' "$least"; printf 'x\033[31my = \033[31m\n') |
	odd "control characters are not printed" yealink 'x\?\[31my'
(printf '%b' "$least"; printf 'account.1.password = geheim\001\n') |
	odd "nor is a password" yealink ': account.1.password: left out: control characters in the value$'
! grep -q geheim "$tmp/err"
point $? "... nowhere"
(printf '%b' "$least"; printf 'account.1.password = %0200d\n' 7) |
	odd "nor a long one" yealink 'default is taken: password: longer than 127 bytes$'
(printf '%b' "$least"; echo 'account.1.sip_server.1.port = 70000') |
	odd "a port" yealink ':3: account.1.sip_server.1.port: left out, the default is taken: port: 70000 is not in 1..65535$'
printf '\xff\xfea\0' | odd "UTF-16" yealink 'UTF-16'
echo '<?xml version="1.0"?>' | odd "XML" fanvil 'only the text form'
: | odd "an empty file" fanvil 'no account in it'

printf '%b' "$least" >"$tmp/in"
imports 0 "--output" yealink "$tmp/in" --output "$tmp/conf"
[ "$(stat -c %a "$tmp/conf")" = 600 ] && [ ! -s "$tmp/out" ]
point $? "... is its owner's alone"
imports 73 "--output over a file" yealink "$tmp/in" --output "$tmp/conf"
imports 64 "no vendor" snom "$tmp/in"
imports 64 "no file" yealink
imports 64 "an unknown option" yealink "$tmp/in" --nonsense
imports 66 "a file that is not there" yealink "$tmp/absent"
imports 65 "no account" yealink /dev/null

imports 0 "--map" --map
sed -n '/^## Import/,/^## [^I]/s/^| \(yealink\|fanvil\) | `\([^`]*\)` | \(.*\) |$/\1 | \2 | \3/p' \
	"$top/docs/parameters.md" | sed 's/ | – | / |  | /; s/`//g' |
	diff "$tmp/out" - >"$tmp/diff"
point $? "docs/parameters.md has the same table"

echo "1..$n"
exit $failed
