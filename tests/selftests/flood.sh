#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A flood of forged errors and resets by somebody who knows everything but
# payload and sequence numbers, genuine ones among them: no more of the forged
# ones are believed than docs/security.md says, and each genuine one is
# reported.  Topology: setup_pair in lib.sh; the forger sits on the server's link.
#
# SIPOVER_FLOOD_PACKETS, _GENUINE, _SEED: how many, and which
# (tests/check-forgery: 10^6 of each kind).

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module
besides="tcp-retransmit heard tcp-established"

# As many as show that without a budget some guesses of 16 bits are believed; of
# 32 bits a short test can show no more than that it works.
UDP_PACKETS=${SIPOVER_FLOOD_PACKETS:-20000}
TCP_PACKETS=${SIPOVER_FLOOD_PACKETS:-5000}
GENUINE=${SIPOVER_FLOOD_GENUINE:-10}
SEED=${SIPOVER_FLOOD_SEED:-7}
# Datagrams kept in flight, in a ring that has room for the genuine errors' too.
FRESH=48 RING=64

# forge_icmp ARGUMENT...: port unreachables from the server
forge_icmp()
{
	in_ns "$SERVER" forge icmp --from "$S" --to "$P" --type "$TYPE" \
		--code "$CODE" --src "$P" --dst "$S" --sport 5070 "$@" >/dev/null
}

# A keep-alive is no secret: who quotes it may be anybody.
keepalive()
{
	watch "$F-known" "$PHONE" udp "$S" 5065
	start_ready "sink-$F-known" "$SERVER" peer udp-sink "$S" 5065
	in_ns "$PHONE" peer udp-send -b 5070 "$S" 5065 ping >/dev/null
	forge_icmp --dport 5065 --text ping
	next_event "$F-known"
	event_has "$F: a keep-alive is quoted: to be asked about" seq=1 \
		count=1 cause=port-unreach grade=medium state=unknown
	in_ns "$PHONE" peer udp-send -b 5070 "$S" 5065 pings >/dev/null
	forge_icmp --dport 5065 --text pings
	next_event "$F-known"
	event_has "$F: a message is" seq=2 cause=port-unreach grade=strong \
		state=unreachable
}

# missed PORT N: so many guesses were counted
missed() { record_has udp "$S" "$1" "mismatched=$2"; }

# guessed NAME PORT TEXT N: a watch, a datagram, N wrong guesses about it, and the
# right one, whose event is next
guessed()
{
	watch "$1" "$PHONE" udp "$S" "$2"
	start_ready "sink-$1" "$SERVER" peer udp-sink "$S" "$2"
	in_ns "$PHONE" peer udp-send -b 5070 "$S" "$2" "$3" >/dev/null
	forge_icmp --dport "$2" --text "$3" --miss "$4" --short
	check "$F: $4 wrong guesses" busywait "$WAIT_MS" missed "$2" "$4"
	forge_icmp --dport "$2" --text "$3" --short
	next_event "$1"
}

# The budget of wrong guesses: behind it the checksum alone proves nothing for a
# while, and takes nothing from who quotes more than that.
budget()
{
	local text="REGISTER sip:server"

	guessed "$F-budget" 5066 "$text" 31
	event_has "$F: the right checksum is believed" seq=1 \
		cause=port-unreach grade=strong state=unreachable
	in_ns "$PHONE" peer udp-send -b 5070 "$S" 5066 "$text again" >/dev/null
	forge_icmp --dport 5066 --text "$text again" --miss 34 --short
	check "$F: 34 more" busywait "$WAIT_MS" missed 5066 65
	forge_icmp --dport 5066 --text "$text again" --short
	next_event "$F-budget"
	event_has "$F: the right checksum may be one more guess" seq=2 \
		cause=port-unreach grade=medium
	# The same sum: two words have changed places.
	forge_icmp --dport 5066 --text "GIRE${text#REGI} again"
	next_event "$F-budget"
	event_has "$F: so it may with another text" seq=3 \
		cause=port-unreach grade=medium
	forge_icmp --dport 5066 --text "$text again"
	next_event "$F-budget"
	event_has "$F: the genuine one is believed" seq=4 \
		cause=port-unreach grade=strong
}

