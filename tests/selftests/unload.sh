#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The module is removed while owners watch and traffic flows, and comes back.
# What it leaves behind (hooks, probes, sockets' state) would crash the next
# packet or show in the kernel log, which run.sh reads.  Topology: setup_pair
# in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${SIPOVER_MAY_UNLOAD:-}" ] ||
	ktap_skip_all "the module was loaded before the tests: others may use it"
need_module

# Errors, answers and connections without end, of watched servers.
traffic()
{
	while :; do
		peer udp-send -n 100 192.0.2.2 5060 "OPTIONS"
		peer tcp-connect 192.0.2.2 5060
		peer udp-send -n 10 2001:db8::2 5060 "OPTIONS"
	done
}

# sent_more FILE SIZE: traffic has gone on since
sent_more() { [ "$(stat -c %s "$1")" -gt "$2" ]; }

# nobody_watches: the new module knows nothing of the old one's owners, though
# their sockets are still open
nobody_watches()
{
	! in_ns "$PHONE" sipover_nl watches | grep -q WATCH
}

round()
{
	local size

	watch "udp$1" "$PHONE" udp 192.0.2.2 5060
	watch "udp6$1" "$PHONE" udp 2001:db8::2 5060
	watch "tcp$1" "$PHONE" tcp 192.0.2.2 5060
	next_event "udp$1"
	event_has "$1: events before" cause=port-unreach seq=1
	next_event "tcp$1"
	event_has "$1: of a connection, too" cause=tcp-refused seq=1

	check "$1: removed under traffic" module_unload
	check "$1: it is gone" not module_loaded
	size=$(stat -c %s "$tmp/traffic")
	check "$1: traffic goes on without it" \
		busywait "$WAIT_MS" sent_more "$tmp/traffic" $((size + 200))
	check "$1: it comes back" module_load
	check "$1: with nothing of before" nobody_watches
}

not() { ! "$@"; }

ktap_start 14
setup_pair
export -f traffic
start traffic "$PHONE" bash -c traffic

round first
round second

ktap_finished
