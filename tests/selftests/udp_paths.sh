#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# However a datagram was sent, the error that quotes it is tied to it, or
# rightly not.  Topology: setup_routed in lib.sh, 50 ms beyond the router, which
# has no route to 203.0.113.0/24 and 2001:db8:113::/48; and beside it
#
#   PHONE slow0 192.0.3.1, 2001:db8:3::1 ==== 10.5 s ==== slow0 of ROUTER, .254

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

TEXT="OPTIONS sip:server SIP/2.0"

setup()
{
	local ONE=02:00:00:00:00:01 FE=02:00:00:00:00:fe

	setup_routed 50
	link "$PHONE" slow0 "$ROUTER" slow0
	tc -n "$PHONE" qdisc add dev slow0 root netem delay 10500ms
	ip -n "$PHONE" link set slow0 address $ONE
	ip -n "$ROUTER" link set slow0 address $FE
	configure "$PHONE" <<-END
		addr add 192.0.3.1/24 dev slow0
		addr add 2001:db8:3::1/64 dev slow0 nodad
		neigh add 192.0.3.254 lladdr $FE dev slow0
		neigh add 2001:db8:3::fe lladdr $FE dev slow0
	END
	configure "$ROUTER" <<-END
		addr add 192.0.3.254/24 dev slow0
		addr add 2001:db8:3::fe/64 dev slow0 nodad
		neigh add 192.0.3.1 lladdr $ONE dev slow0
		neigh add 2001:db8:3::1 lladdr $ONE dev slow0
		route add unreachable 203.0.113.0/24
		route add unreachable 2001:db8:113::/48
	END
}

# use v4|v6: and U, which the router cannot reach, O, which is slow to reach
use()
{
	use_routed "$1"
	case $1 in
	v4) U=203.0.113.9 O=192.0.3.254 NO_ROUTE=3/1 ;;
	v6) U=2001:db8:113::9 O=2001:db8:3::fe NO_ROUTE=1/0 ;;
	esac
}

# told DESCRIPTION OPTIONS KEY=VALUE...: the error that is due to it
told()
{
	local description=$1 options=$2

	shift 2
	# shellcheck disable=SC2086 # a list of options
	in_ns "$PHONE" peer udp-send $options "$S" 5060 "$TEXT" >"$tmp/sent"
	next_event "$F" || ktap_print "$(<"$tmp/sent")"
	event_has "$F: $description" count=1 cause=port-unreach grade=strong \
		"addr=$S" "offender=$S" "$@"
}

