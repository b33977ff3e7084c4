#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A datagram to a closed port: the error is an event with proof, and the
# server's answer later ends the state.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

TEXT=$'OPTIONS sip:server SIP/2.0\r\nCall-ID: 7d1f\r\n\r\n'
printf -v LONG '%s%01400d' "$TEXT" 0

refused()
{
	local f=$1 watcher

	use_family "$f"
	watch "$f" "$PHONE" udp "$S" 5060
	watcher=$PID

	# Comes back before the next datagram leaves: no event is due to it.
	in_ns "$PHONE" peer udp-send -c "$S" 5061 "$TEXT" >"$tmp/other"
	check "$f: another port's error reaches its application" \
		wait_line "$tmp/other" "ERROR ECONNREFUSED"
	in_ns "$PHONE" peer udp-send -b 5070 "$S" 5060 "$TEXT" >/dev/null
	next_event "$f"
	event_has "$f: event, the first one" seq=1 count=1 \
		cause=port-unreach grade=strong state=unreachable
	event_has "$f: names server and socket" proto=udp "addr=$S" port=5060 \
		"local=$P" local-port=5070
	event_has "$f: ICMP as received" "offender=$S" "$2"
	is "$f: quotes what was sent" "$(field quote)" "$(hex "$TEXT")"
	is "$f: quoted UDP length" "$(field quoted-len)" $((8 + ${#TEXT}))

	in_ns "$PHONE" peer udp-send -b 5071 "$S" 5060 "$LONG" >/dev/null
	next_event "$f"
	event_has "$f: long datagram, graded" seq=2 grade=strong \
		local-port=5071 quoted-len=$((8 + ${#LONG}))
	LONG_HEX=$(hex "$LONG")
	check "$f: long datagram, its beginning quoted" \
		begins_long 256 "$(field quote)"

	start_ready "echo-$f" "$SERVER" peer udp-echo "$S" 5060
	in_ns "$PHONE" peer udp-send -r "$S" 5060 "$TEXT" >"$tmp/reply"
	next_event "$f"
	event_has "$f: an answer ends it" seq=3 cause=heard state=reachable \
		grade=none
	stop "$watcher"
}

# begins_long BYTES HEX: HEX is the beginning of LONG, at least BYTES long
begins_long()
{
	[ ${#2} -ge $((2 * $1)) ] && [ "$2" = "${LONG_HEX:0:${#2}}" ]
}

# In a VRF each datagram passes the hook twice; it is recorded once.
vrf()
{
	local f=$1

	use_family "$f"
	watch "$f-vrf" "$PHONE" udp "$S" 5062
	in_ns "$PHONE" peer udp-send "$S" 5062 "$TEXT" >/dev/null
	next_event "$f-vrf"
	event_has "$f: event in a VRF" seq=1 cause=port-unreach grade=strong
	server "$PHONE" udp "$S" 5062
	is "$f: recorded once in a VRF" "$(field tx-recorded "$RECORD")" 1
}

ktap_start 22
setup_pair
refused v4 "icmp=3/3"
if has_ipv6; then
	refused v6 "icmp=1/4"
else
	for ((i = 0; i < 9; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
if setup_vrf; then
	vrf v4
	vrf v6
else
	for ((i = 0; i < 4; i++)); do ktap_test_skip vrf "no VRF"; done
fi
ktap_finished
