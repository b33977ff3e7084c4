#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The module's limits.  Each is reached, then one more is refused, with the
# limit's name and without any other effect, and there is room again when
# something has gone.  Lowered below what there is, it ends nothing.  Values out
# of range are refused.  Topology: setup_pair in lib.sh.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

parameters=/sys/module/sipover/parameters
largest=(linger_ms=600000 max_servers=4194304 max_owners=65536
	max_watches=4194304 max_watchers=4096 max_sent=134217728)
limits=(max_owners max_watches max_watchers max_servers max_sent)

# They are everybody's: what is changed is changed back.
declare -A before
for range in "${largest[@]}"; do
	before[${range%=*}]=$(<"$parameters/${range%=*}")
done

restore()
{
	local name

	for name in "${!before[@]}"; do
		echo "${before[$name]}" >"$parameters/$name"
	done
}
at_exit() { restore; }

set_limit() { echo "$2" >"$parameters/$1"; }

# ------------------------------------------------------------------ ranges

# refuses FILE ERROR VALUE: it says so, and the old value stays
refuses()
{
	local old said

	old=$(<"$1")
	said=$({ echo "$3" >"$1"; } 2>&1)
	[[ $said != *"$2" ]] || [ "$(<"$1")" != "$old" ] || return 0
	ktap_print "${1##*/}: '$3': '$said', then $(<"$1"), before $old"
	return 1
}

# takes FILE VALUE [AS]
takes()
{
	echo "$2" >"$1" && [ "$(<"$1")" = "${3:-$2}" ]
}

