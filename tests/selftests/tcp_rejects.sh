#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Firewalls and routers that reject connections, new ones and old ones, also by
# fast open.  Topology: setup_routed in lib.sh, 20 ms between router and server.
# The router's answers come at once, while connect() may still hold the socket:
# then only the event and the state are certain, not when the connect ends.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

# connect NAME PORT OPTION...: a watch, and a connect in the background
connect()
{
	local name=$1 port=$2

	shift 2
	watch "$name" "$PHONE" tcp "$S" "$port"
	start "connect-$name" "$PHONE" peer tcp-connect "$@" "$S" "$port"
}

# refused DESCRIPTION NAME KEY=VALUE...: first event and the connect's end
refused()
{
	local description=$1 name=$2

	shift 2
	next_event "$name"
	event_has "$F: $description" seq=1 count=1 state=unreachable \
		"addr=$S" "local=$P" "$@"
	check "$F: $description: the connect fails" \
		wait_line "$tmp/connect-$name" "ERROR *"
}

new_ones()
{
	connect "$F-rst" 5061 -b "${L}71"
	refused "a reset of the server's firewall" "$F-rst" cause=tcp-refused \
		grade=none local-port="${L}71"
	connect "$F-icmp" 5062 -b "${L}72"
	refused "an error of the server's firewall" "$F-icmp" \
		cause=admin-prohibited grade=strong "icmp=$PROHIBITED" \
		"offender=$S" local-port="${L}72"
	no_more_events "$F: and nothing else" "$F-icmp"
	connect "$F-near" 5063 -b "${L}73"
	refused "an error at once" "$F-near" cause=port-unreach grade=strong \
		"icmp=$PORT" "offender=$R" local-port="${L}73"
	connect "$F-near-not" 5063 -N -b "${L}81"
	refused "an error at once, and nobody waits" "$F-near-not" \
		cause=port-unreach grade=strong local-port="${L}81"
	is "$F: who looks has heard of it" \
		"$(grep ERROR "$tmp/connect-$F-near-not")" \
		"ERROR connect ECONNREFUSED"
	no_more_events "$F: the close of its socket is no event" \
		"$F-near-not"
	connect "$F-near-rst" 5064 -b "${L}74"
	refused "a reset at once" "$F-near-rst" cause=tcp-refused grade=none \
		local-port="${L}74"
}

fast_open()
{
	start_ready "listen-$F-tfo" "$SERVER" peer tcp-listen "$S" 5066
	start_ready "capture-$F" "$SERVER" peer tcp-capture "$S" 5066
	connect "$F-tfo" 5066 -f -w HELLO -b "${L}78"
	wait_line "$tmp/connect-$F-tfo" "CONNECTED*"
	check "$F: fast open: data comes with the SYN" \
		lines_at_least "$tmp/capture-$F" "SEGMENT*flags=2 len=5" 1
	record_gets "$F: fast open: established" tcp "$S" 5066 state=reachable

	connect "$F-tfo-rst" 5065 -f -w HELLO -b "${L}75"
	refused "fast open, port closed" "$F-tfo-rst" cause=tcp-refused \
		grade=none local-port="${L}75"
	connect "$F-tfo-icmp" 5062 -f -w HELLO -b "${L}76"
	refused "fast open, an error" "$F-tfo-icmp" cause=admin-prohibited \
		grade=strong "offender=$S" local-port="${L}76"
	connect "$F-tfo-near" 5063 -f -w HELLO -b "${L}77"
	refused "fast open, an error at once" "$F-tfo-near" \
		cause=port-unreach grade=strong "offender=$R" local-port="${L}77"
}

# established NAME PORT LOCAL-PORT: sets CLIENT_PID, SERVER_PID
established()
{
	start_ready "listen-$1" "$SERVER" peer tcp-listen "$S" "$2"
	SERVER_PID=$PID
	connect "$1" "$2" -b "$3"
	CLIENT_PID=$PID
	wait_line "$tmp/connect-$1" "CONNECTED*"
}

# Connections that are up when the rules come.  (No sets: nf_tables of Linux 6.1
# walks them in a way that lockdep finds suspicious.)
old_ones()
{
	local line first

	established "$F-old-rst" "$OLD" "${L}79"
	first=$CLIENT_PID
	established "$F-old-icmp" $((OLD + 1)) "${L}80"
	line=$(<"$tmp/connect-$F-old-icmp")
	rules "$ROUTER" <<-END
		add rule inet filter forward tcp dport $OLD reject with tcp reset
		add rule inet filter forward tcp dport $((OLD + 1)) \
			reject with icmpx type port-unreachable
	END
	kill -HUP "$CLIENT_PID"
	next_event "$F-old-icmp"
	event_has "$F: an error about a connection" seq=1 count=1 grade=strong \
		cause=port-unreach "offender=$R" local-port="${L}80" \
		state=unreachable
	is "$F: it lives" "$(<"$tmp/connect-$F-old-icmp")" "$line"
	# Told late, it would say what came of its acknowledgment: rejected too.
	apart
	kill -HUP "$SERVER_PID"
	next_event "$F-old-icmp"
	event_has "$F: and is heard of again" seq=2 count=1 cause=heard \
		grade=none state=reachable

	kill -HUP "$first"
	next_event "$F-old-rst"
	event_has "$F: a reset of a connection" seq=1 count=1 cause=tcp-reset \
		grade=none state=unreachable local-port="${L}79"
	check "$F: which ends it" wait_line "$tmp/connect-$F-old-rst" \
		"ERROR read ECONNRESET"
}

both()
{
	new_ones
	fast_open
	old_ones
}

ktap_start 52
setup_routed 20
# Without a cookie; and failures do not put an end to it.
in_ns "$PHONE" sh -c 'cd /proc/sys/net/ipv4
	echo 5 >tcp_fastopen
	echo 0 >tcp_fastopen_blackhole_timeout_sec'
in_ns "$SERVER" sh -c 'echo 0x202 >/proc/sys/net/ipv4/tcp_fastopen'
rules "$SERVER" <<'END'
table inet filter {
	chain in {
		type filter hook input priority 0
		tcp dport 5061 reject with tcp reset
		tcp dport 5062 reject with icmpx type admin-prohibited
	}
}
END
rules "$ROUTER" <<'END'
table inet filter {
	chain forward {
		type filter hook forward priority 0
		tcp dport 5063 reject with icmpx type port-unreachable
		tcp dport 5064 reject with tcp reset
	}
}
END
F=v4 PROHIBITED=3/13 PORT=3/3 OLD=5067 L=50
use_routed v4
both
if has_ipv6; then
	F=v6 PROHIBITED=1/1 PORT=1/4 OLD=5087 L=51
	use_routed v6
	both
else
	skip 26 "no IPv6"
fi
ktap_finished
