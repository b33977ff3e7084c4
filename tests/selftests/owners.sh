#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Owners of the same servers do not know of each other: each is told
# everything, by its own numbers, also beside one that never reads, whose
# socket is full.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

STORM=10000 SERVERS=4 ALONE=12
JOINING=5
POINTS=15

# full PID: its socket has refused something
full() { netlink_socket "$1"; [ "${DROPS:-0}" -ge 1 ]; }

# told NAME: what the events of NAME say, without what is each owner's
told()
{
	awk '/^EVENT.* cause=port-unreach / {
		line = ""
		for (i = 2; i <= NF; i++)
			if ($i !~ /^(watch-id|cookie|at)=/)
				line = line " " $i
		print line }' "$tmp/$1"
}

cookie_of()
{
	local line

	read -r line <"$tmp/$1"
	field cookie "$line"
}

# deaf BESIDE: an owner that never reads, its socket full
deaf()
{
	watch "deaf-$f" "$PHONE" -b 4096 -r 4096 "${servers[@]}"
	DEAF=$PID
	halt "$DEAF"
	for ((i = 0; i < 100; i++)); do
		full "$DEAF" && break
		in_ns "$PHONE" hail real -n $((SERVERS * 4)) -p $SERVERS \
			"$S" 5060 >/dev/null
	done
}

family()
{
	local first second before received i n

	watch "first-$f" "$PHONE" -r 4096 "${servers[@]}"
	first=$PID
	before=$(unreach "$f" "$first")
	deaf
	check "$f: one owner's socket is full" full "$DEAF"
	received=$(($(unreach "$f" "$first") - before))
	busywait "$WAIT_MS" all_counted "first-$f" "$received"
	is "$f: the other one was told meanwhile" "$COUNTED $GAPS" "$received 0"

	watch "second-$f" "$PHONE" -r 4096 "${servers[@]}"
	second=$PID
	is "$f: one that comes later begins with number 0" \
		"$(field seq "$(head -n 1 "$tmp/second-$f")")" 0
	check "$f: each has its own cookie" [ \
		"$(cookie_of "first-$f")" != "$(cookie_of "second-$f")" ]

	# One by one, so that nothing is put together.
	apart
	account "first-$f"
	n=$EVENTS
	events_read[second-$f]=0
	for ((i = 0; i < ALONE; i++)); do
		in_ns "$PHONE" hail real "$S" $((5060 + i % SERVERS)) >/dev/null
		next_event "second-$f" || break
		apart
	done
	account "second-$f"
	is "$f: the later one is told each error" \
		"$EVENTS $COUNTED $GAPS" "$ALONE $ALONE 0"
	all_counted "first-$f" $((received + ALONE)) ||
		busywait "$WAIT_MS" all_counted "first-$f" $((received + ALONE))
	is "$f: and the first one, too" "$((EVENTS - n)) $COUNTED $GAPS" \
		"$ALONE $((received + ALONE)) 0"
	is "$f: both are told the same" \
		"$(told "first-$f" | tail -n $ALONE | sed 's/ seq=[0-9]*//')" \
		"$(told "second-$f" | sed 's/ seq=[0-9]*//')"
	# What has to wait is told without a quote.
	is "$f: at once: the full one delays nothing" \
		"$(told "first-$f" | tail -n $ALONE | grep -c " quote=")" $ALONE

	before=$(unreach "$f" "$first")
	in_ns "$PHONE" hail real -n $STORM -k 8 -p $SERVERS "$S" 5060 \
		>/dev/null
	n=$(($(unreach "$f" "$first") - before))
	check "$f: a storm" [ $n -ge $((STORM / 2)) ]
	busywait "$WAIT_MS" all_counted "second-$f" $((ALONE + n))
	is "$f: the later one is told all of it" \
		"$COUNTED $GAPS" "$((ALONE + n)) 0"
	busywait "$WAIT_MS" all_counted "first-$f" $((received + ALONE + n))
	is "$f: the first one as well" \
		"$COUNTED $GAPS" "$((received + ALONE + n)) 0"
	account "deaf-$f"
	is "$f: the full one has read nothing" "$EVENTS" 0
	go_on "$DEAF"
	busywait "$WAIT_MS" all_counted "deaf-$f" $((received + ALONE + n))
	is "$f: it is told all when it reads" \
		"$COUNTED $GAPS" "$((received + ALONE + n)) 0"
	check "$f: and that it had no room" [ "$OVERRUNS" -ge 1 ]
	stop "$DEAF"
	stop "$first"
	stop "$second"
}

# whole NAME: what the record said at first and the events since
whole()
{
	local line

	account "$1"
	read -r line <"$tmp/$1"
	echo $(($(field stat-port-unreach "$line") + COUNTED))
}

# all_of_it: each that joined knows of all errors
all_of_it()
{
	local i

	server "$PHONE" udp "$S" 5070
	for ((i = 0; i < JOINING; i++)); do
		WHOLE[i]=$(whole "join-$f-$i")
		[ "${WHOLE[i]}" = "$(field stat-port-unreach "$RECORD")" ] ||
			return 1
	done
}

# Owners that come in the middle of a storm.
joining()
{
	local storm i joined=() want=""

	watch "hold-$f" "$PHONE" -r 4096 udp "$S" 5070
	joined=("$PID")
	start "storm-$f" "$PHONE" hail real -n 0 -k 8 "$S" 5070
	storm=$PID
	next_event "hold-$f"
	for ((i = 0; i < JOINING; i++)); do
		watch "join-$f-$i" "$PHONE" udp "$S" 5070
		joined+=("$PID")
		next_event "join-$f-$i"
	done
	stop "$storm"
	WHOLE=()
	busywait "$WAIT_MS" all_of_it
	for ((i = 0; i < JOINING; i++)); do
		want="$want $(field stat-port-unreach "$RECORD")"
	done
	is "$f: who joins in a storm is told all, and nothing twice" \
		" ${WHOLE[*]}" "$want"
	for i in "${joined[@]}"; do
		stop "$i"
	done
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
	joining
	family
done
ktap_finished
