#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What the phone's own stack knows: nobody answers for the next hop's address
# (three tries of a second, as on a real phone), its own firewall rejects; and
# what it only tells the sender, or nobody.  Topology: setup_pair in lib.sh; no
# host has 192.0.2.9 or 2001:db8::9.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module
besides="tcp-retransmit neigh-failed neigh-reachable"

TEXT="REGISTER sip:server"

use()
{
	F=$1
	use_family "$1"
	case $1 in
	v4) N=192.0.2.9 HOST=3/1 REJECTED=3/13
		ROUTES="unreachable:198.18.1.9:EHOSTUNREACH
			prohibit:198.18.2.9:EACCES
			blackhole:198.18.3.9:EINVAL" ;;
	v6) N=2001:db8::9 HOST=1/3 REJECTED=1/1
		ROUTES="unreachable:2001:db8:181::9:EHOSTUNREACH
			prohibit:2001:db8:182::9:EACCES
			blackhole:2001:db8:183::9:EINVAL" ;;
	esac
}

# provoke: for the errors that take their time
provoke()
{
	watch "$F-udp" "$PHONE" udp "$N" 5060
	watch "$F-tcp" "$PHONE" tcp "$N" 5060
	watch "$F-bound" "$PHONE" tcp "$N" 5062
	in_ns "$PHONE" peer udp-send -b 5070 "$N" 5060 "$TEXT" >/dev/null
	start "$F-connect" "$PHONE" peer tcp-connect -b 5070 "$N" 5060
	start "$F-connect-bound" "$PHONE" peer tcp-connect -b 5071 -i eth0 \
		"$N" 5062
}

neighbour()
{
	next_event "$F-udp"
	# What comes together with the neighbour's loss is told without a quote.
	event_has "$F: nobody there, UDP" count=1 cause=host-unreach \
		grade=local "icmp=$HOST" state=unreachable "offender=$P" \
		"local=$P" local-port=5070
	next_event "$F-tcp"
	event_has "$F: nobody there, TCP" count=1 cause=host-unreach \
		grade=local "icmp=$HOST" state=unreachable "offender=$P" \
		"local=$P" local-port=5070
	next_event "$F-bound"
	event_has "$F: nobody there, TCP bound to a device" count=1 \
		cause=host-unreach grade=local local-port=5071
	wait_line "$tmp/$F-connect" "ERROR connect*"
	is "$F: the connect has failed" "$(<"$tmp/$F-connect")" \
		"ERROR connect EHOSTUNREACH"
	no_more_events "$F: the end of the connect is no second event" "$F-tcp"
}

# The sender alone knows: no packet leaves, none comes back.
synchronous()
{
	local type addr error

	for type in $ROUTES; do
		error=${type##*:} addr=${type#*:} type=${type%%:*}
		addr=${addr%:*}
		ip -n "$PHONE" route add "$type" "$addr"
		watch "$F-$type" "$PHONE" udp "$addr" 5060
		in_ns "$PHONE" peer udp-send "$addr" 5060 "$TEXT" >"$tmp/sent"
		check "$F: a local $type route: its sender is told" \
			lines_at_least "$tmp/sent" "ERROR send $error" 1
		check "$F: a local $type route: no event" record_has udp \
			"$addr" 5060 state=unknown mismatched=0 tx-recorded=0
	done
}

firewall()
{
	watch "$F-fw" "$PHONE" udp "$S" 5061
	in_ns "$PHONE" peer udp-send -b 5072 "$S" 5061 "$TEXT" >/dev/null
	next_event "$F-fw"
	event_has "$F: the phone's own firewall" seq=1 count=1 grade=strong \
		cause=admin-prohibited "icmp=$REJECTED" "offender=$P" \
		local-port=5072
}

# The link is down beyond: the kernel forgets who answered there.
link_down()
{
	watch "$F-down" "$PHONE" udp "$S" 5063
	in_ns "$PHONE" peer udp-send -b 5073 "$S" 5063 "$TEXT" >"$tmp/sent"
	next_event "$F-down"
	event_has "$F: the link is down: as if nobody were there" \
		cause=host-unreach grade=local local-port=5073 "offender=$P"
}

# A VRF's own packets do not come in by lo.
in_vrf()
{
	watch "$F-vrf" "$PHONE" udp "$N" 5064
	in_ns "$PHONE" peer udp-send -b 5074 "$N" 5064 "$TEXT" >/dev/null
	next_event "$F-vrf"
	event_has "$F: nobody there, in a VRF" cause=host-unreach grade=local \
		local-port=5074 "offender=$P"
}

families=(v4)
! has_ipv6 || families+=(v6)

ktap_start 28
setup_pair
rules "$PHONE" <<'END'
table inet filter {
	chain out {
		type filter hook output priority 0
		meta nfproto ipv4 udp dport 5061 \
			reject with icmp type admin-prohibited
		meta nfproto ipv6 udp dport 5061 \
			reject with icmpv6 type admin-prohibited
	}
}
END
for f in "${families[@]}"; do
	use "$f"
	provoke
done
for f in "${families[@]}"; do
	use "$f"
	synchronous
	firewall
	neighbour
done
lose_neighbours_soon "$PHONE" eth0
ip -n "$SERVER" link set eth0 down
for f in "${families[@]}"; do
	use "$f"
	link_down
done
ip -n "$SERVER" link set eth0 up
if setup_vrf; then
	for f in "${families[@]}"; do
		use "$f"
		in_vrf
	done
else
	skip ${#families[@]} "no VRF"
fi
has_ipv6 || skip 14 "no IPv6"
ktap_finished
