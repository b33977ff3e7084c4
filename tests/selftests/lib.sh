#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# lib.sh: what the tests share; they source it.  Namespaces and links, waiting
# by polling, KTAP output, and the module's events.
#
# Helpers (sipover_nl, peer, forge, flood, hail, offload) are looked for in
# SIPOVER_SELFTEST_BIN, then beside the tests.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
PATH=${SIPOVER_SELFTEST_BIN:-$here}:$here:$PATH:/usr/sbin:/sbin

KSFT_FAIL=1
KSFT_SKIP=4
# Each wait of a test ends after this, whatever happens.
WAIT_MS=${WAIT_MS:-10000}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/sipover-selftest.XXXXXX")
pids=()
namespaces=()

# ---------------------------------------------------------------- clean-up

# What a test changed for everybody it puts back here.
at_exit() { :; }

cleanup()
{
	trap - EXIT
	local ns

	# The shell's word on each job it finds killed.
	exec 2>/dev/null
	at_exit
	[ ${#pids[@]} = 0 ] || kill -9 "${pids[@]}"
	wait
	for ns in "${namespaces[@]}"; do
		ip netns del "$ns"
	done
	rm -rf "$tmp"
}

# A test that stops in the middle has not said its plan: say so, and why.
on_exit()
{
	local status=$?

	if [ "$status" != "$KSFT_SKIP" ] && [ "$ktap_done" = 0 ]; then
		echo "Bail out! stopped after $ktap_run of $ktap_plan"
		status=$KSFT_FAIL
	fi
	cleanup
	exit "$status"
}
trap on_exit EXIT
trap 'exit 1' HUP INT TERM

# -------------------------------------------------------------------- KTAP

ktap_plan=0 ktap_run=0 ktap_failed=0 ktap_done=0

# ktap_start PLAN
ktap_start()
{
	ktap_plan=$1
	echo "TAP version 13"
	echo "1..$ktap_plan"
}

ktap_print() { echo "# $*"; }

# tests/check-faults has seen enough: a check that works and one that fails.
enough()
{
	[ -z "${SIPOVER_STOP_EARLY:-}" ] || [ "$ktap_failed" = 0 ] ||
		[ "$ktap_run" = "$ktap_failed" ] || exit $KSFT_FAIL
}

ktap_test_pass()
{
	ktap_run=$((ktap_run + 1))
	echo "ok $ktap_run $*"
	enough
}

ktap_test_fail()
{
	ktap_run=$((ktap_run + 1))
	ktap_failed=$((ktap_failed + 1))
	echo "not ok $ktap_run $*"
	enough
}

ktap_test_skip()
{
	ktap_run=$((ktap_run + 1))
	echo "ok $ktap_run $1 # SKIP $2"
}

# The whole test needs something that is not here.
ktap_skip_all()
{
	ktap_plan=0
	echo "1..0 # SKIP $*"
	exit $KSFT_SKIP
}

ktap_finished()
{
	ktap_done=1
	if [ "$ktap_run" != "$ktap_plan" ]; then
		ktap_print "planned $ktap_plan, ran $ktap_run"
		exit $KSFT_FAIL
	fi
	[ "$ktap_failed" = 0 ] || exit $KSFT_FAIL
	exit 0
}

# is DESCRIPTION GOT WANT
is()
{
	if [ "$2" = "$3" ]; then
		ktap_test_pass "$1"
	else
		ktap_print "got '$2', want '$3'"
		ktap_test_fail "$1"
	fi
}

# check DESCRIPTION COMMAND...
check()
{
	local description=$1

	shift
	if "$@"; then
		ktap_test_pass "$description"
	else
		ktap_print "false: $*"
		ktap_test_fail "$description"
	fi
}

# ----------------------------------------------------------------- waiting

mkfifo "$tmp/never"
exec {never}<>"$tmp/never"

# busywait MS COMMAND...: until COMMAND succeeds, at most MS milliseconds, on a
# slow machine SIPOVER_WAIT_SCALE times as long
busywait()
{
	local now=${EPOCHREALTIME/[.,]/} end

	end=$((now + $1 * 1000 * ${SIPOVER_WAIT_SCALE:-1}))
	shift
	until "$@"; do
		now=${EPOCHREALTIME/[.,]/}
		[ "$now" -lt "$end" ] || return 1
		read -rt 0.02 -u "$never"
	done
	return 0
}

# apart: so long that what is told now is not put together with what was told
# before.  The module's flush period is 20 ms.
apart() { read -rt 0.04 -u "$never"; }

# lines_at_least FILE PATTERN N
lines_at_least()
{
	local line n=0

	[ -e "$1" ] || return 1
	while read -r line; do
		# shellcheck disable=SC2053 # a pattern is meant
		[[ $line != $2 ]] || n=$((n + 1))
	done <"$1"
	[ "$n" -ge "$3" ]
}

# wait_line FILE PATTERN [N]
wait_line()
{
	busywait "$WAIT_MS" lines_at_least "$1" "$2" "${3:-1}"
}

# gone PID
gone() { ! kill -0 "$1" 2>/dev/null; }

# -------------------------------------------------------------- namespaces

# setup_ns NAME...: sets each variable NAME to a new namespace's name
setup_ns()
{
	local name ns

	for name in "$@"; do
		ns=sipover-${name,,}-$(printf %04x%04x $RANDOM $RANDOM)
		ip netns add "$ns" || ktap_skip_all "no network namespaces"
		namespaces+=("$ns")
		printf -v "$name" %s "$ns"
		ip -n "$ns" link set lo up
	done
}

# in_ns NS COMMAND...: our own helpers enter it themselves, several times as
# fast in an emulated guest
in_ns()
{
	local ns=$1

	shift
	case $1 in
	peer|forge|hail|sipover_nl|offload) SIPOVER_NETNS=/run/netns/$ns "$@" ;;
	*) ip netns exec "$ns" "$@" ;;
	esac
}

