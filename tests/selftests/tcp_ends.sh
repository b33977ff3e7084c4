#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The ways in which a connection ends, and whose end it is.  Topology:
# setup_pair in lib.sh, 20 ms each way.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

PORT=5060
# Long enough to look at a queue and send a signal, on any machine.
CROSSING_MS=$((2000 * ${SIPOVER_WAIT_SCALE:-1}))

# open OPTION...: a connection to a new server, watched; sets NAME, SERVER_PID,
# CLIENT_PID, LINE
open()
{
	PORT=$((PORT + 1))
	NAME=$F-$PORT
	watch "$NAME" "$PHONE" tcp "$S" $PORT
	start_ready "listen-$NAME" "$SERVER" peer tcp-listen "$S" $PORT
	SERVER_PID=$PID
	start "connect-$NAME" "$PHONE" peer tcp-connect "$@" "$S" $PORT
	CLIENT_PID=$PID
	wait_line "$tmp/connect-$NAME" "CONNECTED*"
	wait_line "$tmp/listen-$NAME" ACCEPTED
	LINE=$(<"$tmp/connect-$NAME")
}

# ended DESCRIPTION SEQ CAUSE STATE; SEQ "any": a segment may be repeated before
ended()
{
	next_event "$NAME"
	[ "$2" != any ] || set -- "$1" "$(field seq)" "$3" "$4"
	event_has "$F: $1" "seq=$2" count=1 "cause=$3" "state=$4" grade=none \
		"addr=$S" "local=$P" "local-port=$(field port "$LINE")"
}

# no_socket: nothing is left of the connection
no_socket()
{
	[ -z "$(in_ns "$PHONE" ss -Htan "dport = :$PORT")" ]
}

in_state()
{
	[ -n "$(in_ns "$PHONE" ss -Htan state "$1" "dport = :$PORT")" ]
}

# queued NS COLUMN PEER: bytes wait in the connection's queue: 1 not read, 2 not
# acknowledged
queued()
{
	in_ns "$1" ss -Htn state all "$3" |
		awk -v column=$(($2 + 1)) '$column > 0 && $1 != "LISTEN" { n++ }
			END { exit !n }'
}

# delay MS: of what the phone sends
delay()
{
	tc -n "$PHONE" qdisc change dev eth0 root netem delay "$1ms"
}

# What crosses the server's end is answered by a reset with the number of that
# end, which the phone's stack has passed already.
crossing()
{
	local besides=tcp-retransmit

	open -e
	delay $CROSSING_MS
	kill -HUP "$CLIENT_PID"
	busywait "$WAIT_MS" queued "$PHONE" 2 "dport = :$PORT" ||
		ktap_print "nothing waits"
	kill -USR2 "$SERVER_PID"
	ended "closed while something is on its way" any tcp-fin reachable
	ended "and then a reset, for that" any tcp-reset unreachable
	delay 20
}

by_server()
{
	open -w "never read"
	busywait "$WAIT_MS" queued "$SERVER" 1 "sport = :$PORT" ||
		ktap_print "nothing waits"
	kill -USR2 "$SERVER_PID"
	ended "closed with data unread" 1 tcp-reset unreachable

	open -w "never read"
	busywait "$WAIT_MS" queued "$SERVER" 1 "sport = :$PORT" ||
		ktap_print "nothing waits"
	stop "$SERVER_PID" KILL
	ended "killed with data unread" 1 tcp-reset unreachable

	open -e
	kill -USR2 "$SERVER_PID"
	ended "closed in order" 1 tcp-fin reachable
	ended "and then a reset, for what we write" 2 tcp-reset unreachable
	check "$F: the application has seen both" \
		wait_line "$tmp/connect-$NAME" "HUNG UP"

	open
	in_ns "$SERVER" ss -tK dst "[$P]" sport = :$PORT >/dev/null
	ended "by the server's administrator" 1 tcp-reset unreachable
	no_more_events "$F: no second event of it" "$NAME"
}

# behind_our_end DESCRIPTION: the server does not know yet, and writes
behind_our_end()
{
	open
	stop "$CLIENT_PID"
	busywait "$WAIT_MS" in_state fin-wait-2
	kill -HUP "$SERVER_PID"
	check "$F: data behind our own end, $1" busywait "$WAIT_MS" no_socket
	no_more_events "$F: is no event" "$NAME"
}

# What we end ourselves says nothing about the server.
by_us()
{
	# For the time above 60 s the stack keeps a whole socket to wait for the
	# server's end, and ends it as it would for a reset.
	in_ns "$PHONE" sysctl -qw net.ipv4.tcp_fin_timeout=60
	behind_our_end "when little is left of the socket"
	in_ns "$PHONE" sysctl -qw net.ipv4.tcp_fin_timeout=120
	behind_our_end "when the socket still waits"
	in_ns "$PHONE" sysctl -qw net.ipv4.tcp_fin_timeout=60

	open
	stop "$CLIENT_PID"
	busywait "$WAIT_MS" in_state fin-wait-2
	kill -USR2 "$SERVER_PID"
	check "$F: our own end, then the server's" \
		busywait "$WAIT_MS" in_state time-wait
	in_ns "$SERVER" forge rst --from "$S" --fport $PORT --to "$P" \
		--tport "$(field port "$LINE")" \
		--seq $((($(field rcv "$LINE") + 1) & 0xffffffff)) >/dev/null
	check "$F: and a reset of what waits" busywait "$WAIT_MS" no_socket
	no_more_events "$F: are no events" "$NAME"

	open
	in_ns "$PHONE" ss -tK dst "[$S]" dport = :$PORT >/dev/null
	check "$F: by our own administrator" wait_line \
		"$tmp/connect-$NAME" "ERROR read*"
	no_more_events "$F: is no event either" "$NAME"
	check "$F: and no failure" record_has tcp "$S" $PORT state=reachable
}

ktap_start 38
setup_pair 20
F=v4
use_family v4
by_server
crossing
by_us
if has_ipv6; then
	F=v6
	use_family v6
	by_server
	crossing
	by_us
else
	skip 19 "no IPv6"
fi
ktap_finished
