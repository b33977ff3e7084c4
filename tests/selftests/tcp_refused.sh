#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A connect to a closed port is refused; a later one that succeeds ends the
# state.  Topology: setup_pair in lib.sh, 20 ms each way: without delay the RST
# meets a socket that connect() still holds.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

refused()
{
	local f=$1

	use_family "$f"
	watch "$f" "$PHONE" tcp "$S" 5060
	in_ns "$PHONE" peer tcp-connect "$S" 5061 >"$tmp/other"
	in_ns "$PHONE" peer tcp-connect -b 5070 "$S" 5060 >"$tmp/refused"
	is "$f: the application is refused" "$(<"$tmp/refused")" \
		"ERROR connect ECONNREFUSED"
	next_event "$f"
	event_has "$f: event, the first one" seq=1 count=1 cause=tcp-refused \
		grade=none state=unreachable
	event_has "$f: names server and socket" proto=tcp "addr=$S" port=5060 \
		"local=$P" local-port=5070

	start_ready "listen-$f" "$SERVER" peer tcp-listen "$S" 5060
	start "connect-$f" "$PHONE" peer tcp-connect "$S" 5060
	next_event "$f"
	event_has "$f: a connection ends it" seq=2 cause=tcp-established \
		state=reachable
}

ktap_start 8
setup_pair 20
refused v4
if has_ipv6; then
	refused v6
else
	for ((i = 0; i < 4; i++)); do ktap_test_skip v6 "no IPv6"; done
fi
ktap_finished
