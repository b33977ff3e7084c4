#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An owner is killed: its watch goes, what is known of the server stays, is
# kept up to date, and the next owner adopts it.  Topology: setup_pair in
# lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

send() { in_ns "$PHONE" peer udp-send "$S" 5060 "REGISTER $1" >/dev/null; }

# watches_are N: the dump shows N watches
watches_are()
{
	local list

	list=$(in_ns "$PHONE" sipover_nl watches | grep -c "^WATCH ")
	[ "$list" = "$1" ]
}

known() { record_has udp "$S" 5060 "$@"; }

# refused_at LIMIT N: one more watch of the server with LIMIT at N is refused
refused_at()
{
	local file=/sys/module/sipover/parameters/$1 before said

	before=$(<"$file")
	echo "$2" >"$file"
	said=$(in_ns "$PHONE" sipover_nl watch -n 0 udp "$S" 5060)
	echo "$before" >"$file"
	[[ $said == "ERROR ENOSPC limit reached"* ]]
}

# asked_all: the deaf owner has, 24 times; sets ADDED and RECORDS, what it has
# of them and how many records there are
asked_all()
{
	ADDED=$(in_ns "$PHONE" sipover_nl watches | grep -c "^WATCH ")
	RECORDS=$(in_ns "$PHONE" sipover_nl servers |
		grep -c "^SERVER .* port=60[0-9][0-9] ")
}

# without_room: a socket that reads no replies asks on when they have no room
without_room()
{
	local servers=() port

	for ((port = 6000; port < 6024; port++)); do
		servers+=(udp "$S" "$port")
	done
	start deaf "$PHONE" sipover_nl watch -x -b 4096 "${servers[@]}"
	wait_line "$tmp/deaf" "ASKED *"
	asked_all
	ktap_print "$ADDED of 24 watches added, $RECORDS records"
	check "what finds no room for its reply is refused" \
		[ $((ADDED >= 1 && ADDED < 24)) = 1 ]
	is "and leaves no record behind" "$RECORDS" "$ADDED"
	stop "$PID" KILL
}

ktap_start 19
setup_pair
use_family v4

watch first "$PHONE" udp "$S" 5060
first=$PID
watch other "$PHONE" udp "$S" 5060
check "two owners of one server are listed" watches_are 2
send 1
next_event first
event_has "the first owner is told" seq=1 cause=port-unreach state=unreachable
cookie=$(field cookie)
next_event other
event_has "the other is told as well" seq=1 cause=port-unreach
check "each owner has its own cookie" [ "$cookie" != "$(field cookie)" ]
stop "$PID"

stop "$first" KILL
check "a killed owner's watch vanishes" busywait "$WAIT_MS" watches_are 0
check "the record lingers" known watches=0
check "it still says unreachable" known state=unreachable
check "it still has its count" known stat-port-unreach=1
send 2
check "it is kept up to date without an owner" \
	busywait "$WAIT_MS" known stat-port-unreach=2

watch second "$PHONE" udp "$S" 5060
second=$PID
ready=$(grep ^READY "$tmp/second")
is "a new owner adopts the state" "$(field state "$ready")" unreachable
is "and the counters" "$(field stat-port-unreach "$ready")" 2
is "and begins its own sequence" "$(field seq "$ready")" 0
start_ready echo "$SERVER" peer udp-echo "$S" 5060
send 3
next_event second
event_has "recovery is told to the new owner" seq=1 cause=heard state=reachable
check "to it alone" watches_are 1
check "no more watches of a server than its limit" refused_at max_watchers 1
check "no more owners than their limit" refused_at max_owners 1
check "a refused owner leaves nothing" watches_are 1
stop "$second"
busywait "$WAIT_MS" watches_are 0
without_room
ktap_finished