sockets()
{
	local size=$((8 + ${#TEXT}))

	told "connected" "-c -b 5071" local-port=5071 quoted-len=$size
	check "$F: its application is told as well" \
		lines_at_least "$tmp/sent" "ERROR ECONNREFUSED" 1
	told "another user's" "-u 65534 -b 5072" local-port=5072
	told "bound to a device" "-i eth0 -b 5073" local-port=5073
	told "in two parts" "-m -b 5074" local-port=5074 quoted-len=$size \
		"quote=$(hex "$TEXT")"
	told "with options in its IP header" "-o -b 5075" local-port=5075 \
		quoted-len=$size "quote=$(hex "$TEXT")"
	told "in fragments" "-s 3000 -b 5076" local-port=5076 quoted-len=3008
	in_ns "$PHONE" forge udp --src "$P" --sport 5081 --dst "$S" --dport 5060 \
		--text "$TEXT" >/dev/null
	next_event "$F"
	event_has "$F: from a raw socket that makes the IP header" count=1 \
		cause=port-unreach grade=strong local-port=5081 quoted-len=$size
	in_ns "$PHONE" offload eth0 tx-checksum off
	told "no device completes checksums" "-b 5077" local-port=5077
	told "neither those of fragments" "-s 3000 -b 5078" local-port=5078 \
		quoted-len=3008
	in_ns "$PHONE" offload eth0 tx-checksum on
	# As SIP repeats a request: nothing tells the datagrams apart.
	watch "$F-same" "$PHONE" udp "$S" 5061
	for _ in 1 2 3; do
		in_ns "$PHONE" peer udp-send -b 5079 "$S" 5061 "$TEXT" >/dev/null
	done
	record_gets "$F: the same one three times" udp "$S" 5061 \
		tx-recorded=3 stat-port-unreach=3 mismatched=0
	check "$F: nothing of this was doubted" \
		record_has udp "$S" 5060 mismatched=0 tx-recorded=9
}

# A router sees fragments.  For IPv4 it answers the first one only; for IPv6
# each one, and there is nothing to learn from the others.
fragments()
{
	watch "$F-u" "$PHONE" udp "$U" 5060
	in_ns "$PHONE" peer udp-send -b 5070 -s 3000 "$U" 5060 "$TEXT" \
		>"$tmp/sent"
	next_event "$F-u"
	event_has "$F: the first fragment is quoted" seq=1 count=1 grade=strong \
		"icmp=$NO_ROUTE" local-port=5070 quoted-len=3008 "offender=$R"
	check "$F: it is, and the other fragments do not matter" \
		record_has udp "$U" 5060 mismatched=0
}

# left_uncut: of the large send to port 5063 one error about the whole of it is
# doubted.  Or, on Linux 5.10, a veth takes none and it is cut, but the parts'
# checksums are left to a device: no error quotes a sum that was sent, and the
# second one of a known id counts, as in no_checksum.
left_uncut()
{
	local cut=("mismatched=3" "state=unknown")

	[ "$F" = v6 ] || cut=("mismatched=1" "stat-port-unreach=2")
	record_has udp "$S" 5063 tx-recorded=3 mismatched=1 state=unknown ||
		record_has udp "$S" 5063 tx-recorded=3 "${cut[@]}"
}

# A device that cannot cut it has the kernel do so: the router's, for want of
# checksums.
segments()
{
	watch "$F-gso" "$PHONE" udp "$S" 5062 udp "$S" 5063
	in_ns "$ROUTER" offload far0 tx-checksum off
	in_ns "$PHONE" peer udp-send -s 1000 -g 400 "$S" 5062 "$TEXT" \
		>"$tmp/sent"
	record_gets "$F: each segment of a large send" udp "$S" 5062 \
		tx-recorded=3 stat-port-unreach=3 mismatched=0
	in_ns "$ROUTER" offload far0 tx-checksum on
	in_ns "$PHONE" peer udp-send -s 1000 -g 400 "$S" 5063 "$TEXT" \
		>"$tmp/sent"
	check "$F: a large send that nobody cut was not sent so" \
		busywait "$WAIT_MS" left_uncut
}

# A datagram without a checksum is tied to its error by its id, where it has
# one: IPv4, unless it is never to be cut.  That is believed the second time.
no_checksum()
{
	local options

	watch "$F-zero" "$PHONE" udp "$S" 5064
	for options in "-q -b 5070" "-b 5078" "-C -b 5079"; do
		# shellcheck disable=SC2086 # a list of options
		in_ns "$PHONE" peer udp-send -z -t 1 $options "$S" 5064 \
			"$TEXT" >"$tmp/sent"
	done
	case $F in
	v4)
		next_event v4-zero
		event_has "v4: without a checksum, by the id" seq=1 count=1 \
			grade=medium cause=ttl-exceeded local-port=5079
		record_gets "v4: but not at once, and not without an id" \
			udp "$S" 5064 mismatched=2 tx-recorded=3 ;;
	v6)
		record_gets "v6: without a checksum, never" udp "$S" 5064 \
			mismatched=3 tx-recorded=3
		no_more_events "v6: no event of it" v6-zero ;;
	esac
}

# burst_told: what was recorded of the burst is told, the rest was overrun
burst_told()
{
	local recorded

	server "$PHONE" udp "$S" 5065
	recorded=$(field tx-recorded "$RECORD")
	[ "$recorded" -ge 8 ] && [ "$recorded" -lt 20 ] &&
		[ "$(field tx-overrun "$RECORD")" = $((20 - recorded)) ] &&
		[ "$(field stat-port-unreach "$RECORD")" = "$recorded" ] &&
		[ "$(field mismatched "$RECORD")" = $((20 - recorded)) ]
}

# A sender of errors answers the first datagrams of a burst only.
burst()
{
	watch "$F-burst" "$PHONE" udp "$S" 5065 -r 8
	in_ns "$PHONE" peer udp-send -n 20 "$S" 5065 "$TEXT" >"$tmp/sent"
	check "$F: of a burst too large the first ones stay" \
		busywait "$WAIT_MS" burst_told
}

families=(v4)
! has_ipv6 || families+=(v6)

ktap_start 41
setup
for F in "${families[@]}"; do
	use "$F"
	watch "$F-old" "$PHONE" udp "$O" 5066
	in_ns "$PHONE" peer udp-send "$O" 5066 "$TEXT" >"$tmp/sent"
done
for F in "${families[@]}"; do
	use "$F"
	watch "$F" "$PHONE" udp "$S" 5060
	sockets
	fragments
	segments
	no_checksum
	burst
done

F=v4
use v4
if has_ipv6; then
	in_ns "$PHONE" peer udp-send -b 5080 "::ffff:$S" 5060 "$TEXT" \
		>"$tmp/sent"
	next_event v4
	event_has "v4: from a socket of both families" count=1 grade=strong \
		cause=port-unreach "addr=$S" "local=$P" local-port=5080
else
	skip 21 "no IPv6"
fi
for F in "${families[@]}"; do
	use "$F"
	WAIT_MS=15000 record_gets "$F: what was sent 10 s ago proves nothing" \
		udp "$O" 5066 tx-recorded=1 mismatched=1 state=unknown
done
ktap_finished
