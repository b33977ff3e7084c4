#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The server resets a live connection.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

reset()
{
	local f=$1 server

	use_family "$f"
	watch "$f" "$PHONE" tcp "$S" 5060
	start_ready "listen-$f" "$SERVER" peer tcp-listen "$S" 5060
	server=$PID
	start "connect-$f" "$PHONE" peer tcp-connect -b 5070 "$S" 5060
	wait_line "$tmp/connect-$f" "CONNECTED*"
	wait_line "$tmp/listen-$f" ACCEPTED
	no_more_events "$f: a first connection is no event" "$f"

	kill -USR1 "$server"
	next_event "$f"
	event_has "$f: event" seq=1 count=1 cause=tcp-reset grade=none \
		state=unreachable
	event_has "$f: names server and socket" proto=tcp "addr=$S" port=5060 \
		"local=$P" local-port=5070
	check "$f: the application saw it too" \
		wait_line "$tmp/connect-$f" "ERROR read ECONNRESET"
	stop "$server"
}

ktap_start 8
setup_pair 20
reset v4
if has_ipv6; then
	reset v6
else
	for ((i = 0; i < 4; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
