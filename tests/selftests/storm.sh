#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Storms of real, forged and mixed errors, far beyond what the owner's socket
# holds, while the owner does not read: memory stays bounded, every error is
# counted, and all is told once the owner reads again.  Topology: setup_pair in
# lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

STORM=12000 CONNECTS=4000 SERVERS=3 SOCKETS=16
BUFFER=8192
# What a message takes of a socket is 896 bytes or more, by kernel, and 704 where
# pointers have 32 bits.
MESSAGE_MIN=768
[[ $(uname -m) != armv* ]] || MESSAGE_MIN=640
# Each error in a queue would take some 2 KiB.
GROWTH_KB=4096
POINTS=26

# use_servers PORT: those of the next storm.  Others than those of the last
# one: what was not answered occupies its place among the datagrams sent.
use_servers()
{
	local i

	port=$1 servers=()
	for ((i = 0; i < SERVERS; i++)); do
		servers+=(udp "$S" $((port + i)))
	done
}

# kernel_kb: sets KERNEL_KB to the kernel's memory that cannot be reclaimed
kernel_kb()
{
	local key value

	while read -r key value _; do
		[ "$key" != SUnreclaim: ] || KERNEL_KB=$value
	done </proc/meminfo
}

# bounded KB: a storm took no more than that.  (KASAN keeps for long what has been
# freed, up to a 32nd of all memory: nothing can be said there.)
bounded()
{
	[ "$1" -le "$GROWTH_KB" ] || grep -q " kasan_quarantine_put$" /proc/kallsyms
}

