#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The phone translates addresses itself, or the router does: errors are tied to
# what the phone's sockets sent, whoever completes checksums.  Topology:
# setup_routed in lib.sh.  On the phone, port 5070 leaves as NAT:7070, and
# VIRTUAL:5060 is port 5099 of the server in truth; the router hides all others
# behind its own address.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module
besides="neigh-failed neigh-reachable"

TEXT="REGISTER sip:server branch=z9hG4bK77"

use()
{
	F=$1
	use_routed "$1"
	case $1 in
	v4) NAT=192.0.2.77 VIRTUAL=198.51.100.200 NOBODY=192.0.2.99
		TYPE=3 CODE=3 HOST=3/1 ;;
	v6) NAT=2001:db8::77 VIRTUAL=2001:db8:100::200 NOBODY=2001:db8::99
		TYPE=1 CODE=4 HOST=1/3 ;;
	esac
}

setup()
{
	setup_routed
	# Deprecated: no socket chooses it.
	configure "$PHONE" <<-END
		addr add 192.0.2.77/24 dev eth0
		addr add 2001:db8::77/64 dev eth0 nodad preferred_lft 0
	END
	rules "$PHONE" <<-'END'
		table inet nat {
			chain post {
				type nat hook postrouting priority 100
				ip saddr 192.0.2.1 udp sport 5070 \
					snat ip to 192.0.2.77:7070
				ip6 saddr 2001:db8::1 udp sport 5070 \
					snat ip6 to [2001:db8::77]:7070
				ip saddr 192.0.2.1 tcp sport 5081-5082 \
					snat ip to 192.0.2.77
				ip6 saddr 2001:db8::1 tcp sport 5081-5082 \
					snat ip6 to 2001:db8::77
			}
			chain out {
				type nat hook output priority -100
				ip daddr 198.51.100.200 tcp dport 5060 \
					dnat ip to 198.51.100.2:5099
				ip daddr 198.51.100.200 udp dport 5060 \
					dnat ip to 198.51.100.2:5099
				ip6 daddr 2001:db8:100::200 tcp dport 5060 \
					dnat ip6 to [2001:db8:100::2]:5099
				ip6 daddr 2001:db8:100::200 udp dport 5060 \
					dnat ip6 to [2001:db8:100::2]:5099
			}
		}
	END
	rules "$ROUTER" <<-'END'
		table inet nat {
			chain post {
				type nat hook postrouting priority 100
				oifname far0 udp sport 5071 \
					masquerade to :20000-20099
			}
			chain forward {
				type filter hook forward priority 0
				tcp dport 5062 reject with icmpx type host-unreachable
			}
		}
	END
	lose_neighbours_soon "$PHONE" eth0
}

# told DESCRIPTION SERVER OPTIONS KEY=VALUE...
told()
{
	local description=$1 server=$2 options=$3

	shift 3
	apart
	# shellcheck disable=SC2086 # a list of options
	in_ns "$PHONE" peer udp-send $options "$server" 5060 "$TEXT" \
		>"$tmp/sent"
	next_event "$F" || ktap_print "$(<"$tmp/sent")"
	event_has "$F: $description" count=1 "addr=$server" port=5060 \
		"local=$P" "$@"
}

# translated WHO: completes checksums
translated()
{
	local strong="cause=port-unreach grade=strong"

	# shellcheck disable=SC2086 # a list of values
	{
		told "$1: source translated here" "$S" "-b 5070" $strong \
			local-port=5070 "offender=$S" "quote=$(hex "$TEXT")"
		told "$1: the same, in fragments" "$S" "-b 5070 -s 3000" \
			$strong local-port=5070 quoted-len=3008
		told "$1: destination translated here" "$VIRTUAL" "-b 5072" \
			$strong local-port=5072 "quote=$(hex "$TEXT")"
		told "$1: translated by the router" "$S" "-b 5071" $strong \
			local-port=5071 "offender=$S" "quote=$(hex "$TEXT")"
		told "$1: translated here, and nobody there" "$NOBODY" \
			"-b 5070" cause=host-unreach grade=local \
			"icmp=$HOST" local-port=5070
	}
}

# connection DESCRIPTION SERVER PORT LOCAL-PORT KEY=VALUE...
connection()
{
	local description=$1 server=$2 port=$3 local=$4

	shift 4
	start connect "$PHONE" peer tcp-connect -b "$local" "$server" "$port"
	next_event "$F-tcp"
	event_has "$F: $description" count=1 "addr=$server" port="$port" \
		"local=$P" local-port="$local" state=unreachable "$@"
}

# An answer leaves the server by port 5099, and is VIRTUAL:5060's for the phone.
answered()
{
	start_ready "echo-$F" "$SERVER" peer udp-echo "$S" 5099
	in_ns "$PHONE" peer udp-send -r "$VIRTUAL" 5060 "$TEXT" >"$tmp/heard"
	next_event "$F" || ktap_print "$(<"$tmp/heard")"
	event_has "$F: an answer is translated back" count=1 cause=heard \
		"addr=$VIRTUAL" port=5060 state=reachable
	record_gets "$F: and says nothing of its true name" udp "$S" 5060 \
		state=unreachable
}

connections()
{
	local besides="$besides tcp-retransmit"

	watch "$F-tcp" "$PHONE" tcp "$S" 5061 tcp "$S" 5062 tcp "$VIRTUAL" 5060
	connection "a reset, source translated" "$S" 5061 5081 \
		cause=tcp-refused grade=none
	connection "an error, source translated" "$S" 5062 5082 \
		cause=host-unreach grade=strong "icmp=$HOST" "offender=$R"
	connection "a reset, destination translated" "$VIRTUAL" 5060 5083 \
		cause=tcp-refused grade=none
}

# forge TO QUOTED-SOURCE QUOTED-PORT: as the server sees the source, 8 bytes
forge_icmp()
{
	in_ns "$SERVER" forge icmp --from "$S" --to "$1" --type "$TYPE" \
		--code "$CODE" --src "$2" --sport "$3" --dst "$S" --dport 5060 \
		--text "$TEXT" --short >/dev/null
}

# By a sink, so that there is something left to be quoted.
forged()
{
	start_ready "sink-$F" "$SERVER" peer udp-sink "$S" 5060
	in_ns "$PHONE" peer udp-send -b 5070 "$S" 5060 "$TEXT" >/dev/null
	forge_icmp "$P" "$NAT" 7070
	record_gets "$F: to another address it is not translated back" \
		udp "$S" 5060 mismatched=1
	forge_icmp "$NAT" "$NAT" 7070
	next_event "$F"
	event_has "$F: 8 bytes, translated back" count=1 grade=strong \
		cause=port-unreach "local=$P" local-port=5070
}

families=(v4)
! has_ipv6 || families+=(v6)

ktap_start 36
setup
for f in "${families[@]}"; do
	use "$f"
	watch "$F" "$PHONE" udp "$S" 5060 udp "$VIRTUAL" 5060 udp "$NOBODY" 5060
	translated device
	in_ns "$PHONE" offload eth0 tx-checksum off
	in_ns "$ROUTER" offload far0 tx-checksum off
	translated kernel
	in_ns "$PHONE" offload eth0 tx-checksum on
	in_ns "$ROUTER" offload far0 tx-checksum on
	check "$F: nothing was doubted" record_has udp "$S" 5060 mismatched=0
	answered
	forged
	connections
done
has_ipv6 || skip 18 "no IPv6"
ktap_finished
