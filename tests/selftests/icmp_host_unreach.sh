#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A router says that the server's host or network cannot be reached.
#
#   +---- PHONE -----+        +------------ ROUTER ------------+
#   |           eth0 |========| eth0                      far0 |==== nobody
#   | 192.0.2.1      |        | 192.0.2.254       198.51.100.1 |
#   | 2001:db8::1    |        | 2001:db8::fe   2001:db8:100::1 |
#   +----------------+        | unreachable 203.0.113.0/24     |
#                             | unreachable 2001:db8:113::/48  |
#                             +--------------------------------+

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

setup()
{
	setup_ns PHONE ROUTER
	link "$PHONE" eth0 "$ROUTER" eth0
	link "$ROUTER" far0 "$ROUTER" far1
	addr "$PHONE" eth0 192.0.2.1/24 2001:db8::1/64
	addr "$ROUTER" eth0 192.0.2.254/24 2001:db8::fe/64
	addr "$ROUTER" far0 198.51.100.1/24 2001:db8:100::1/64
	unlimit_icmp "$ROUTER"
	lose_neighbours_soon "$ROUTER" far0
	in_ns "$ROUTER" sh -c 'cd /proc/sys/net
		echo 1 >ipv4/ip_forward
		[ ! -d ipv6 ] || echo 1 >ipv6/conf/all/forwarding'
	ip -n "$PHONE" route add default via 192.0.2.254
	ip -n "$ROUTER" route add unreachable 203.0.113.0/24
	if has_ipv6; then
		ip -n "$PHONE" -6 route add default via 2001:db8::fe
		ip -n "$ROUTER" -6 route add unreachable 2001:db8:113::/48
	fi
}

# unreachable NAME SERVER CAUSE ICMP OFFENDER
unreachable()
{
	watch "$1" "$PHONE" udp "$2" 5060
	in_ns "$PHONE" peer udp-send -b 5070 "$2" 5060 "REGISTER" >/dev/null
	next_event "$1"
	event_has "$1: event" seq=1 "cause=$3" "icmp=$4" grade=strong \
		state=unreachable
	event_has "$1: the router reports, the server is meant" \
		"offender=$5" "addr=$2" local-port=5070
	is "$1: quotes what was sent" "$(field quote)" 5245474953544552
}

ktap_start 12
setup
unreachable v4-neighbour 198.51.100.9 host-unreach 3/1 192.0.2.254
unreachable v4-route 203.0.113.9 host-unreach 3/1 192.0.2.254
if has_ipv6; then
	unreachable v6-neighbour 2001:db8:100::9 host-unreach 1/3 2001:db8::fe
	unreachable v6-route 2001:db8:113::9 net-unreach 1/0 2001:db8::fe
else
	for ((i = 0; i < 6; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
