#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Forged segments that the stack refuses are no event; those that it accepts,
# exactly in sequence as only who sees the connection can make them, are.
# Topology: setup_pair in lib.sh, 20 ms each way; the server's firewall lets
# nothing through to port 5061.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module
besides="tcp-retransmit"

FIN=1 SYN=2 RST=4

# forge FLAGS PORT SEQ ACK [TEXT]: from the server's PORT to SPORT, which the
# tests set
forge_tcp()
{
	in_ns "$SERVER" forge tcp --from "$S" --fport "$2" --to "$P" \
		--tport "$SPORT" --flags "$1" --seq $(($3 & 0xffffffff)) \
		--ack $(($4 & 0xffffffff)) --text "${5:-}" >/dev/null
}

# behind PORT SEQ: an ICMP error that is counted, behind what was forged
behind()
{
	MISMATCHED=$((MISMATCHED + 1))
	in_ns "$SERVER" forge icmp --from "$S" --to "$P" --type "$TYPE" \
		--code "$CODE" --src "$P" --dst "$S" --dport "$1" \
		--sport "$SPORT" --seq $((($2 + 0x50000000) & 0xffffffff)) \
		>/dev/null
	busywait "$WAIT_MS" record_has tcp "$S" "$1" "mismatched=$MISMATCHED"
}

# nothing DESCRIPTION PORT SEQ STATE
nothing()
{
	if behind "$2" "$3" && record_has tcp "$S" "$2" "state=$4"; then
		no_more_events "$F: $1" "$NAME"
	else
		ktap_print "record: $RECORD"
		ktap_test_fail "$F: $1"
	fi
}

connecting()
{
	local line isn

	MISMATCHED=0 NAME=$F-syn
	watch "$NAME" "$PHONE" tcp "$S" 5061
	start_ready "capture-$F" "$SERVER" peer tcp-capture "$S" 5061
	start "syn-$F" "$PHONE" peer tcp-connect "$S" 5061
	wait_line "$tmp/capture-$F" "SEGMENT*"
	line=$(grep -m 1 SEGMENT "$tmp/capture-$F")
	SPORT=$(field port "$line") isn=$(field seq "$line")

	forge_tcp $RST 5061 0 $((isn + 7))
	nothing "a reset that acknowledges another SYN" 5061 "$isn" unknown
	forge_tcp $RST 5061 "$isn" 0
	nothing "a reset that acknowledges nothing" 5061 "$isn" unknown
	forge_tcp $SYN 5061 99 $((isn + 7))
	nothing "a connection that was not asked for" 5061 "$isn" unknown
	is "$F: the connect goes on" "$(<"$tmp/syn-$F")" ""
	forge_tcp $RST 5061 0 $((isn + 1))
	next_event "$NAME"
	event_has "$F: a reset that acknowledges the SYN" count=1 \
		cause=tcp-refused grade=none state=unreachable \
		local-port="$SPORT"
}

# live NAME: a connection; sets NAME, SPORT, SND, RCV
live()
{
	local line

	NAME=$F-$1 MISMATCHED=0
	watch "$NAME" "$PHONE" tcp "$S" "$2"
	start_ready "listen-$NAME" "$SERVER" peer tcp-listen "$S" "$2"
	start "connect-$NAME" "$PHONE" peer tcp-connect "$S" "$2"
	wait_line "$tmp/connect-$NAME" "CONNECTED*"
	wait_line "$tmp/listen-$NAME" ACCEPTED
	line=$(<"$tmp/connect-$NAME")
	SPORT=$(field port "$line") SND=$(field snd "$line")
	RCV=$(field rcv "$line")
}

# What brings a server back: only what its connection accepts.
recovery()
{
	live heard 5062
	in_ns "$SERVER" forge icmp --from "$S" --to "$P" --type "$TYPE" \
		--code "$CODE" --src "$P" --dst "$S" --dport 5062 \
		--sport "$SPORT" --seq "$SND" >/dev/null
	next_event "$NAME"
	event_has "$F: a failure" seq=1 cause=port-unreach state=unreachable
	forge_tcp 0 5062 $((RCV - 9)) "$SND" x
	nothing "data of before is no sign of life" 5062 "$SND" unreachable
	forge_tcp 0 5062 $((RCV + 0x1000000)) "$SND" x
	nothing "nor is data beyond the window" 5062 "$SND" unreachable
	forge_tcp 0 5062 "$RCV" $((SND + 9)) x
	nothing "nor what acknowledges more than was sent" 5062 "$SND" \
		unreachable
	forge_tcp $SYN 5062 "$RCV" "$SND"
	nothing "nor a SYN" 5062 "$SND" unreachable
	forge_tcp 0 5062 "$RCV" "$SND" x
	next_event "$NAME"
	event_has "$F: data in sequence is" seq=2 count=1 cause=heard \
		state=reachable
}

ends()
{
	live fin 5063
	forge_tcp $FIN 5063 $((RCV + 1)) "$SND"
	nothing "a FIN out of sequence" 5063 "$SND" reachable
	forge_tcp $FIN 5063 $((RCV + 0x1000000)) "$SND"
	nothing "a FIN beyond the window" 5063 "$SND" reachable
	forge_tcp $RST 5063 "$((RCV - 1))" 0
	nothing "a reset of before" 5063 "$SND" reachable
	forge_tcp $RST 5063 $((RCV + 1000)) 0
	nothing "a reset in the window" 5063 "$SND" reachable
	forge_tcp $SYN 5063 "$RCV" 0
	nothing "a SYN in the window" 5063 "$SND" reachable
	check "$F: the connection lives" \
		lines_at_least "$tmp/connect-$NAME" "CONNECTED*" 1
	forge_tcp $RST 5063 "$RCV" 0
	next_event "$NAME"
	event_has "$F: a reset in sequence" seq=1 count=1 cause=tcp-reset \
		grade=none state=unreachable local-port="$SPORT"

	live end 5064
	forge_tcp $FIN 5064 "$RCV" "$SND"
	next_event "$NAME"
	event_has "$F: a FIN in sequence" seq=1 count=1 cause=tcp-fin \
		grade=none state=reachable local-port="$SPORT"
}

both()
{
	connecting
	recovery
	ends
}

ktap_start 38
setup_pair 20
rules "$SERVER" <<'END'
table inet filter {
	chain in {
		type filter hook input priority 0
		tcp dport 5061 drop
	}
}
END
F=v4 TYPE=3 CODE=3
use_family v4
both
if has_ipv6; then
	F=v6 TYPE=1 CODE=4
	use_family v6
	both
else
	skip 19 "no IPv6"
fi
ktap_finished
