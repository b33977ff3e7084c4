#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# An owner that lost messages (ENOBUFS, a gap in their numbers) asks for a dump
# of the records: its picture of states and counters is then that of the
# records, and stays so by the events that follow.  Topology: setup_pair in
# lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

SERVERS=6 STORM=3000
POINTS=12

# settled FILE: the words of PICTURE or SERVER lines that both have, sorted
settled()
{
	awk -v addr="$S" '
		(/^PICTURE / || /^SERVER /) && index($0, " addr=" addr " ") {
			key = said = ""
			for (i = 2; i <= NF; i++) {
				if ($i ~ /^port=/)
					key = $i
				if ($i ~ /^(state=|stat-)/)
					said = said " " $i
			}
			picture[key] = said
		}
		END { for (key in picture) print key picture[key] }' "$1" | sort
}

# picture NAME PID: sets PICTURE, RESYNCS and PENDING to what the owner knows
picture()
{
	local n line

	n=$(grep -c ^PICTURED "$tmp/$1")
	kill -USR1 "$2"
	wait_line "$tmp/$1" "PICTURED*" $((n + 1))
	line=$(grep ^PICTURED "$tmp/$1" | tail -n 1)
	RESYNCS=$(field resyncs "$line") PENDING=$(field pending "$line")
	PICTURE=$(settled "$tmp/$1")
}

records()
{
	in_ns "$PHONE" sipover_nl servers >"$tmp/records"
	RECORDS=$(settled "$tmp/records")
}

# same NAME PID: the owner knows what the records say
same()
{
	picture "$1" "$2"
	records
	[ "$PENDING" = 0 ] && [ "$PICTURE" = "$RECORDS" ]
}

# known DESCRIPTION NAME PID
known()
{
	if busywait "$WAIT_MS" same "$2" "$3"; then
		ktap_test_pass "$1"
	else
		diff <(echo "$RECORDS") <(echo "$PICTURE") | sed 's/^/# /'
		ktap_print "pending=$PENDING resyncs=$RESYNCS"
		ktap_test_fail "$1"
	fi
}

storm_of() { in_ns "$PHONE" hail real -n "$1" -k 4 -p $SERVERS "$S" 5060 >/dev/null; }

# recover PORT: something comes from the server
recover()
{
	local echo

	start_ready "echo-$f-$1" "$SERVER" peer udp-echo "$S" "$1"
	echo=$PID
	in_ns "$PHONE" peer udp-send -r "$S" "$1" "OPTIONS" >/dev/null
	stop "$echo"
}

# Errors one by one, a recovery and an error of the recovered one again.
more()
{
	storm_of $SERVERS
	recover 5062
	storm_of 4
}

no_room()
{
	local name=full-$f owner before

	watch "$name" "$PHONE" -s -b 4096 -r 1024 "${servers[@]}"
	owner=$PID
	known "$f: no room: the picture is right before" "$name" "$owner"
	halt "$owner"
	storm_of $STORM
	recover 5061
	recover 5063
	storm_of 1
	go_on "$owner"
	known "$f: no room: and when there is again" "$name" "$owner"
	check "$f: no room: ENOBUFS was seen" grep -q ^OVERRUN "$tmp/$name"
	check "$f: no room: a dump was asked for" [ "$RESYNCS" -ge 1 ]
	before=$RESYNCS
	more
	known "$f: no room: events keep it right" "$name" "$owner"
	is "$f: no room: without another dump" "$RESYNCS" "$before"
	stop "$owner"
}

lost()
{
	local name=lossy-$f owner before

	watch "$name" "$PHONE" -s -l 3 -r 1024 "${servers[@]}"
	owner=$PID
	storm_of $STORM
	recover 5060
	recover 5064
	# The last one of all may be the one that is lost: nobody would know.
	storm_of $((2 * SERVERS))
	busywait "$WAIT_MS" grep -q ^GAP "$tmp/$name"
	check "$f: lost: a gap was seen" grep -q ^GAP "$tmp/$name"
	check "$f: lost: the record is as good as ever" \
		busywait "$WAIT_MS" after_a_gap "$name" "$owner"
	check "$f: lost: a dump was asked for" [ "$RESYNCS" -ge 1 ]
	before=$RESYNCS
	more
	check "$f: lost: the next gap, too, ends in the truth" \
		busywait "$WAIT_MS" after_a_gap "$name" "$owner"
	check "$f: lost: by another dump" [ "$RESYNCS" -gt "$before" ]
	stop "$owner"
}

# after_a_gap NAME PID: the same, once nothing is lost any more.  An event that
# was lost without another one behind it shows by the next one.
after_a_gap()
{
	same "$1" "$2" && return
	storm_of 1
	return 1
}

# In the middle of a storm of which much is lost, and at its end.
during()
{
	local name=during-$f owner

	watch "$name" "$PHONE" -s -l 2 -b 4096 -r 1024 "${servers[@]}"
	owner=$PID
	storm_of $STORM
	check "$f: in a storm: the picture is right at its end" \
		busywait "$WAIT_MS" after_a_gap "$name" "$owner"
	ktap_print "$f: in a storm: $RESYNCS dumps"
	stop "$owner"
}

ktap_start $((2 * POINTS))
setup_pair
for f in v4 v6; do
	if [ $f = v6 ] && ! has_ipv6; then
		skip $POINTS "no IPv6"
		continue
	fi
	use_family $f
	servers=()
	for ((i = 0; i < SERVERS; i++)); do
		servers+=(udp "$S" $((5060 + i)))
	done
	know_server
	no_room
	lost
	during
done
ktap_finished