# link NS1 DEV1 NS2 DEV2 [DELAY]: a veth pair, both ends up; DELAY in ms each
# way, for where a link without delay would decide a race
link()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" ||
		ktap_skip_all "no veth"
	if [ "${5:-0}" != 0 ]; then
		{ tc -n "$1" qdisc add dev "$2" root netem delay "$5ms" &&
		  tc -n "$3" qdisc add dev "$4" root netem delay "$5ms"; } ||
			ktap_skip_all "no netem"
	fi
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# addr NS DEV ADDRESS/LEN...
addr()
{
	local ns=$1 dev=$2 a

	shift 2
	for a in "$@"; do
		echo "addr add $a dev $dev $([[ $a != *:* ]] || echo nodad)"
	done | ip -n "$ns" -batch -
}

# unlimit_icmp NS [router]: no limit on the ICMP errors that it sends.  IPv4: the
# mask does it; a limit of 0 would take what unreachable routes are allowed.
unlimit_icmp()
{
	# shellcheck disable=SC2016 # for the inner shell
	in_ns "$1" sh -c 'cd /proc/sys/net
		echo 0 >ipv4/icmp_ratemask
		[ ! -d ipv6 ] || echo 0 >ipv6/icmp/ratelimit
		[ ! -e ipv6/icmp/ratemask ] || echo >ipv6/icmp/ratemask
		[ "$0" = router ] || exit 0
		echo 1 >ipv4/ip_forward
		[ ! -d ipv6 ] || echo 1 >ipv6/conf/all/forwarding' "${2:-host}"
}

has_ipv6() { [ -d /proc/sys/net/ipv6 ]; }

# setup_pair [DELAY]
#
#   +----- PHONE ------+          +----- SERVER -----+
#   |             eth0 |==========| eth0             |
#   |  192.0.2.1       |  DELAY   |  192.0.2.2       |
#   |  2001:db8::1     |          |  2001:db8::2     |
#   +------------------+          +------------------+
setup_pair()
{
	setup_ns PHONE SERVER
	# shellcheck disable=SC2153 # set by setup_ns
	link "$PHONE" eth0 "$SERVER" eth0 "${1:-0}"
	addr "$PHONE" eth0 192.0.2.1/24 2001:db8::1/64
	addr "$SERVER" eth0 192.0.2.2/24 2001:db8::2/64
	unlimit_icmp "$SERVER"
}

# setup_vrf: behind setup_pair; moves the phone's eth0 into a VRF that all its sockets use
setup_vrf()
{
	ip -n "$PHONE" link add vrf0 type vrf table 10 || return 1
	ip -n "$PHONE" link set vrf0 up
	ip -n "$PHONE" link set eth0 master vrf0
	addr "$PHONE" eth0 2001:db8::1/64
	ip -n "$PHONE" rule add pref 2000 lookup 10
	ip -n "$PHONE" -6 rule add pref 2000 lookup 10
}

# lose_neighbours_soon NS DEVICE: an absent one is given up after 100 ms, not 3 s
lose_neighbours_soon()
{
	# shellcheck disable=SC2016 # for the inner shell
	in_ns "$1" sh -c 'cd /proc/sys/net
		for f in ipv4 ipv6; do
			[ -d $f ] || continue
			echo 100 >$f/neigh/$1/retrans_time_ms
			echo 1 >$f/neigh/$1/mcast_solicit
		done' sh "$2"
}

