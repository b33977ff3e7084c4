#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# When and how often the owner is told: an error alone at once; in a storm no
# more than one message for each server in a flush period, of 20 ms; and when
# it has read what filled its socket, all that is left by the next try.  Times
# are the kernel's (CLOCK_BOOTTIME).  A busy machine may run work and the owner
# late, never early: how long something took is judged by the best third of
# many rounds, numbers of messages strictly.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

ROUNDS=12
# A flush period is 20 ms in jiffies, the one under way not counted.
PERIOD_MIN_MS=16
# Two periods, and the owner's time to wake up.
SOON_MS=50
SERVERS=64 STORM=6000
POINTS=10

# servers N: sets SERVER_LIST to so many
servers()
{
	local i

	SERVER_LIST=()
	for ((i = 0; i < $1; i++)); do
		SERVER_LIST+=(udp "$S" $((5060 + i)))
	done
}

# best NUMBER...: sets BEST to the largest of the lowest third
best()
{
	local sorted

	mapfile -t sorted < <(printf '%s\n' "$@" | sort -n)
	BEST=${sorted[($# + 2) / 3 - 1]}
}

alone()
{
	local f=$1 i late=()

	watch "alone-$f" "$PHONE" -a udp "$S" 5060
	for ((i = 0; i < ROUNDS; i++)); do
		in_ns "$PHONE" hail real "$S" 5060 >/dev/null
		next_event "alone-$f" || break
		late+=($((($(field at) - $(field time)) / 1000)))
		apart
	done
	ktap_print "$f: told after ${late[*]} us"
	is "$f: each error alone is told" ${#late[@]} $ROUNDS
	# What has to wait is told without a quote.
	is "$f: at once" "$(grep -c "^EVENT.* cause=port-unreach .* quote=" \
		"$tmp/alone-$f")" $ROUNDS
	stop "$PID"
}

# too_soon NAME: how many messages came too soon.  What a server's second message
# after this one tells of happened after the first was sent, which was a period
# after this one: the time of the one is a period behind that of the other.  So
# is that of the third one by two periods: who sends one too many in each flush
# passes the first rule, but not this one.
too_soon()
{
	awk -v period=$((PERIOD_MIN_MS * 1000000)) '
		/^EVENT.* cause=port-unreach / {
			for (i = 2; i <= NF; i++) {
				split($i, word, "=")
				is[word[1]] = word[2]
			}
			port = is["port"]
			k = ++n[port]
			at[port, k] = is["time"]
			for (d = 2; d <= 3 && d < k; d++)
				if (at[port, k] - at[port, k - d] < (d - 1) * period)
					bad++
		}
		END { print bad + 0 }' "$tmp/$1"
}

# All servers fail, and one of them more than all others.
sparingly()
{
	local f=$1 before received owner ring

	servers $SERVERS
	# Answers may come late: a ring that holds all that can be under way.
	watch "ring-$f" "$PHONE" -r 4096 udp "$S" 5060
	ring=$PID
	watch "busy-$f" "$PHONE" -r 256 "${SERVER_LIST[@]}"
	owner=$PID
	before=$(unreach "$f" "$owner")
	start "hot-$f" "$PHONE" hail real -n $STORM "$S" 5060
	in_ns "$PHONE" hail real -n $STORM -k 8 -p $SERVERS "$S" 5060 \
		>/dev/null
	wait_line "$tmp/hot-$f" "SENT*"
	received=$(($(unreach "$f" "$owner") - before))
	busywait "$WAIT_MS" all_counted "busy-$f" "$received"
	ktap_print "$f: $received errors, $EVENTS messages"
	check "$f: a storm" [ "$received" -ge $STORM ]
	is "$f: all of it is told" "$COUNTED" "$received"
	is "$f: once in a period for each server" "$(too_soon "busy-$f")" 0
	is "$f: without a gap" "$GAPS" 0
	stop "$owner"
	stop "$ring"
}

# tries_at_least PID N
tries_at_least() { netlink_socket "$1"; [ "$DROPS" -ge "$2" ]; }

# The socket has room for some of 8 servers' messages, of 896 or 1280 bytes by
# kernel, and then for all others, which wait.  Between its first message and
# its last the owner only reads.
again()
{
	local f=$1 owner i n bounds=() took=() tries=() told=0

	servers 8
	watch "full-$f" "$PHONE" -a -b 2560 "${SERVER_LIST[@]}"
	owner=$PID
	for ((i = 1; i <= ROUNDS; i++)); do
		halt "$owner"
		netlink_socket "$owner"
		in_ns "$PHONE" hail real -n 32 -p 8 "$S" 5060 >"$tmp/few"
		busywait "$WAIT_MS" tries_at_least "$owner" $((DROPS + 1))
		n=$DROPS
		go_on "$owner"
		busywait "$WAIT_MS" all_counted "full-$f" $((32 * i)) || {
			ktap_print "$f: $(<"$tmp/few"), $COUNTED told"
			break
		}
		netlink_socket "$owner"
		tries+=($((DROPS - n)))
		told=$i
		bounds+=("$EVENTS")
	done
	mapfile -t took < <(awk -v ends="${bounds[*]}" '
		BEGIN { rounds = split(ends, end, " "); round = 1 }
		/^EVENT.* cause=port-unreach / {
			n++
			for (i = 2; i <= NF; i++)
				if ($i ~ /^at=/)
					at = substr($i, 4) / 1000
			if (!begun) { begin = at; begun = 1 }
			if (n == end[round]) {
				printf "%d\n", at - begin
				begun = 0
				round++
			}
		}' "$tmp/full-$f")
	ktap_print "$f: the rest came after ${took[*]} us," \
		"${tries[*]} more tries without room"
	is "$f: what had no room is told when there is" $told $ROUNDS
	best "${tries[@]:-1000}"
	check "$f: by the next try" [ "$BEST" -le 1 ]
	best "${took[@]:-1000000}"
	check "$f: soon" [ "$BEST" -le $((SOON_MS * 1000)) ]
	check "$f: the socket was full" [ "$OVERRUNS" -ge $((ROUNDS / 2)) ]
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
	know_server
	alone $f
	sparingly $f
	again $f
done
ktap_finished
