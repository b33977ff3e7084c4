#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The errors that a Linux router or server really sends: what cannot be
# reached, rejects of its firewall, packets that live or wait too long, are
# too large or not understood.  And what it drops without a word.  Topology:
# setup_routed in lib.sh; beyond the router a narrow link:
#
#   ROUTER near0 203.0.113.254, 2001:db8:113::fe ==== MTU 1280 ==== nobody

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

TEXT="REGISTER sip:server"

# port, name in nft, the error
V4="6000 net-unreachable 3/0 net-unreach unreachable
6001 host-unreachable 3/1 host-unreach unreachable
6002 prot-unreachable 3/2 proto-unreach unreachable
6003 port-unreachable 3/3 port-unreach unreachable
6004 net-prohibited 3/9 admin-prohibited unreachable
6005 host-prohibited 3/10 admin-prohibited unreachable
6006 admin-prohibited 3/13 admin-prohibited unreachable"
V6="6000 no-route 1/0 net-unreach unreachable
6001 admin-prohibited 1/1 admin-prohibited unreachable
6002 addr-unreachable 1/3 host-unreach unreachable
6003 port-unreachable 1/4 port-unreach unreachable
6004 policy-fail 1/5 source-policy unreachable
6005 reject-route 1/6 admin-prohibited unreachable"

setup()
{
	local port name icmp

	setup_routed
	link "$ROUTER" near0 "$ROUTER" near1
	configure "$ROUTER" <<-END
		link set near0 mtu 1280
		addr add 203.0.113.254/24 dev near0
		addr add 2001:db8:113::fe/64 dev near0 nodad
		neigh add 203.0.113.9 lladdr 02:00:00:00:00:09 dev near0
		neigh add 2001:db8:113::9 lladdr 02:00:00:00:00:09 dev near0
		route add prohibit 198.18.1.0/24
		route add prohibit 2001:db8:181::/48
		route add blackhole 198.18.2.0/24
		route add blackhole 2001:db8:182::/48
	END
	# Later fragments to port 6021 never arrive: the server waits in vain.
	in_ns "$SERVER" sh -c 'cd /proc/sys/net
		echo 1 >ipv4/ipfrag_time
		[ ! -d ipv6 ] || echo 1 >ipv6/ip6frag_time'
	rules "$ROUTER" < <(
		echo "table inet filter {"
		echo "chain forward {"
		echo "type filter hook forward priority 0"
		echo "ip frag-off & 0x1fff != 0 drop"
		echo "frag frag-off != 0 drop"
		while read -r port name icmp; do
			echo "meta nfproto ipv4 udp dport $port" \
				"reject with icmp type $name"
		done <<<"$V4"
		while read -r port name icmp; do
			echo "meta nfproto ipv6 udp dport $port" \
				"reject with icmpv6 type $name"
		done <<<"$V6"
		echo "udp dport 6022 drop"
		echo "}"
		echo "}"
	)
}

send() { in_ns "$PHONE" peer udp-send "$@" >"$tmp/sent"; }

# told DESCRIPTION PORT KEY=VALUE...
told()
{
	local description=$1 port=$2

	shift 2
	busywait "$WAIT_MS" event_of "$F" "$port" || ktap_print "$(<"$tmp/sent")"
	event_has "$F: $description" port="$port" grade=strong count=1 "$@"
}

# rejects TABLE
rejects()
{
	local port name icmp cause state

	send -x -n "$(wc -l <<<"$1")" -b 5070 "$S" 6000 "$TEXT"
	while read -r port name icmp cause state; do
		told "rejected: $name" "$port" "icmp=$icmp" "cause=$cause" \
			"state=$state" "offender=$R" "addr=$S" local-port=5070
	done <<<"$1"
}

# others FROM: what has nothing to do with filters; all at once, as the
# server's patience takes a second
others()
{
	local narrow=$1 prohibited=$2 hole=$3

	send -b 5071 -s 2000 "$S" 6021 "$TEXT"
	send -b 5072 "$S" 6022 "$TEXT"
	send -b 5073 "$hole" 6023 "$TEXT"
	send -b 5074 -t 1 "$S" 6024 "$TEXT"
	send -b 5075 -q -s 1400 "$narrow" 6025 "$TEXT"
	send -b 5076 "$prohibited" 6026 "$TEXT"

	told "no hops left" 6024 cause=ttl-exceeded "icmp=$HOPS" \
		state=unknown "offender=$R" local-port=5074
	told "too large" 6025 cause=pkt-too-big "icmp=$BIG" state=unknown \
		"offender=$R" "addr=$narrow" quoted-len=1408
	told "a prohibiting route" 6026 cause=admin-prohibited \
		"icmp=$PROHIBIT" state=unreachable "offender=$R" \
		"addr=$prohibited"
	told "a fragment lost" 6021 cause=reassembly "icmp=$WAITED" \
		state=unknown "offender=$S" quoted-len=2008
	check "$F: a firewall that drops says nothing" \
		record_has udp "$S" 6022 state=unknown mismatched=0 tx-recorded=1
	check "$F: nor does a black hole" \
		record_has udp "$hole" 6023 state=unknown mismatched=0 \
			tx-recorded=1
}

# watch_all TABLE NARROW PROHIBITED HOLE
watch_all()
{
	local port servers=()

	for port in $(cut -d ' ' -f 1 <<<"$1") 6021 6022 6024 6027; do
		servers+=(udp "$S" "$port")
	done
	watch "$F" "$PHONE" "${servers[@]}" udp "$2" 6025 udp "$3" 6026 \
		udp "$4" 6023
}

ktap_start 26
setup
F=v4 HOPS=11/0 BIG=3/4 PROHIBIT=3/13 WAITED=11/1
use_routed v4
watch_all "$V4" 203.0.113.9 198.18.1.9 198.18.2.9
rejects "$V4"
others 203.0.113.9 198.18.1.9 198.18.2.9
if has_ipv6; then
	F=v6 HOPS=3/0 BIG=2/0 PROHIBIT=1/1 WAITED=3/1
	use_routed v6
	watch_all "$V6" 2001:db8:113::9 2001:db8:181::9 2001:db8:182::9
	rejects "$V6"
	others 2001:db8:113::9 2001:db8:181::9 2001:db8:182::9
	send -b 5077 -p "$S" 6027 "$TEXT"
	told "an extension that nobody knows" 6027 cause=param-problem \
		icmp=4/2 state=unknown "offender=$S" local-port=5077
else
	skip 13 "no IPv6"
fi
ktap_finished
