#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A storm of errors: events may be coalesced, but their counts add up to what
# was sent and their numbers have no gap.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

STORM=400

# account NAME: sets EVENTS, COUNTED, GAPS from all of NAME's events
account()
{
	local line

	EVENTS=0 COUNTED=0 GAPS=0
	while read -r line; do
		[[ $line == EVENT* ]] || continue
		EVENTS=$((EVENTS + 1))
		COUNTED=$((COUNTED + $(field count "$line")))
		[ "$(field seq "$line")" = "$EVENTS" ] || GAPS=$((GAPS + 1))
	done <"$tmp/$1"
}

# all_counted NAME N
all_counted()
{
	account "$1"
	[ "$COUNTED" -ge "$2" ]
}

storm()
{
	local f=$1 n

	use_family "$f"
	watch "$f" "$PHONE" udp "$S" 5060 -r 1024
	# The neighbour must be known: what waits for it is dropped above some
	# hundred datagrams.
	in_ns "$PHONE" peer udp-send -c "$S" 5061 "REGISTER" >/dev/null
	in_ns "$PHONE" peer udp-send -n $STORM "$S" 5060 "OPTIONS" \
		>"$tmp/sent-$f"
	busywait "$WAIT_MS" all_counted "$f" $STORM
	ktap_print "$f: $EVENTS events, $(<"$tmp/sent-$f")"
	is "$f: counts add up" "$COUNTED" $STORM
	is "$f: events are numbered from 1, without gap" "$GAPS" 0
	check "$f: coalesced" [ "$EVENTS" -lt $STORM ]
	server "$PHONE" udp "$S" 5060
	is "$f: the record counts the same" "$(field stat-port-unreach "$RECORD")" \
		$STORM
	is "$f: nothing was overrun" "$(field tx-overrun "$RECORD")" 0

	for n in 1 2 3; do
		in_ns "$PHONE" peer udp-send "$S" 5060 "REGISTER" >/dev/null
		busywait "$WAIT_MS" all_counted "$f" $((STORM + n))
	done
	is "$f: each error after the storm is told" "$COUNTED" $((STORM + 3))
	is "$f: numbers go on without gap" "$GAPS" 0
}

ktap_start 14
setup_pair
storm v4
if has_ipv6; then
	storm v6
else
	for ((i = 0; i < 7; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