right_range()
{
	local file=$parameters/${1%=*} max=${1#*=} value bad=0

	for value in $((max + 1)) 4294967295 4294967296 99999999999999999999; do
		refuses "$file" "Numerical result out of range" "$value" || bad=1
	done
	for value in -1 "" " " x 1x 1.5 "1 2"; do
		refuses "$file" "Invalid argument" "$value" || bad=1
	done
	[ "$bad" = 0 ] && takes "$file" "$max" && takes "$file" 0 &&
		takes "$file" 0x10 16 && takes "$file" 010 8
}

# refused_at_load NAME VALUE: the module does not load, the log says why
refused_at_load()
{
	local said

	! said=$(module_load "$1=$2" 2>&1) && ! module_loaded &&
		[[ $said == *"Numerical result out of range"* ]] &&
		dmesg | tail -n 5 | grep -q "$2.*invalid for parameter .$1"
}

# ------------------------------------------------------------------ limits

# add NAME PROTO PORT [RING]: sets WATCH
add()
{
	tell "$1" add "$2" "$S" "${@:3}"
	if [[ $SAID != READY* ]]; then
		ktap_print "$*: $SAID"
		return 1
	fi
	WATCH=$(field watch-id "$SAID")
}

# Records and watches, by one process: in an emulated guest each costs 0.1 s.
printf '%s\n' servers watches >"$tmp/list"
all_there_is() { in_ns "$PHONE" sipover_nl owner "$tmp/list"; }

# refused NAME LIMIT PROTO PORT [RING]: with the limit's name, and no effect
refused()
{
	local now was

	was=$(all_there_is)
	tell "$1" add "$3" "$S" "${@:4}"
	now=$(all_there_is)
	[ "$SAID" = "ERROR ENOSPC limit reached: $2" ] && [ "$now" = "$was" ] &&
		return
	ktap_print "$*: '$SAID'"
	diff <(echo "$was") <(echo "$now") | sed 's/^/# /'
	return 1
}

nothing_left() { [ -z "$(all_there_is)" ]; }

try_max_owners()
{
	owner first "$PHONE"
	owner second "$PHONE"
	set_limit max_owners 1
	add first udp 5060
	check "$1: no more owners than max_owners" \
		refused second max_owners udp 5061
	check "$1: ... but more watches of one that there is" add first tcp 5060
	owner_end first
	check "$1: ... and another one when it has gone" \
		busywait "$WAIT_MS" add second udp 5061
	owner_end second
}

try_max_watches()
{
	owner first "$PHONE"
	owner second "$PHONE"
	set_limit max_watches 2
	add first udp 5060
	add first tcp 5060
	check "$1: no more watches of an owner than max_watches" \
		refused first max_watches udp 5061
	check "$1: ... but those of another one" add second udp 5061
	tell first del "$WATCH"
	is "$1: ... which ends only its own" "$SAID" "ERROR ENOENT"
	add second tcp 5060
	tell second del "$WATCH"
	check "$1: ... and one more when one has gone" add second tcp 5061
	owner_end first
	owner_end second
}

try_max_watchers()
{
	owner first "$PHONE"
	owner second "$PHONE"
	owner third "$PHONE"
	set_limit max_watchers 2
	add first udp 5060
	add second udp 5060
	check "$1: no more watches of a server than max_watchers" \
		refused third max_watchers udp 5060
	check "$1: ... but of another one" add third udp 5061
	owner_end second
	check "$1: ... and one more when one has gone" \
		busywait "$WAIT_MS" add third udp 5060
	owner_end first
	owner_end third
}

try_max_servers()
{
	owner first "$PHONE"
	owner second "$PHONE"
	set_limit max_servers 2
	add first udp 5060
	add first tcp 5060
	check "$1: no more records than max_servers" \
		refused second max_servers udp 5061
	set_limit linger_ms 600000
	tell first del "$WATCH"
	set_limit linger_ms 0
	check "$1: ... lingering ones count" refused second max_servers udp 5061
	check "$1: ... and are adopted" add second tcp 5060
	tell second del "$WATCH"
	check "$1: ... and one more when one has gone" add second udp 5061
	owner_end first
	owner_end second
}

# The sum of RING_SIZE over the records is what is counted.
try_max_sent()
{
	owner first "$PHONE"
	owner second "$PHONE"
	set_limit max_sent 64
	add first udp 5060 32
	add first udp 5061 16
	check "$1: no more sent records than max_sent" \
		refused second max_sent udp 5062 32
	check "$1: ... TCP needs none" add second tcp 5060 4096
	check "$1: ... what is left can be had" add second udp 5062 16
	check "$1: ... then nothing more" refused second max_sent udp 5063 8
	check "$1: ... no larger ring either" refused second max_sent udp 5061 32
	check "$1: ... but one that is there" add second udp 5060 32
	tell second del "$WATCH"
	set_limit linger_ms 600000
	add second tcp 5061
	owner_end first
	check "$1: ... lingering ones count" refused second max_sent udp 5063 8
	check "$1: ... do not grow" refused second max_sent udp 5060 64
	check "$1: ... and are adopted" add second udp 5060 32
	set_limit linger_ms 0
	tell second del "$WATCH"
	check "$1: what has gone leaves room to grow" add second udp 5061 32
	check "$1: ... and for others" add second udp 5063 16
	check "$1: ... and no more" refused second max_sent udp 5064 8
	owner_end second
}

# Nothing is counted when nothing is there.
sent_none()
{
	owner last "$PHONE"
	set_limit max_sent 8
	check "$1: a first ring fits" add last udp 5060 8
	tell last del "$WATCH"
	set_limit max_sent 7
	check "$1: ... only if it fits" refused last max_sent udp 5060 8
	owner_end last
}

try_family()
{
	local name

	use_family "$1"
	set_limit linger_ms 0
	for name in owners watches watchers servers sent; do
		"try_max_$name" "$1"
		restore
		set_limit linger_ms 0
		check "$1: nothing is left" busywait "$WAIT_MS" nothing_left
	done
	sent_none "$1"
	restore
}
per_family=$((3 + 4 + 3 + 4 + 12 + 5 + 2))

# ----------------------------------------------------------------- lowered

# still_told PORT: an error about a datagram reaches the owner
still_told()
{
	in_ns "$PHONE" peer udp-send "$S" "$1" OPTIONS >/dev/null
	wait_line "$tmp/first" "EVENT*cause=port-unreach*"
}

lowered()
{
	local name was

	set_limit linger_ms 0
	owner first "$PHONE"
	for name in 5060 5061 5062; do
		add first udp "$name" 64
	done
	add first tcp 5060
	was=$(all_there_is)
	for name in "${limits[@]}"; do
		set_limit "$name" 0
	done
	is "$1: lowered to 0 they end nothing" "$(all_there_is)" "$was"
	check "$1: ... and events go on" still_told 5060
	tell first del "$WATCH"
	is "$1: ... and watches can be ended" "$SAID" DONE
	tell first add tcp "$S" 5061
	is "$1: ... but not added" "$SAID" "ERROR ENOSPC limit reached: max_watches"
	owner_end first
	restore
}
lowered_points=4

ktap_start $((${#largest[@]} + 2 + 2 * (per_family + lowered_points)))
setup_pair

for range in "${largest[@]}"; do
	check "values out of range are refused: 0..${range#*=}, ${range%=*}" \
		right_range "$range"
done
restore
for family in v4 v6; do
	if [ "$family" = v6 ] && ! has_ipv6; then
		skip $((per_family + lowered_points)) "no IPv6"
		continue
	fi
	try_family "$family"
	lowered "$family"
done

if [ -z "${SIPOVER_MAY_UNLOAD:-}" ]; then
	skip 2 "the module was loaded before the tests: others may use it"
else
	module_unload
	check "a value out of range does not load" refused_at_load max_owners 65537
	check "one in range does" module_load max_owners=65536
	module_unload
	module_load
fi
ktap_finished
