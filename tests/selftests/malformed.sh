#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Malformed requests are refused with an error and a reason, leave nothing
# behind, and do not disturb a watch that is there.  Topology: setup_pair in
# lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

# Numbers of the contract: enum sipover_cmd, enum sipover_attr.
ADD=1 DEL=2 WATCHES=3 SERVER_GET=4 EVENT=5
WATCH_ID=2 FAMILY=6 PROTO=7 ADDR4=8 ADDR6=9 PORT=10 RING=11

# attr TYPE HEX [LEN]: one attribute in hex; LEN: what its header claims
attr()
{
	local n=$((${#2} / 2)) len pad

	len=${3:-$((n + 4))}
	pad=$(((4 - n % 4) % 4))
	printf '%02x%02x%02x%02x%s%.*s' $((len & 255)) $((len >> 8)) \
		$(($1 & 255)) $(($1 >> 8)) "$2" $((2 * pad)) 000000
}

hex16() { printf '%02x%02x' $(($1 & 255)) $(($1 >> 8)); }
hex32() { printf '%s%s' "$(hex16 $(($1 & 65535)))" "$(hex16 $(($1 >> 16)))"; }

good4="$(attr $FAMILY 02)$(attr $PROTO 11)$(attr $ADDR4 c0000202)"
port=$(attr $PORT 13c4)
any6=00000000000000000000000000000000

# refused DESCRIPTION CMD HEX [ERROR]
refused()
{
	local verdict name _

	read -r verdict name _ < <(in_ns "$PHONE" sipover_nl raw "$2" "$3")
	is "$1" "$verdict $name" "ERROR ${4:-EINVAL}"
}

watches() { in_ns "$PHONE" sipover_nl watches | grep -c '^WATCH '; }

ktap_start 27
setup_pair
use_family v4
watch owner "$PHONE" udp "$S" 5060

refused "nothing at all" $ADD ""
refused "no port" $ADD "$good4"
refused "no address" $ADD "$(attr $FAMILY 02)$(attr $PROTO 11)$port"
refused "port 0" $ADD "$good4$(attr $PORT 0000)"
refused "a protocol that is neither" $ADD \
	"$(attr $FAMILY 02)$(attr $PROTO 84)$(attr $ADDR4 c0000202)$port"
refused "a family that is neither" $ADD \
	"$(attr $FAMILY 07)$(attr $PROTO 11)$(attr $ADDR4 c0000202)$port"
refused "IPv6 with an IPv4 address" $ADD \
	"$(attr $FAMILY 0a)$(attr $PROTO 11)$(attr $ADDR4 c0000202)$port"
refused "two addresses" $ADD "$good4$(attr $ADDR6 $any6)$port"
refused "address 0.0.0.0" $ADD \
	"$(attr $FAMILY 02)$(attr $PROTO 11)$(attr $ADDR4 00000000)$port"
refused "a multicast address" $ADD \
	"$(attr $FAMILY 02)$(attr $PROTO 11)$(attr $ADDR4 e0000001)$port"
refused "ring size 0" $ADD "$good4$port$(attr $RING "$(hex32 0)")"
refused "ring size 7" $ADD "$good4$port$(attr $RING "$(hex32 7)")"
refused "ring size 2^31" $ADD "$good4$port$(attr $RING 00000080)"
refused "a port of one byte" $ADD "$good4$(attr $PORT 13)"
refused "an address of three bytes" $ADD \
	"$(attr $FAMILY 02)$(attr $PROTO 11)$(attr $ADDR4 c00002)$port"
refused "an attribute longer than the message" $ADD \
	"$good4$(attr $PORT 13c4 64)"
refused "an attribute of no length" $ADD "$good4$(attr $PORT 13c4 0)"
refused "an attribute that nobody knows" $ADD "$good4$port$(attr 99 00)"
refused "an attribute of another command" $ADD \
	"$good4$port$(attr $WATCH_ID "$(hex32 1)")"
refused "delete without an id" $DEL ""
refused "delete what is not there" $DEL "$(attr $WATCH_ID "$(hex32 4000000000)")" \
	ENOENT
refused "server get of nothing" $SERVER_GET ""
refused "an event is no request" $EVENT "" EOPNOTSUPP
refused "watch get asks for all only" $WATCHES "" EOPNOTSUPP

# Random bytes: whatever the answer, the module lives and keeps nothing.
RANDOM=4711
for ((i = 0; i < 60; i++)); do
	bytes=
	for ((n = RANDOM % 40; n > 0; n--)); do
		bytes+=$(hex16 $RANDOM)
	done
	in_ns "$PHONE" sipover_nl raw $((RANDOM % 7)) "$bytes" >/dev/null
done
is "no watch was added by any of them" "$(watches)" 1
in_ns "$PHONE" peer udp-send "$S" 5060 "REGISTER" >/dev/null
next_event owner
event_has "the watch that was there works" seq=1 cause=port-unreach
server "$PHONE" udp "$S" 5060
is "and its record is whole" "$(field stat-port-unreach "$RECORD")" 1
ktap_finished