# setup_routed [DELAY]: a router between them; DELAY between router and server
#
#   +---- PHONE -----+      +------- ROUTER --------+      +----- SERVER -----+
#   |           eth0 |======| eth0             far0 |======| eth0             |
#   | 192.0.2.1      |      | 192.0.2.254           |      | 198.51.100.2     |
#   | 2001:db8::1    |      | 2001:db8::fe          |      | 2001:db8:100::2  |
#   +----------------+      |        198.51.100.254 |      +------------------+
#                           |     2001:db8:100::fe  |
#                           +-----------------------+
setup_routed()
{
	setup_ns PHONE ROUTER SERVER
	link "$PHONE" eth0 "$ROUTER" eth0
	# shellcheck disable=SC2153 # set by setup_ns
	link "$ROUTER" far0 "$SERVER" eth0 "${1:-0}"
	configure "$PHONE" <<-END
		addr add 192.0.2.1/24 dev eth0
		addr add 2001:db8::1/64 dev eth0 nodad
		route add default via 192.0.2.254
		route add default via 2001:db8::fe
	END
	configure "$ROUTER" <<-END
		addr add 192.0.2.254/24 dev eth0
		addr add 2001:db8::fe/64 dev eth0 nodad
		addr add 198.51.100.254/24 dev far0
		addr add 2001:db8:100::fe/64 dev far0 nodad
	END
	configure "$SERVER" <<-END
		addr add 198.51.100.2/24 dev eth0
		addr add 2001:db8:100::2/64 dev eth0 nodad
		route add default via 198.51.100.254
		route add default via 2001:db8:100::fe
	END
	unlimit_icmp "$ROUTER" router
	unlimit_icmp "$SERVER"
}

# configure NS: one command of ip a line, on stdin; those for IPv6, which a
# kernel may lack, hold a "::".  One process for all: in an emulated guest
# each costs 0.1 s.
configure()
{
	local line

	while read -r line; do
		[[ $line == *::* ]] && ! has_ipv6 || echo "$line"
	done | ip -n "$1" -batch -
}

# use_routed v4|v6: sets P, S and R, the router's address towards the phone
use_routed()
{
	# shellcheck disable=SC2034 # for the tests
	case $1 in
	v4) P=192.0.2.1 S=198.51.100.2 R=192.0.2.254 ;;
	v6) P=2001:db8::1 S=2001:db8:100::2 R=2001:db8::fe ;;
	esac
}

# rules NS: nft reads what is to be done from stdin
rules()
{
	in_ns "$1" nft -f - || ktap_skip_all "no nftables"
}

# use_family v4|v6: sets P, the phone's address, and S, the server's
use_family()
{
	# shellcheck disable=SC2034 # for the tests
	case $1 in
	v4) P=192.0.2.1 S=192.0.2.2 ;;
	v6) P=2001:db8::1 S=2001:db8::2 ;;
	esac
}

# know_server: the link address of $S, of setup_pair, for good.  What waits to
# learn it is dropped above some hundred datagrams, and on a slow machine it is
# learned late now and then, which is evidence of its own.
know_server()
{
	local mac

	mac=$(ip -n "$SERVER" -o link show eth0)
	mac=${mac#*link/ether }
	ip -n "$PHONE" neigh replace "$S" lladdr "${mac%% *}" dev eth0 \
		nud permanent
}

# -------------------------------------------------------------- background

# start NAME NS COMMAND...: in the background, output in $tmp/NAME; sets PID
start()
{
	local name=$1 ns=$2

	shift 2
	# A command of its own in either case: PID is not a shell's.
	case $1 in
	peer|forge|hail|sipover_nl|offload)
		SIPOVER_NETNS=/run/netns/$ns "$@" >"$tmp/$name" 2>&1 & ;;
	*)
		ip netns exec "$ns" "$@" >"$tmp/$name" 2>&1 & ;;
	esac
	PID=$!
	pids+=("$PID")
}

# start_ready NAME NS COMMAND...: and wait until it prints READY, however little
# patience there is for the rest
start_ready()
{
	start "$@"
	WAIT_MS=10000 wait_line "$tmp/$1" "READY*" || {
		ktap_print "no READY from: ${*:3}"
		sed 's/^/# /' "$tmp/$1"
		exit $KSFT_FAIL
	}
}

