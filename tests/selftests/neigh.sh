#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A server on the link whose link address is lost and found, also while nothing
# is sent to it.  Topology: setup_pair in lib.sh, and a second link, with
# nobody, that has the server's address as a neighbour, too.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

# The phone asks again for a neighbour that it knew after 1 s instead of 5.
hurry()
{
	lose_neighbours_soon "$PHONE" eth0
	lose_neighbours_soon "$PHONE" other0
	# shellcheck disable=SC2016 # for the inner shell
	in_ns "$PHONE" sh -c 'cd /proc/sys/net
		for f in ipv4 ipv6; do
			[ ! -d $f ] || echo 1 >$f/neigh/eth0/delay_first_probe_time
		done'
}

# server_is add|del
server_is() { ip -n "$SERVER" addr "$1" "$S/$BITS" dev eth0 nodad; }

# other_neighbour: asks for the server's address on the other link, in vain
other_failed()
{
	ip -n "$PHONE" neigh show "$S" dev other0 nud failed | grep -q FAILED
}

neighbour()
{
	local f=$1 mac

	use_family "$f"
	BITS=24
	[ "$f" = v4 ] || BITS=64
	watch "$f" "$PHONE" udp "$S" 5060 tcp "$S" 5060

	# Not the link that leads to the server.
	in_ns "$PHONE" peer udp-send -i other0 "$S" 5060 "OPTIONS" >/dev/null
	check "$f: a neighbour fails elsewhere" \
		busywait "$WAIT_MS" other_failed
	server "$PHONE" tcp "$S" 5060
	is "$f: and says nothing of the server" \
		"$(field stat-neigh-failed "$RECORD")" ""

	server_is del
	ip -n "$PHONE" neigh flush dev eth0
	in_ns "$PHONE" peer udp-send "$S" 5061 "OPTIONS" >/dev/null
	check "$f: told of both servers there" \
		wait_line "$tmp/$f" "EVENT*cause=neigh-failed*state=unreachable*" 2
	check "$f: of UDP" wait_line "$tmp/$f" \
		"EVENT*cause=neigh-failed*proto=udp*port=5060*"
	check "$f: of TCP" wait_line "$tmp/$f" \
		"EVENT*cause=neigh-failed*proto=tcp*port=5060*"

	server_is add
	in_ns "$PHONE" peer udp-send -r "$S" 5061 "OPTIONS" >/dev/null
	check "$f: found again, of both; the state stays" wait_line "$tmp/$f" \
		"EVENT*cause=neigh-reachable*state=unreachable*" 2

	# Its link address is known and no longer right: asked for, and lost.
	mac=$(ip -n "$PHONE" neigh show "$S" dev eth0)
	mac=${mac#*lladdr }
	server_is del
	ip -n "$PHONE" neigh replace "$S" lladdr "${mac%% *}" dev eth0 nud stale
	in_ns "$PHONE" peer udp-send "$S" 5061 "OPTIONS" >/dev/null
	check "$f: told when it was known, of both" \
		wait_line "$tmp/$f" "EVENT*cause=neigh-failed*" 4
	server_is add
	stop "$PID"
}

ktap_start 14
setup_pair
ip -n "$PHONE" link add other0 type dummy
ip -n "$PHONE" link set other0 arp on up
addr "$PHONE" other0 198.51.100.1/24 2001:db8:100::1/64
ip -n "$PHONE" route add 192.0.2.0/24 dev other0 metric 4096
! has_ipv6 || ip -n "$PHONE" -6 route add 2001:db8::/64 dev other0 metric 4096
hurry
neighbour v4
if has_ipv6; then
	neighbour v6
else
	for ((i = 0; i < 7; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
