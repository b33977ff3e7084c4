#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What routers make of a quote: shortened, changed on its way, with extensions.
# And what only looks like a quote.  Topology: setup_pair in lib.sh; the server
# swallows what the phone sends, and sends the errors of all routers.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

printf -v TEXT 'INVITE sip:bob branch=z9hG4bK%0120d' 7

# quote N ARGUMENT...: an error that quotes the Nth datagram
quote()
{
	local n=$1

	shift
	in_ns "$SERVER" forge icmp --from "$S" --to "$P" --type "$TYPE" \
		--code "$CODE" --src "$P" --dst "$S" --sport 5070 --dport 5060 \
		--text "$TEXT $n" "$@" >/dev/null
}

# taken DESCRIPTION N QUOTED ARGUMENT...: QUOTED: so much of it is quoted
taken()
{
	local description=$1 n=$2 quoted=$3 text="$TEXT $2"

	shift 3
	# What is told late is told without its quote.
	apart
	quote "$n" "$@"
	next_event "$F"
	if [ "$quoted" = 0 ]; then
		set -- ""
	elif [ "$quoted" = some ]; then
		set -- "$(field quote)"
	else
		set -- "$(hex "${text:0:quoted}")"
	fi
	[ "$(field quote)" = "$1" ] || {
		ktap_print "quote: $(field quote), want $1"
		EVENT=
	}
	event_has "$F: $description" count=1 grade=strong cause=port-unreach \
		local-port=5070 quoted-len=$((8 + ${#text}))
}

# doubted DESCRIPTION N ARGUMENT...: counted, and no event
doubted()
{
	local description=$1

	shift
	MISMATCHED=$((MISMATCHED + 1))
	quote "$@"
	record_gets "$F: $description" udp "$S" 5060 "mismatched=$MISMATCHED"
}

quotes()
{
	local n=1 len=$((${#TEXT} + 2))

	MISMATCHED=0
	start_ready "sink-$F" "$SERVER" peer udp-sink "$S" 5060
	watch "$F" "$PHONE" udp "$S" 5060 udp "$S" 5061
	in_ns "$PHONE" peer udp-send -n 10 -b 5070 "$S" 5060 "$TEXT" >/dev/null

	taken "all of it" 1 "$len"
	taken "8 bytes" 2 0 --short
	taken "20 bytes" 3 12 --behind 20
	taken "another IPv4 id and TTL" 4 "$len" --id 4711 --ttl 3
	taken "options in the IP header" 5 "$len" --options
	taken "all of it, and extensions" 6 "$len" --extend
	taken "some of it, and extensions" 10 104 --behind 112 --extend
	# What fills the 128 bytes up cannot be told from a payload.
	taken "8 bytes, filled up, and extensions" 7 some --short --extend

	doubted "no checksum" 8 --sum none
	doubted "a checksum that no device completed" 8 --sum pseudo
	doubted "another sender's" 8 --src "$OTHER"
	quote 8 --dport 5061
	record_gets "$F: to a port that was never sent to" udp "$S" 5061 \
		mismatched=1
	quote 8 --behind 7
	quote 8 --behind 0
	quote 8 --behind 4 --extend
	quote 8 --fragment
	quote 8 --proto 132
	quote 8 --dst "$OTHER"
	quote 8 --bad-icmp
	taken "after some that are none at all" 8 "$len"
	event_has "$F: numbered without a gap" seq=9 state=unreachable
	check "$F: which were not counted" record_has udp "$S" 5060 \
		"mismatched=$MISMATCHED"
	taken "from anywhere on the way" 9 "$len" --from "$OTHER"
	event_has "$F: the offender is named" "offender=$OTHER" "addr=$S"
	doubted "a replay" 9
	no_more_events "$F: nothing of what was doubted" "$F"
}

ktap_start 38
setup_pair
F=v4 TYPE=3 CODE=3 OTHER=192.0.2.77
use_family v4
quotes
if has_ipv6; then
	F=v6 TYPE=1 CODE=4 OTHER=2001:db8::77
	use_family v6
	quotes
else
	skip 19 "no IPv6"
fi
ktap_finished