# halt PID: it runs no more until it is told to `go_on`
halt() { kill -STOP "$1" && busywait "$WAIT_MS" halted "$1"; }

halted()
{
	local stat

	read -r stat <"/proc/$1/stat"
	[[ ${stat##*) } == T* ]]
}

go_on() { kill -CONT "$1"; }

# stop PID [SIGNAL]: its number may soon be another's
stop()
{
	local pid left=()

	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	for pid in "${pids[@]}"; do
		[ "$pid" = "$1" ] || left+=("$pid")
	done
	pids=("${left[@]}")
}

# ------------------------------------------------------------------ module

module_loaded() { [ -d /sys/module/sipover ]; }

# module_load [PARAMETER...]
# shellcheck disable=SC2120 # the parameters are for no_tracepoints.sh
module_load()
{
	if [ -n "${SIPOVER_KO:-}" ]; then
		insmod "$SIPOVER_KO" "$@"
	else
		modprobe sipover "$@"
	fi
}

module_unload() { rmmod sipover; }

# has_tracepoints: the kernel has them, and the module uses them (docs/module.md)
has_tracepoints()
{
	[[ $(uname -v) != *PREEMPT_RT* ]] &&
		[ "$(</sys/module/sipover/parameters/tracepoints)" = Y ] &&
		grep -q " __traceiter_tcp_receive_reset$" /proc/kallsyms
}

need_module()
{
	module_loaded || module_load || ktap_skip_all "module sipover does not load"
}

# ------------------------------------------------------------------ events

declare -A events_read

# watch NAME NS [OPTION...] PROTO ADDR PORT...: watches whose events next_event
# NAME gives, all of them begun; sets PID, the owner's
watch()
{
	local name=$1 ns=$2 word servers=0

	shift 2
	for word; do
		case $word in udp|tcp) servers=$((servers + 1)) ;; esac
	done
	start_ready "$name" "$ns" sipover_nl watch "$@"
	events_read[$name]=0
	wait_line "$tmp/$name" "READY*" $servers ||
		ktap_print "$name: not all of $servers servers are watched"
}

# Causes, separated by spaces, of events that a test does not ask about: what
# comes beside the evidence that it is about.
besides=

# nth_event NAME N: sets EVENT
nth_event()
{
	local line n=0 cause

	while read -r line; do
		[[ $line == EVENT* ]] || continue
		cause=${line#* cause=} cause=${cause%% *}
		[[ " $besides " != *" $cause "* ]] || continue
		n=$((n + 1))
		if [ "$n" = "$2" ]; then
			EVENT=$line
			return 0
		fi
	done <"$tmp/$1"
	return 1
}

# event_of NAME PORT: sets EVENT to the last one of the server's PORT
event_of()
{
	local line

	EVENT=
	while read -r line; do
		[[ $line != EVENT*" port=$2 "* ]] || EVENT=$line
	done <"$tmp/$1"
	[ -n "$EVENT" ]
}

# next_event NAME: waits for it, sets EVENT; EVENT is empty if none comes
next_event()
{
	local n=$((events_read[$1] + 1))

	EVENT=
	busywait "$WAIT_MS" nth_event "$1" "$n" || return 1
	events_read[$1]=$n
}

# field KEY [LINE]: the value of KEY=VALUE in EVENT or LINE
field()
{
	local word

	for word in ${2-$EVENT}; do
		[[ $word != "$1="* ]] || { echo "${word#*=}"; return; }
	done
}

# event_has DESCRIPTION KEY=VALUE...: EVENT holds all these
event_has()
{
	local description=$1 want missing=

	shift
	for want in "$@"; do
		[[ " $EVENT " == *" $want "* ]] || missing="$missing $want"
	done
	if [ -z "$missing" ]; then
		ktap_test_pass "$description"
	else
		ktap_print "missing:$missing"
		ktap_print "event: ${EVENT:-none}"
		ktap_test_fail "$description"
	fi
}

# no_more_events DESCRIPTION NAME
no_more_events()
{
	if nth_event "$2" $((events_read[$2] + 1)); then
		ktap_print "event: $EVENT"
		ktap_test_fail "$1"
	else
		ktap_test_pass "$1"
	fi
}

# account NAME [CAUSE]: sets EVENTS and COUNTED, of the port unreachables (or of
# CAUSE) that NAME was told, GAPS in the numbers of all events, and OVERRUNS
account()
{
	# shellcheck disable=SC2034 # for the tests
	read -r EVENTS COUNTED GAPS OVERRUNS < <(awk -v cause="${2:-port-unreach}" '
		/^OVERRUN/ { overruns++ }
		/^EVENT/ {
			all++
			for (i = 2; i <= NF; i++) {
				split($i, word, "=")
				is[word[1]] = word[2]
			}
			if (is["seq"] != all)
				gaps++
			if (is["cause"] == cause) {
				events++
				counted += is["count"]
			}
		}
		END { print events + 0, counted + 0, gaps + 0, overruns + 0 }
		' "$tmp/$1")
}

# all_counted NAME N [CAUSE]
all_counted()
{
	account "$1" "${3:-port-unreach}"
	[ "$COUNTED" -ge "$2" ]
}

# unreach v4|v6 PID [Out]: the unreachables that the kernel has received, or
# sent, in the namespace of process PID
unreach()
{
	case $1 in
	v4) awk -v name="${3:-In}DestUnreachs" '
		/^Icmp:/ && !col { for (i = 2; i <= NF; i++)
			if ($i == name) col = i; next }
		/^Icmp:/ { print $col }' "/proc/$2/net/snmp" ;;
	v6) awk -v name="Icmp6${3:-In}DestUnreachs" '
		$1 == name { print $2 }' "/proc/$2/net/snmp6" ;;
	esac
}

# netlink_socket PID: sets RMEM and DROPS, of the socket whose port id is PID
netlink_socket()
{
	local eth portid rmem drops

	RMEM="" DROPS=""
	while read -r _ eth portid _ rmem _ _ _ drops _; do
		if [ "$eth $portid" = "16 $1" ]; then
			# shellcheck disable=SC2034 # for the tests
			RMEM=$rmem DROPS=$drops
		fi
	done <"/proc/$1/net/netlink"
}

# server NS PROTO ADDR PORT: sets RECORD to the server record
server()
{
	# shellcheck disable=SC2034 # for the tests
	RECORD=$(in_ns "$1" sipover_nl server "$2" "$3" "$4" 2>&1)
}

# record_has PROTO ADDR PORT KEY=VALUE...: the phone's record of that server
record_has()
{
	local proto=$1 addr=$2 port=$3 want

	shift 3
	server "$PHONE" "$proto" "$addr" "$port"
	for want in "$@"; do
		[[ " $RECORD " == *" $want "* ]] || return 1
	done
}

# record_gets DESCRIPTION PROTO ADDR PORT KEY=VALUE...: waits for it
record_gets()
{
	if busywait "$WAIT_MS" record_has "${@:2}"; then
		ktap_test_pass "$1"
	else
		ktap_print "want: ${*:5}"
		ktap_print "record: $RECORD"
		ktap_test_fail "$1"
	fi
}

# ------------------------------------------------------------------ owners

declare -A owner_fd owner_pid owner_answers

# owner NAME NS [COMMAND...]: one that does what it is told; COMMAND, if it is
# started in another way than as `sipover_nl owner`
owner()
{
	local name=$1 ns=$2 fd

	shift 2
	[ $# != 0 ] || set -- sipover_nl owner
	: >"$tmp/$name"
	mkfifo -m 666 "$tmp/$name.todo"
	exec {fd}<>"$tmp/$name.todo"
	start "$name" "$ns" "$@" "$tmp/$name.todo"
	owner_fd[$name]=$fd owner_pid[$name]=$PID owner_answers[$name]=0
	events_read[$name]=0
}

# owner_answer NAME N: sets SAID
owner_answer()
{
	local line n=0

	while read -r line; do
		[[ $line != EVENT* ]] || continue
		n=$((n + 1))
		[ "$n" != "$2" ] || { SAID=$line; return 0; }
	done <"$tmp/$1"
	return 1
}

# tell NAME COMMAND...: sets SAID
tell()
{
	local name=$1

	shift
	echo "$*" >&"${owner_fd[$name]}"
	owner_answers[$name]=$((${owner_answers[$name]} + 1))
	# shellcheck disable=SC2034 # for the tests
	SAID=
	busywait "$WAIT_MS" owner_answer "$name" "${owner_answers[$name]}"
}

# owner_end NAME: it is killed
owner_end()
{
	local fd=${owner_fd[$1]}

	stop "${owner_pid[$1]}" KILL
	exec {fd}>&-
	rm -f "$tmp/$1.todo"
}

# hex TEXT: as in an event's quote
hex()
{
	local i c

	for ((i = 0; i < ${#1}; i++)); do
		printf -v c %d "'${1:i:1}"
		printf %02x "$c"
	done
}

# skip N REASON: what is the same for so many checks
skip()
{
	local i

	for ((i = 0; i < $1; i++)); do
		ktap_test_skip "$2" "$2"
	done
}
