#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A UDP server that is sent requests and says nothing: told once, to whom it
# may concern.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

MS=300

silent()
{
	local f=$1 server elapsed

	use_family "$f"
	watch "$f" "$PHONE" udp "$S" 5060 -u $MS
	watch "late-$f" "$PHONE" udp "$S" 5060
	server "$PHONE" udp "$S" 5060
	is "$f: the record says for how long" \
		"$(field unanswered-ms "$RECORD")" $MS
	start_ready "sink-$f" "$SERVER" peer udp-sink "$S" 5060
	server=$PID

	# What asks for no answer.
	in_ns "$PHONE" peer udp-send "$S" 5060 "ACK sip:a SIP/2.0" >/dev/null
	in_ns "$PHONE" peer udp-send "$S" 5060 "SIP/2.0 200 OK" >/dev/null
	in_ns "$PHONE" peer udp-send "$S" 5060 "!!!!" >/dev/null
	in_ns "$PHONE" peer udp-send -b 5070 -n 20 "$S" 5060 "REGISTER" \
		>/dev/null
	next_event "$f"
	event_has "$f: unanswered" seq=1 count=1 cause=unanswered grade=none \
		state=unknown "local=$P" local-port=5070
	elapsed=$(($(field elapsed) / 1000000))
	check "$f: as long as was asked for, from the first that asks" \
		[ $((elapsed >= MS && elapsed < MS + 500)) = 1 ]
	next_event "late-$f"
	event_has "$f: the other watch hears it, too" cause=unanswered
	in_ns "$PHONE" peer udp-send "$S" 5060 "OPTIONS" >/dev/null

	# Heard: the next silence is another one.
	stop "$server" KILL
	start_ready "echo-$f" "$SERVER" peer udp-echo "$S" 5060
	server=$PID
	in_ns "$PHONE" peer udp-send -r "$S" 5060 "OPTIONS" >"$tmp/heard"
	check "$f: heard" grep -q "^REPLY len=7" "$tmp/heard"
	no_more_events "$f: told once" "$f"
	stop "$server" KILL
	start_ready "sink2-$f" "$SERVER" peer udp-sink "$S" 5060
	in_ns "$PHONE" peer udp-send "$S" 5060 "OPTIONS" >/dev/null
	next_event "$f"
	event_has "$f: silent once more" seq=2 cause=unanswered state=reachable
	server "$PHONE" udp "$S" 5060
	is "$f: counted" "$(field stat-unanswered "$RECORD")" 2
	stop "$PID" KILL
}

ktap_start 16
setup_pair
silent v4
if has_ipv6; then
	silent v6
else
	for ((i = 0; i < 8; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