# totals: sets FAILURES, MISMATCHED, OVERRUN and STATES of this storm's servers
# together: records of the one before may end meanwhile
totals()
{
	read -r FAILURES MISMATCHED OVERRUN STATES < <(
		in_ns "$PHONE" sipover_nl servers |
			awk -v addr="$S" -v port="$port" -v n=$SERVERS '
		index($0, " addr=" addr " ") {
			match($0, / port=[0-9]+/)
			at = substr($0, RSTART + 6, RLENGTH - 6) - port
			if (at < 0 || at >= n)
				next
			for (i = 2; i <= NF; i++) {
				split($i, word, "=")
				sum[word[1]] += word[2]
				if (word[1] == "state" && !seen[word[2]]++)
					states = states "," word[2]
			}
		}
		END { print sum["stat-port-unreach"] + 0, sum["mismatched"] + 0,
			sum["tx-overrun"] + 0, substr(states, 2) }')
}

# mismatched_at_least N, failures_at_least N
mismatched_at_least() { totals; [ "$MISMATCHED" -ge "$1" ]; }
failures_at_least() { totals; [ "$FAILURES" -ge "$1" ]; }

real()
{
	local f=$1 received sent before begin took most

	watch "real-$f" "$PHONE" -b $BUFFER -r 4096 "${servers[@]}"
	owner=$PID
	before=$(unreach "$f" "$owner")
	sent=$(unreach "$f" "$sink" Out)
	kernel_kb
	local kb=$KERNEL_KB
	halt "$owner"
	begin=${EPOCHREALTIME/[.,]/}
	in_ns "$PHONE" hail real -n $STORM -k $SOCKETS -p $SERVERS "$S" "$port" \
		>"$tmp/sent-$f"
	received=$(($(unreach "$f" "$owner") - before))
	sent=$(($(unreach "$f" "$sink" Out) - sent))
	busywait "$WAIT_MS" failures_at_least $received
	kernel_kb
	netlink_socket "$owner"
	took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
	ktap_print "$f: $(<"$tmp/sent-$f"), $sent answered, $received arrived" \
		"in $took ms; $FAILURES counted; socket: $RMEM bytes, $DROPS" \
		"tries; kernel: +$((KERNEL_KB - kb)) KiB"
	check "$f: a storm" [ "$received" -ge 10000 ]
	is "$f: all that was sent arrived" "$received" "$sent"
	is "$f: each error is counted" "$FAILURES" "$received"
	is "$f: nothing was overrun" "$OVERRUN" 0
	check "$f: the socket holds what it may" \
		[ "$RMEM" -le $((2 * BUFFER + 4096)) ]
	check "$f: no other memory is taken" bounded $((KERNEL_KB - kb))
	# Each 20 ms, on a machine that may be slow.
	check "$f: a full socket is tried again" [ "$DROPS" -ge $((took / 100)) ]
	check "$f: no more than once in a flush period" [ "$DROPS" -le $((took / 16 + 2)) ]

	# Behind what the socket held comes one for each server.
	most=$((RMEM / MESSAGE_MIN + 1 + SERVERS))
	go_on "$owner"
	busywait "$WAIT_MS" all_counted "real-$f" "$received"
	ktap_print "$f: $EVENTS messages, at most $most"
	is "$f: all of it is told in the end" "$COUNTED" "$received"
	check "$f: in few messages" [ "$EVENTS" -le "$most" ]
	is "$f: without a gap" "$GAPS" 0
	check "$f: and that there was no room" [ "$OVERRUNS" -ge 1 ]
	stop "$owner"
}

# So many rounds of forged and real ones together.  Of what waits for a processor
# in a veth pair's queue nothing may be lost: how many of the forged ones have come
# would not be known.  It holds the forged, the datagrams and their errors.
MIXED_ROUNDS=4
MIXED=$((STORM / MIXED_ROUNDS))
backlog_file=/proc/sys/net/core/netdev_max_backlog
backlog=$(<$backlog_file)
at_exit() { echo "$backlog" >"$backlog_file"; }

# all_judged N: so many real and so many forged ones
all_judged()
{
	totals
	[ $((FAILURES - failures)) = "$1" ] && [ $((MISMATCHED - before)) = "$1" ]
}

forged()
{
	local f=$1 before failures states i

	watch "forged-$f" "$PHONE" -b $BUFFER -r 4096 "${servers[@]}"
	owner=$PID
	totals
	before=$MISMATCHED failures=$FAILURES states=$STATES
	in_ns "$SERVER" hail forged -n $STORM -p $SERVERS "$P" 5070 "$S" "$port" \
		>"$tmp/forged-$f.sent"
	busywait "$WAIT_MS" mismatched_at_least $((before + STORM))
	is "$f: each forged error is counted as such" \
		"$((MISMATCHED - before)) $(<"$tmp/forged-$f.sent")" \
		"$STORM FORGED count=$STORM"
	is "$f: and as nothing else" "$FAILURES $STATES" "$failures $states"

	before=$MISMATCHED
	echo $((4 * MIXED)) >"$backlog_file"
	for ((i = 1; i <= MIXED_ROUNDS; i++)); do
		start "mixed-$f" "$SERVER" hail forged -n $MIXED -p $SERVERS \
			"$P" 5070 "$S" "$port"
		in_ns "$PHONE" hail real -n $MIXED -k $SOCKETS -p $SERVERS \
			"$S" "$port" >"$tmp/sent-$f"
		wait_line "$tmp/mixed-$f" "FORGED*"
		busywait "$WAIT_MS" all_judged $((i * MIXED)) || break
	done
	echo "$backlog" >"$backlog_file"
	busywait "$WAIT_MS" all_counted "forged-$f" $STORM
	ktap_print "$f: $(<"$tmp/sent-$f"), $(<"$tmp/mixed-$f"), the last time;" \
		"$((FAILURES - failures)) counted, $((MISMATCHED - before)) mismatched"
	is "$f: mixed: the forged are counted as such" \
		$((MISMATCHED - before)) $STORM
	is "$f: mixed: the real ones as failures" $((FAILURES - failures)) $STORM
	is "$f: mixed: and told, no other" "$COUNTED $GAPS" "$STORM 0"
	stop "$owner"
}

# answered v4|v6 N: so many errors have come to the phone by now
answered() { [ "$(unreach "$1" "$PID")" -ge "$2" ]; }

# Of datagrams that nobody answers none is forgotten for 2 s: those behind find
# room beside them.
unanswered()
{
	local f=$1 sent=64 recorded overrun errors i

	start_ready "silent-$f" "$SERVER" peer udp-sink "$S" 5090
	local silent=$PID
	watch "beside-$f" "$PHONE" -r 16 udp "$S" 5090
	in_ns "$PHONE" hail real -n 8 "$S" 5090 >/dev/null
	stop "$silent"
	# No more at a time than there is room for, however late they are answered.
	errors=$(unreach "$f" "$PID")
	for ((i = 8; i <= sent; i += 8)); do
		in_ns "$PHONE" hail real -n 8 "$S" 5090 >/dev/null
		busywait "$WAIT_MS" answered "$f" $((errors + i))
	done
	server "$PHONE" udp "$S" 5090
	recorded=$(field tx-recorded "$RECORD")
	overrun=$(field tx-overrun "$RECORD")
	ktap_print "$f: $RECORD"
	is "$f: each datagram is recorded or overrun" \
		$((recorded + overrun)) $((sent + 8))
	check "$f: what is not answered leaves room" [ "$overrun" -le 8 ]
	stop "$PID"
}

# Connects that the server refuses, as many as fit into the time; the verdicts
# are the stack's, by another way than those on datagrams.
refused()
{
	local f=$1 sum

	watch "refused-$f" "$PHONE" -b $BUFFER tcp "$S" 5095 tcp "$S" 5096
	owner=$PID
	halt "$owner"
	kernel_kb
	local kb=$KERNEL_KB
	in_ns "$PHONE" hail connect -n $CONNECTS -p 2 "$S" 5095 >"$tmp/refused-$f.sent"
	kernel_kb
	netlink_socket "$owner"
	sum=$(in_ns "$PHONE" sipover_nl servers | awk -v addr="$S" '
		index($0, " addr=" addr " ") && / state=unreachable / {
			for (i = 2; i <= NF; i++)
				if (sub(/^stat-tcp-refused=/, "", $i))
					sum += $i
		}
		END { print sum + 0 }')
	ktap_print "$f: $(<"$tmp/refused-$f.sent"); $sum counted; socket: $RMEM" \
		"bytes, $DROPS tries; kernel: +$((KERNEL_KB - kb)) KiB"
	is "$f: all connects are refused" "$(<"$tmp/refused-$f.sent")" \
		"CONNECTS count=$CONNECTS refused=$CONNECTS"
	# Without tracepoints no more than 64 sockets are looked at together.
	if has_tracepoints; then
		is "$f: each is counted" "$sum" $CONNECTS
	else
		check "$f: most are counted" [ "$sum" -ge $((CONNECTS / 2)) ]
	fi
	check "$f: no other memory than the socket's is taken" \
		bounded $((KERNEL_KB - kb))
	go_on "$owner"
	busywait "$WAIT_MS" all_counted "refused-$f" "$sum" tcp-refused
	ktap_print "$f: $EVENTS messages"
	is "$f: all of them are told in the end" "$COUNTED" "$sum"
	check "$f: in few messages of refused connects" \
		[ "$EVENTS" -le $((RMEM / MESSAGE_MIN + 1 + 2)) ]
	is "$f: without a gap among refused connects" "$GAPS" 0
	check "$f: and that there was no room for some" [ "$OVERRUNS" -ge 1 ]
	stop "$owner"
}

family()
{
	local f=$1

	use_family "$f"
	start_ready "sink-$f" "$SERVER" peer udp-sink "$S" 5080
	sink=$PID
	know_server
	use_servers 5060
	real "$f"
	use_servers 5070
	forged "$f"
	unanswered "$f"
	refused "$f"
}

ktap_start $((2 * POINTS))
setup_pair
family v4
if has_ipv6; then
	family v6
else
	skip $POINTS "no IPv6"
fi
ktap_finished
