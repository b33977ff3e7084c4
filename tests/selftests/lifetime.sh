#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Namespaces with watches end, and the module comes and goes, both under
# traffic; nothing is left of either.  SIPOVER_ROUNDS says how many of each.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${SIPOVER_MAY_UNLOAD:-}" ] ||
	ktap_skip_all "the module was loaded before the tests: others may use it"
need_module

rounds=${SIPOVER_ROUNDS:-8}
modprobe_sysctl=/proc/sys/kernel/modprobe
namespaces_sysctl=/proc/sys/user/max_net_namespaces
asks=$(<"$modprobe_sysctl")
most=$(<"$namespaces_sysctl")
ko=${SIPOVER_KO:-$(modinfo -n sipover)}

at_exit()
{
	echo "$asks" >"$modprobe_sysctl"
	echo "$most" >"$namespaces_sysctl"
}

# one_more N: with at most N namespaces there is room for another one, so less
# than N are alive, those counted that are about to end
one_more()
{
	local rc

	echo "$1" >"$namespaces_sysctl"
	unshare --net true 2>/dev/null
	rc=$?
	echo "$most" >"$namespaces_sysctl"
	return "$rc"
}

# room: sets ROOM to the smallest number with room for one more
room()
{
	ROOM=1
	until one_more "$ROOM"; do
		ROOM=$((ROOM + 1))
		[ "$ROOM" -lt 1000 ] || return 1
	done
}

all_gone() { busywait $((WAIT_MS * 3)) one_more "$ROOM"; }

unused() { [ "$(</sys/module/sipover/refcnt)" = 0 ]; }

not_loaded() { ! module_loaded; }

# storms ARGUMENT...: it says what it did
storms()
{
	local rc

	storm "$@" >"$tmp/storm" 2>&1
	rc=$?
	sed 's/^/# /' "$tmp/storm"
	return "$rc"
}

ktap_start 8
# Nobody is to look for a module that has just been removed.
echo >"$modprobe_sysctl"
room || ktap_skip_all "namespaces cannot be counted"

check "$rounds namespaces come and go under traffic" storms -n "$rounds"
check "... the last one ends" all_gone
check "... and nobody uses the module" busywait "$WAIT_MS" unused
module_unload
check "$rounds times the module comes and goes under traffic" \
	storms -r "$rounds" "$ko"
check "... and is gone" not_loaded
check "... and so are the namespaces" all_gone
check "it comes back" module_load
check "... used by nobody" unused
ktap_finished
