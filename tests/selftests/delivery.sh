#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A storm of errors: events may be coalesced, but their counts add up to what
# the phone's kernel received and their numbers have no gap.  Not to what was
# sent: a busy far kernel leaves ICMPv6 errors out.  Topology: setup_pair in
# lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

STORM=400

# received v4|v6 N: since BASE
received() { [ $(($(unreach "$1" "$PID") - BASE)) -ge "$2" ]; }

storm()
{
	local f=$1 n sum

	use_family "$f"
	watch "$f" "$PHONE" udp "$S" 5060 -r 1024
	# The neighbour must be known: what waits for it is dropped above some
	# hundred datagrams.
	BASE=$(unreach "$f" "$PID")
	in_ns "$PHONE" peer udp-send -c "$S" 5061 "REGISTER" >/dev/null
	busywait "$WAIT_MS" received "$f" 1
	BASE=$(unreach "$f" "$PID")
	in_ns "$PHONE" peer udp-send -n $STORM "$S" 5060 "OPTIONS" \
		>"$tmp/sent-$f"
	# After that none is under way any more.
	busywait "$WAIT_MS" all_counted "$f" $STORM
	sum=$(($(unreach "$f" "$PID") - BASE))
	busywait "$WAIT_MS" all_counted "$f" "$sum"
	ktap_print "$f: $sum errors, $EVENTS events, $(<"$tmp/sent-$f")"
	check "$f: a storm" [ "$sum" -ge $((STORM / 2)) ]
	is "$f: counts add up" "$COUNTED" "$sum"
	is "$f: events are numbered from 1, without gap" "$GAPS" 0
	check "$f: coalesced" [ "$EVENTS" -lt "$sum" ]
	server "$PHONE" udp "$S" 5060
	is "$f: the record counts the same" "$(field stat-port-unreach "$RECORD")" \
		"$sum"
	is "$f: nothing was overrun" "$(field tx-overrun "$RECORD")" 0

	for n in 1 2 3; do
		in_ns "$PHONE" peer udp-send "$S" 5060 "REGISTER" >/dev/null
		busywait "$WAIT_MS" all_counted "$f" $((sum + n))
	done
	is "$f: each error after the storm is told" "$COUNTED" $((sum + 3))
	is "$f: numbers go on without gap" "$GAPS" 0
}

ktap_start 16
setup_pair
storm v4
if has_ipv6; then
	storm v6
else
	for ((i = 0; i < 8; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
