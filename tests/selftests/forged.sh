#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Forged errors are refused: no event, no change of state; genuine ones
# afterwards are reported.  Topology: setup_pair in lib.sh.  The forger sits on
# the server's link and knows addresses and ports: only what a guess cannot
# know (checksum, sequence number) protects.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

# send_fresh: a datagram like no other, in TEXT.  What was sent 10 s ago proves
# nothing any more, and a slow machine needs as long for a few forgeries.  No
# checksum is off by the one by which --flip is.
send_fresh()
{
	local letters=adgjmpsvy

	TEXT="INVITE sip:alice branch=z9hG4bK77ef4c231298${letters:SENT:1}.1"
	SENT=$((SENT + 1))
	in_ns "$PHONE" peer udp-send -b 5070 "$S" 5060 "$TEXT" >/dev/null
}

# forge_icmp ARGUMENT...: a port unreachable from the server
forge_icmp()
{
	in_ns "$SERVER" forge icmp --from "$S" --to "$P" --type "$TYPE" \
		--code "$CODE" --src "$P" --dst "$S" --dport 5060 "$@" >/dev/null
}

mismatched_is()
{
	server "$PHONE" "$1" "$S" 5060
	[ "$(field mismatched "$RECORD")" = "$2" ]
}

# refused DESCRIPTION PROTO MISMATCHED: the counter arrives there, no event
# came, the state is as it was
refused()
{
	local before=$STATE

	if busywait "$WAIT_MS" mismatched_is "$2" "$3" &&
	   [ "$(field state "$RECORD")" = "$before" ] &&
	   ! nth_event "$NAME" $((events_read[$NAME] + 1)); then
		ktap_test_pass "$1"
	else
		ktap_print "want mismatched=$3 state=$before, record: $RECORD"
		ktap_print "event: $EVENT"
		ktap_test_fail "$1"
	fi
}

udp()
{
	local f=$1 sink

	NAME=udp-$f EVENT="" SENT=0
	start_ready "sink-$f" "$SERVER" peer udp-sink "$S" 5060
	sink=$PID
	watch "$NAME" "$PHONE" udp "$S" 5060
	send_fresh
	server "$PHONE" udp "$S" 5060
	STATE=$(field state "$RECORD")

	forge_icmp --sport 5070 --text "$TEXT" --flip
	refused "$NAME: wrong checksum" udp 1
	send_fresh
	forge_icmp --sport 5070 --text "$TEXT" --flip --short
	refused "$NAME: wrong checksum in a quote of 8 bytes" udp 2
	send_fresh
	forge_icmp --sport 5071 --text "$TEXT"
	refused "$NAME: from a port that sent nothing" udp 3
	send_fresh
	forge_icmp --sport 5070 --text "$TEXT" --add 1
	refused "$NAME: wrong length" udp 4
	send_fresh
	# Not counted as a mismatch: it is no ICMP error at all.  The one behind
	# it shows that it has been dealt with.
	forge_icmp --sport 5070 --text "$TEXT" --bad-icmp
	forge_icmp --sport 5070 --text "$TEXT never sent"
	refused "$NAME: wrong ICMP checksum" udp 5

	send_fresh
	forge_icmp --sport 5070 --text "$TEXT"
	next_event "$NAME"
	event_has "$NAME: the right quote is accepted" seq=1 \
		cause=port-unreach grade=strong state=unreachable
	STATE=unreachable
	forge_icmp --sport 5070 --text "$TEXT"
	refused "$NAME: but once" udp 6

	stop "$sink"
	send_fresh
	next_event "$NAME"
	event_has "$NAME: a genuine error is reported" seq=2 count=1 \
		cause=port-unreach grade=strong
}

# connected: the application has not noticed anything
connected() { ! lines_at_least "$tmp/$1" "E*" 1; }

tcp()
{
	local f=$1 line port snd rcv server

	NAME=tcp-$f EVENT=""
	watch "$NAME" "$PHONE" tcp "$S" 5060
	start_ready "listen-$f" "$SERVER" peer tcp-listen "$S" 5060
	server=$PID
	start "connect-$f" "$PHONE" peer tcp-connect "$S" 5060
	wait_line "$tmp/connect-$f" "CONNECTED*"
	wait_line "$tmp/listen-$f" ACCEPTED
	line=$(<"$tmp/connect-$f")
	port=$(field port "$line") snd=$(field snd "$line")
	rcv=$(field rcv "$line")
	server "$PHONE" tcp "$S" 5060
	STATE=$(field state "$RECORD")

	forge_icmp --sport "$port" --seq $(((snd + 99999999) & 0xffffffff))
	refused "$NAME: ICMP with a wrong sequence number" tcp 1

	# The ICMP behind each reset shows that the reset has been dealt with.
	forge_rst $(((rcv + 99999999) & 0xffffffff))
	forge_icmp --sport "$port" --seq $(((snd + 99999999) & 0xffffffff))
	refused "$NAME: reset out of window" tcp 2
	forge_rst $(((rcv + 1) & 0xffffffff))
	forge_icmp --sport "$port" --seq $(((snd + 99999999) & 0xffffffff))
	refused "$NAME: reset in window, not the next byte" tcp 3
	check "$NAME: the connection lives" connected "connect-$f"

	kill -USR1 "$server"
	next_event "$NAME"
	event_has "$NAME: a genuine reset is reported" seq=1 count=1 \
		cause=tcp-reset state=unreachable
}

# forge_rst SEQ: on tcp's connection
forge_rst()
{
	in_ns "$SERVER" forge rst --from "$S" --fport 5060 --to "$P" \
		--tport "$port" --seq "$1" >/dev/null
}

ktap_start 26
setup_pair
for f in v4 v6; do
	if [ $f = v6 ] && ! has_ipv6; then
		for ((i = 0; i < 13; i++)); do ktap_test_skip v6 "no IPv6"; done
		continue
	fi
	case $f in
	v4) TYPE=3 CODE=3 ;;
	v6) TYPE=1 CODE=4 ;;
	esac
	use_family $f
	udp $f
	tcp $f
done
ktap_finished