# forgiven NAME TEXT: the checksum of a new datagram is proof; to be asked again
forgiven()
{
	in_ns "$PHONE" peer udp-send -b 5070 "$S" 5067 "$2" >/dev/null
	forge_icmp --dport 5067 --text "$2" --short
	grep -q " grade=strong " "$tmp/$1"
}

# 34 guesses are too many until three are forgiven: 6 s.
forgiving()
{
	local text="REGISTER sip:server" name=$F-forgiven

	guessed "$name" 5067 "$text" 34
	event_has "$F: too many to believe in a checksum" seq=1 \
		cause=port-unreach grade=medium
	check "$F: but forgiven soon" busywait $((WAIT_MS + 10000)) \
		forgiven "$name" "$text"
}

declare -A KIND=([udp]="ICMP, UDP" [tcp]="ICMP, TCP established"
	[syn]="ICMP, TCP connecting" [rst]="reset")

# seen CELL: what the module has counted of the forged ones; it does not count
# resets
seen()
{
	local counted

	[ "$1" != rst ] || { field arrived "$FLOOD"; return; }
	server "$PHONE" "$PROTO" "$S" "$PORT"
	counted=$(field stat-host-unreach "$RECORD")
	# One was sent with the right number.
	echo $(($(field mismatched "$RECORD") + ${counted:-1} - 1))
}

# all_seen CELL: and none of the genuine ones' retransmissions
all_seen()
{
	SEEN=$(seen "$1")
	[ "$SEEN" -ge "$PACKETS" ] && [ "$SEEN" -le $((PACKETS + GENUINE)) ]
}

# cell NAME PROTO PORT GRADE: GRADE of the one with the right number
cell()
{
	local cell=$1 name=$F-$1

	PROTO=$2 PORT=$3 PACKETS=$TCP_PACKETS
	[ "$PROTO" = tcp ] || PACKETS=$UDP_PACKETS
	watch "$name" "$PHONE" "$PROTO" "$S" "$PORT" -r $RING
	FLOOD=$(flood "$cell" --phone "/run/netns/$PHONE" \
		--server "/run/netns/$SERVER" --from "$S" --to "$P" \
		--mac "$MAC" --events "$tmp/$name" --packets "$PACKETS" \
		--genuine "$GENUINE" --fresh $FRESH --ring $RING \
		--seed "$SEED" 2>&1)
	ktap_print "$F, ${KIND[$cell]}: $FLOOD"
	check "$F, ${KIND[$cell]}: all $PACKETS were seen" all_seen "$cell"
	ktap_print "seen=$SEEN"
	check "$F, ${KIND[$cell]}: no more believed than by chance" \
		[ "$(field strong "$FLOOD")" -le "$(field limit "$FLOOD")" ]
	is "$F, ${KIND[$cell]}: each genuine one is reported and believed" \
		"$(field reported "$FLOOD")-$(field doubted "$FLOOD")" \
		"$GENUINE-0"
	is "$F, ${KIND[$cell]}: the same with the right number is taken" \
		"$(field right "$FLOOD")" "$4"
}

both()
{
	keepalive
	budget
	forgiving
	cell udp udp 5060 medium
	cell tcp tcp 5061 strong
	cell syn tcp 5062 strong
	cell rst tcp 5063 strong
}

families=(v4)
! has_ipv6 || families+=(v6)

ktap_start 54
setup_pair
rules "$SERVER" <<'END'
table inet filter {
	chain in {
		type filter hook input priority 0
		udp dport 5060 @th,64,8 0x44 drop
		tcp dport 5061 tcp sport 41000-42000 meta length > 120 \
			reject with icmpx type port-unreachable
		tcp dport 5062 tcp sport 40000 drop
		tcp dport 5062 reject with icmpx type port-unreachable
	}
}
END
# A genuine error provokes another one when what it quotes is sent again: not
# in the time that the test needs, on a machine however slow.
ip -n "$PHONE" route add 192.0.2.2/32 dev eth0 rto_min 20s
! has_ipv6 || ip -n "$PHONE" -6 route add 2001:db8::2/128 dev eth0 rto_min 20s
MAC=$(in_ns "$PHONE" cat /sys/class/net/eth0/address)
for F in "${families[@]}"; do
	case $F in
	v4) TYPE=3 CODE=3 ;;
	v6) TYPE=1 CODE=4 ;;
	esac
	use_family "$F"
	both
done
has_ipv6 || skip 27 "no IPv6"
ktap_finished
