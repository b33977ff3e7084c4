#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An ICMP error about a connection counts if it quotes a sequence number in
# flight, about a SYN if it quotes the SYN's (RFC 5927 4.1).  Topology:
# setup_pair in lib.sh, 20 ms each way.  The server's firewall lets neither SYNs
# to port 5061 nor data through, so that both stay in flight.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module
besides="tcp-retransmit"

printf -v DATA %0200d 0

# forge_icmp DPORT SPORT SEQ [ARGUMENT...]
forge_icmp()
{
	in_ns "$SERVER" forge icmp --from "$S" --to "$P" --type "$TYPE" \
		--code "$CODE" --src "$P" --dst "$S" --dport "$1" --sport "$2" \
		--seq $(($3 & 0xffffffff)) "${@:4}" >/dev/null
}

# doubted DESCRIPTION DPORT SPORT SEQ: counted, and no event
doubted()
{
	MISMATCHED=$((MISMATCHED + 1))
	forge_icmp "${@:2}"
	record_gets "$F: $1" tcp "$S" "$2" "mismatched=$MISMATCHED"
}

established()
{
	local line port nxt una

	MISMATCHED=0
	watch "$F" "$PHONE" tcp "$S" 5060
	start_ready "listen-$F" "$SERVER" peer tcp-listen "$S" 5060
	start "connect-$F" "$PHONE" peer tcp-connect -w "$DATA" "$S" 5060
	client=$PID
	wait_line "$tmp/connect-$F" "CONNECTED*"
	line=$(<"$tmp/connect-$F")
	port=$(field port "$line") nxt=$(field snd "$line")
	una=$((nxt - ${#DATA}))

	doubted "before what is in flight" 5060 "$port" $((una - 1))
	doubted "behind what is in flight" 5060 "$port" $((nxt + 1))
	doubted "of another port" 5060 $((port ^ 1)) "$una"
	# The path wants smaller packets: evidence, and of a path that works.
	TYPE=$PTB_TYPE CODE=$PTB_CODE forge_icmp 5060 "$port" "$una"
	next_event "$F"
	event_has "$F: a packet too big ends nothing" count=1 \
		cause=pkt-too-big state=reachable local-port="$port"
	forge_icmp 5060 "$port" "$una" --bad-icmp
	forge_icmp 5060 "$port" "$una" --behind 7
	forge_icmp 5060 "$port" "$una"
	next_event "$F"
	event_has "$F: the oldest byte in flight" count=1 grade=strong \
		cause=port-unreach state=unreachable "offender=$S" \
		"local=$P" local-port="$port"
	forge_icmp 5060 "$port" "$nxt" --options --extend
	next_event "$F"
	event_has "$F: the next byte, and as routers quote" count=1 \
		grade=strong cause=port-unreach local-port="$port"
	is "$F: the connection lives" "$(<"$tmp/connect-$F")" "$line"

	# Our own end: what comes now is owed to nobody, nor is it forged.
	stop "$client"
	forge_icmp 5060 "$port" "$una"
	doubted "behind our own end, but of another connection" 5060 \
		$((port ^ 1)) "$una"
	no_more_events "$F: behind our own end" "$F"
}

# syn NUMBER: a connect that waits; sets PORT, ISN
syn()
{
	start "syn-$F-$1" "$PHONE" peer tcp-connect -b "${L}7$1" "$S" 5061
	wait_line "$tmp/capture-$F" "SEGMENT port=${L}7$1 *"
	PORT=${L}7$1
	ISN=$(field seq "$(grep -m 1 "SEGMENT port=$PORT " "$tmp/capture-$F")")
}

# fails NUMBER: the connect does
fails()
{
	wait_line "$tmp/syn-$F-$1" "ERROR*"
	is "$F: $2" "$(<"$tmp/syn-$F-$1")" "ERROR connect ECONNREFUSED"
}

connecting()
{
	MISMATCHED=0
	watch "$F-syn" "$PHONE" tcp "$S" 5061
	start_ready "capture-$F" "$SERVER" peer tcp-capture "$S" 5061

	syn 1
	doubted "a byte before the SYN" 5061 "$PORT" $((ISN - 1))
	doubted "two bytes behind the SYN" 5061 "$PORT" $((ISN + 2))
	forge_icmp 5061 "$PORT" "$ISN"
	next_event "$F-syn"
	event_has "$F: the SYN" count=1 grade=strong cause=port-unreach \
		state=unreachable local-port="$PORT"
	fails 1 "ends the connect"
	no_more_events "$F: which is no second event" "$F-syn"
	doubted "a connection that is no more" 5061 "$PORT" "$ISN"

	# The stack takes this, and so the connect has come to its end.
	syn 2
	doubted "a byte behind the SYN" 5061 "$PORT" $((ISN + 1))
	fails 2 "which the stack believes"
	next_event "$F-syn"
	event_has "$F: is told as the stack's word" count=1 grade=none \
		cause=tcp-unreach local-port="$PORT"
}

ktap_start 36
setup_pair 20
rules "$SERVER" <<'END'
table inet filter {
	chain in {
		type filter hook input priority 0
		tcp dport 5061 drop
		tcp dport 5060 meta length > 200 drop
	}
}
END
F=v4 L=50 TYPE=3 CODE=3 PTB_TYPE=3 PTB_CODE=4
use_family v4
established
connecting
if has_ipv6; then
	F=v6 L=51 TYPE=1 CODE=4 PTB_TYPE=2 PTB_CODE=0
	use_family v6
	established
	connecting
else
	skip 18 "no IPv6"
fi
ktap_finished
