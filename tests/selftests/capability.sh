#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Who may use the module: CAP_NET_ADMIN over the network namespace, nothing
# less; whoever has it only over his own sees and changes nothing of others'.
# And nobody can have it loaded.  Topology: setup_pair in lib.sh; the stranger is
# root of a user namespace, with a network namespace of his own.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

parameters=/sys/module/sipover/parameters
modprobe_sysctl=/proc/sys/kernel/modprobe
asks=$(<"$modprobe_sysctl")

# What users other than root can read and run.
chmod 711 "$tmp"
nl=$tmp/sipover_nl
cp "$(command -v sipover_nl)" "$nl"
chmod 755 "$nl"

as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# in_phone COMMAND...: in the phone's network namespace
in_phone() { nsenter "--net=/run/netns/$PHONE" "$@"; }

# refused_all [COMMAND...]: each request of a sipover_nl so started is refused;
# by one process, as all it takes to start one costs 0.5 s in an emulated guest
refused_all()
{
	local said

	said=$("$@" "$nl" owner "$tmp/requests")
	[ "$said" != "$refusals" ] || return 0
	ktap_print "$said"
	return 1
}

may_add()
{
	[[ $("$@" "$nl" watch -n 0 udp "$S" 5062) == READY* ]]
}

# ----------------------------------------------------------------- stranger

in_stranger() { nsenter -t "$STRANGER" -U -n "$@"; }

# writes_nothing COMMAND...: to any parameter
writes_nothing()
{
	local was written

	was=$(cat "$parameters"/*)
	# shellcheck disable=SC2016 # for the inner shell
	written=$("$@" bash -c 'for file; do echo 1 >"$file" && echo "$file"
		done' - "$parameters"/* 2>/dev/null)
	[ -n "$written" ] || [ "$(cat "$parameters"/*)" != "$was" ] || return 0
	ktap_print "written: $written"
	return 1
}

phones() { in_ns "$PHONE" sipover_nl owner "$tmp/list"; }

strangers()
{
	local was

	was=$(phones)
	owner stranger "$PHONE" "${as_nobody[@]}" unshare -U -r -n "$nl" owner
	tell stranger add udp 127.0.0.1 5060
	STRANGER=$PID
	is "root of namespaces of his own may add a watch" "${SAID%% *}" READY
	is "... sees his record alone" \
		"$(in_stranger "$nl" servers | cut -d ' ' -f 1-5)" \
		"SERVER family=2 proto=udp addr=127.0.0.1 port=5060"
	is "... and his watch" \
		"$(in_stranger "$nl" watches | grep -c ^WATCH)" 1
	is "nobody else sees them" "$(phones)" "$was"
	tell stranger del "$WATCH"
	is "... he cannot end another's watch" "$SAID" "ERROR ENOENT"
	is "... which stays" "$(phones)" "$was"

	in_stranger ip link set lo up
	in_ns "$PHONE" peer udp-send 127.0.0.1 5060 OPTIONS >/dev/null
	next_event local
	event_has "what happens elsewhere is told there" cause=port-unreach seq=1
	in_stranger "$tmp/peer" udp-send 127.0.0.1 5060 OPTIONS >/dev/null
	next_event stranger
	event_has "... what happens to his server is told him, alone" \
		cause=port-unreach seq=1 count=1
	no_more_events "... and nobody else" local

	check "he cannot write a parameter" writes_nothing in_stranger
	check "... nor have more in the phone's namespace than he came with" \
		refused_all in_phone "${as_nobody[@]}" unshare -U -r
	check "... even with user 0" refused_all in_phone unshare -U -r
	check "... nor in the first one" refused_all unshare -U -r
}
stranger_points=13

# ------------------------------------------------------------------ loading

# The kernel asks whoever is told here for modules.
recorder()
{
	cat >"$tmp/modprobe" <<-END
		#!/bin/sh
		echo "\$*" >>$tmp/asked
		exec $(command -v modprobe) -d $tmp/modules $2 "\$@"
	END
	chmod 755 "$tmp/modprobe"
	echo "$1" >"$modprobe_sysctl"
}

at_exit() { echo "$asks" >"$modprobe_sysctl"; }

ask_for_family() { "${as_nobody[@]}" "$nl" servers; }

loading()
{
	local dir ko

	ko=${SIPOVER_KO:-$(modinfo -n sipover)}
	is "the module has no alias" "$(modinfo -F alias "$ko")" ""

	dir=$tmp/modules/lib/modules/$(uname -r)
	mkdir -p "$dir/extra" "$tmp/conf"
	cp "$ko" "$dir/extra/"
	cp "/lib/modules/$(uname -r)"/modules.* "$dir/" 2>/dev/null
	depmod -b "$tmp/modules"
	module_unload
	recorder "$tmp/modprobe" ""
	is "nobody asks for the family" "$(ask_for_family)" \
		"ERROR ENOENT module sipover is not loaded"
	check "... the kernel asks for a module of its name" \
		grep -q "net-pf-16-proto-16-family-sipover" "$tmp/asked"
	check "... and none is loaded" not_loaded

	# The same with an alias: it is the lack of one that does it.
	echo "alias net-pf-16-proto-16-family-sipover sipover" \
		>"$tmp/conf/alias.conf"
	recorder "$tmp/modprobe" "-C $tmp/conf"
	ask_for_family >/dev/null
	check "... as it would be with an alias" module_loaded
	at_exit
	module_loaded || module_load
}
loading_points=5

not_loaded() { ! module_loaded; }

# --------------------------------------------------------------------- test

ktap_start $((7 + stranger_points + loading_points))
if [ -n "${SIPOVER_MAY_UNLOAD:-}" ]; then
	loading
else
	skip "$loading_points" \
		"the module was loaded before the tests: others may use it"
fi

setup_pair
use_family v4
cp "$(command -v peer)" "$tmp/peer"
chmod 755 "$tmp/peer"
requests=("add udp $S 5060" "del 1" "server udp $S 5060" servers watches)
printf '%s\n' "${requests[@]}" >"$tmp/requests"
printf '%s\n' servers watches >"$tmp/list"
refusals=$(printf '%.0sERROR EPERM \n' "${requests[@]}")

watch local "$PHONE" udp 127.0.0.1 5060
owner handed "$PHONE"
tell handed add udp "$S" 5061
WATCH=$(field watch-id "$SAID")

check "root without the capability may do nothing" refused_all in_phone \
	setpriv --bounding-set=-net_admin --inh-caps=-net_admin
check "a user may do nothing" refused_all in_phone "${as_nobody[@]}"
check "a user with the capability may" may_add in_phone "${as_nobody[@]}" \
	--inh-caps=+net_admin --ambient-caps=+net_admin
check "... and no other" refused_all in_phone "${as_nobody[@]}" \
	--inh-caps=+net_raw --ambient-caps=+net_raw

if "${as_nobody[@]}" unshare -U -r -n true 2>/dev/null; then
	strangers
else
	skip "$stranger_points" "users have no user namespaces"
fi

tell handed nobody
tell handed add udp "$S" 5063
is "a socket handed to a user adds nothing" "$SAID" "ERROR EPERM"
tell handed del "$WATCH"
is "... ends nothing" "$SAID" "ERROR EPERM"
in_ns "$PHONE" peer udp-send "$S" 5061 OPTIONS >/dev/null
next_event handed
event_has "... and is told events" cause=port-unreach port=5061 seq=1

ktap_finished
