#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A server that says nothing more: SYNs and segments are repeated, with count
# and time, until the stack gives the connection up.  Topology: setup_pair in
# lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

# Whatever comes from the phone is lost in the server, or no more.
mute()
{
	in_ns "$SERVER" nft -f - <<-END
		table inet mute {
			chain in {
				type filter hook input priority 0
				tcp dport 5060 drop
			}
		}
	END
}

unmute() { in_ns "$SERVER" nft delete table inet mute; }

# elapsed_between DESCRIPTION MS MS
elapsed_between()
{
	local ms=$((($(field elapsed) + 0) / 1000000))

	ktap_print "$1: $ms ms"
	check "$1" [ $((ms >= $2 && ms <= $3)) = 1 ]
}

# patience SYN_RETRIES RETRIES: 2 3 gives up after some 3 s instead of minutes
patience()
{
	in_ns "$PHONE" sysctl -q net.ipv4.tcp_syn_retries="$1" \
		net.ipv4.tcp_retries2="$2"
}

# First SYNs are repeated after 1 s, 3 s or, in even steps, 2 s.
syn()
{
	local f=$1

	watch "syn-$f" "$PHONE" tcp "$S" 5060
	mute
	start "connect-$f" "$PHONE" peer tcp-connect -b 5070 "$S" 5060
	next_event "syn-$f"
	event_has "$f: a SYN is repeated" seq=1 count=1 cause=tcp-retransmit \
		grade=none retransmits=1 state=unknown local-port=5070
	elapsed_between "$f: after a second" 900 1200
	next_event "syn-$f"
	event_has "$f: and again" cause=tcp-retransmit retransmits=2
	elapsed_between "$f: later" 1900 3400
	next_event "syn-$f"
	event_has "$f: given up" cause=tcp-timeout state=unreachable \
		local-port=5070
	check "$f: the application is told" \
		wait_line "$tmp/connect-$f" "ERROR connect ETIMEDOUT"
	unmute
}

segment()
{
	local f=$1 sender n

	watch "seg-$f" "$PHONE" tcp "$S" 5060
	start_ready "listen-$f" "$SERVER" peer tcp-listen "$S" 5060
	start "segments-$f" "$PHONE" peer tcp-connect -b 5071 "$S" 5060
	sender=$PID
	wait_line "$tmp/segments-$f" "CONNECTED*"
	wait_line "$tmp/listen-$f" ACCEPTED
	next_event "seg-$f"
	event_has "$f: a connection ends the failure" cause=tcp-established \
		state=reachable
	mute
	stop_at="ERROR read ETIMEDOUT"
	kill -HUP "$sender"
	for n in 1 2; do
		next_event "seg-$f"
		event_has "$f: repeated $n times" cause=tcp-retransmit \
			retransmits=$n state=reachable local-port=5071
		elapsed_between "$f: $n: since it was sent" \
			$((200 * (2 ** n - 1))) $((500 * (2 ** n - 1)))
	done
	until [ "$(field cause)" != tcp-retransmit ]; do
		next_event "seg-$f" || break
	done
	event_has "$f: given up" cause=tcp-timeout state=unreachable
	check "$f: the application is told, too" \
		wait_line "$tmp/segments-$f" "$stop_at"
	unmute
}

# Repeated, answered: nothing has failed.
recovers()
{
	local f=$1 sender
	# The other family's connection may still hold its port (Linux 7).
	local -A ports=([v4]=5072 [v6]=5172)

	PORT=${ports[$f]}
	start "again-$f" "$PHONE" peer tcp-connect -b "$PORT" "$S" 5060
	sender=$PID
	wait_line "$tmp/again-$f" "CONNECTED*"
	next_event "seg-$f"
	mute
	kill -HUP "$sender"
	next_event "seg-$f"
	event_has "$f: repeated once" cause=tcp-retransmit retransmits=1 \
		"local-port=$PORT"
	unmute
	check "$f: and taken" busywait "$WAIT_MS" all_sent "$sender"
	kill -HUP "$sender"
	check "$f: so is the next" busywait "$WAIT_MS" all_sent "$sender"
	server "$PHONE" tcp "$S" 5060
	is "$f: still reachable" "$(field state "$RECORD")" reachable
	stop "$sender"
}

# all_sent PID: nothing of its connection waits for an acknowledgment
all_sent()
{
	[ "$(ss_queue)" = 0 ]
}

ss_queue()
{
	in_ns "$PHONE" ss -Htn state established "sport = :$PORT" |
		awk '{ print $2 }'
}

silent()
{
	use_family "$1"
	patience 2 3
	syn "$1"
	segment "$1"
	patience 6 15
	recovers "$1"
}

ktap_start 34
setup_pair 20
in_ns "$PHONE" sysctl -qe net.ipv4.tcp_syn_linear_timeouts=0
silent v4
if has_ipv6; then
	silent v6
else
	for ((i = 0; i < 17; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
