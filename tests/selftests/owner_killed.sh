#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Owners are killed at any point, in a storm: while they start, add watches,
# wait for answers that they never read, dump, resynchronise, or stand still with
# a full socket.  Nothing of them is left behind; the records linger, count on,
# are adopted by the next owner, and go in the end.  SIPOVER_SEED chooses other
# points.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

ROUNDS=100 SERVERS=3
parameters=/sys/module/sipover/parameters

# A process that has been waited for has closed its socket: no time is given.
nothing_left()
{
	local list

	list=$(in_ns "$PHONE" sipover_nl watches)
	[[ $list != *WATCH* && $list != *ERROR* ]] && return
	ktap_print "$list"
	return 1
}

# died_at DESCRIPTION PHASE: some were killed there
died_at()
{
	local n

	n=$(grep -c "^DEATH at=$2 " "$tmp/deaths")
	ktap_print "$n of $ROUNDS: $2"
	check "$1" [ "$n" -ge 1 ]
}

# counted FAMILY: sets COUNTED and MISMATCHED, of all records of the family
counted()
{
	read -r COUNTED MISMATCHED < <(in_ns "$PHONE" sipover_nl servers |
		awk -v family="$1" 'index($0, " family=" family " ") {
			for (i = 2; i <= NF; i++) {
				split($i, word, "=")
				sum[word[1]] += word[2]
			}
		}
		END { print sum["stat-port-unreach"] + 0, sum["mismatched"] + 0 }')
}

# every_error v4|v6 FAMILY: sets RECEIVED; what the storm has left in a queue may
# be on its way still
every_error()
{
	RECEIVED=$(($(unreach "$1" "$witness") - ${base[$1]}))
	counted "$2"
	[ $((COUNTED + MISMATCHED)) = "$RECEIVED" ]
}

# truth v4|v6 FAMILY: every error is in a record
truth()
{
	busywait "$WAIT_MS" every_error "$1" "$2"
	ktap_print "$1: $RECEIVED errors, $COUNTED counted," \
		"$MISMATCHED of datagrams that were not recorded"
	is "$1: the records count every error" $((COUNTED + MISMATCHED)) \
		"$RECEIVED"
	check "$1: of a storm" [ "$COUNTED" -ge 1000 ]
}

servers_are()
{
	[ "$(in_ns "$PHONE" sipover_nl servers | grep -c ^SERVER)" = "$1" ]
}

# Its own words against the records'.
adopted()
{
	diff <(grep -o " addr=.*" "$tmp/heir" | sort) \
		<(in_ns "$PHONE" sipover_nl servers | grep -o " addr=.*" | sort)
}

storms=()
declare -A base
families=(v4)
! has_ipv6 || families+=(v6)

begin_storm()
{
	local f=$1

	use_family "$f"
	base[$f]=$(unreach "$f" "$witness")
	start "storm-$f" "$PHONE" hail real -n 0 -k 8 -p $SERVERS -w 20 \
		"$S" 5060
	storms+=("$PID")
}

ktap_start 17
setup_pair
# Somebody in the phone's namespace, whose view of it can be read.
start_ready witness "$PHONE" peer udp-sink 127.0.0.1 9
witness=$PID
servers=()
for f in "${families[@]}"; do
	use_family "$f"
	know_server
	for ((i = 0; i < SERVERS; i++)); do
		servers+=(udp "$S" $((5060 + i)))
	done
done
watch first "$PHONE" -r 4096 "${servers[@]}"
first=$PID
for f in "${families[@]}"; do
	begin_storm "$f"
done
next_event first
event_has "an owner is told" cause=port-unreach
stop "$first" KILL
check "it is killed: nothing of it is left" nothing_left 0

in_ns "$PHONE" sipover_nl deaths $ROUNDS "${SIPOVER_SEED:-4711}" \
	"${servers[@]}" >"$tmp/deaths"
is "$ROUNDS owners are killed, and none leaves a watch" \
	"$(grep -c "^DEATH .* left=0" "$tmp/deaths")" $ROUNDS
grep -v " left=0" "$tmp/deaths" | sed 's/^/# /'
died_at "before its first watch" started
died_at "while it asked for watches" asked
died_at "while it was told" told
died_at "while it dumped, and did not read" dumps
died_at "while it resynchronised" resyncs
died_at "with a full socket" full

for pid in "${storms[@]}"; do
	stop "$pid"
done
truth v4 2
if has_ipv6; then truth v6 10; else skip 2 "no IPv6"; fi
before=$(<$parameters/max_owners)
echo 1 >$parameters/max_owners
start heir "$PHONE" sipover_nl watch "${servers[@]}"
heir=$PID
check "no owner is left that would count" \
	wait_line "$tmp/heir" "READY*" $((${#servers[@]} / 3))
echo "$before" >$parameters/max_owners
check "the last owner adopts what the records say" adopted
before=$(<$parameters/linger_ms)
echo 100 >$parameters/linger_ms
stop "$heir" KILL
check "the records go" busywait "$WAIT_MS" servers_are 0
echo "$before" >$parameters/linger_ms
if [ -n "${SIPOVER_MAY_UNLOAD:-}" ]; then
	check "the module can go" module_unload
	module_load
else
	ktap_test_skip "the module can go" "it was loaded before the tests"
fi
ktap_finished
