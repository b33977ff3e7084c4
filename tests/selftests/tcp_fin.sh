#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The server closes a connection in order, as a killed server's kernel does.
# Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

# closed FAMILY HOW SIGNAL
closed()
{
	local f=$1 name=$1-$2 server

	use_family "$f"
	watch "$name" "$PHONE" tcp "$S" 5060
	start_ready "listen-$name" "$SERVER" peer tcp-listen "$S" 5060
	server=$PID
	start "connect-$name" "$PHONE" peer tcp-connect -b "$4" "$S" 5060
	wait_line "$tmp/connect-$name" "CONNECTED*"
	wait_line "$tmp/listen-$name" ACCEPTED

	stop "$server" "$3"
	next_event "$name"
	event_has "$name: event, but no failure" count=1 cause=tcp-fin \
		grade=none state=reachable "addr=$S" "local=$P" local-port="$4"
	check "$name: the application saw the end" \
		wait_line "$tmp/connect-$name" EOF
}

ktap_start 4
setup_pair 20
closed v4 killed KILL 5070
if has_ipv6; then
	closed v6 killed KILL 5071
else
	for ((i = 0; i < 2; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
