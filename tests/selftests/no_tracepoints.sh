#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Without tracepoints the verdicts on TCP are read from the sockets: the tests
# of TCP pass as they do with them.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "${SIPOVER_MAY_UNLOAD:-}" ] ||
	ktap_skip_all "the module was loaded before the tests: others may use it"
need_module

tests=(tcp_refused.sh tcp_rst.sh tcp_fin.sh tcp_ends.sh tcp_icmp.sh tcp_rejects.sh
	tcp_forged.sh tcp_retransmit.sh forged.sh)

# passes TEST: with the module as it is loaded now
passes()
{
	SIPOVER_STOP_EARLY='' bash "$here/$1" >"$tmp/$1" 2>&1 && return
	sed 's/^/# /' "$tmp/$1"
	return 1
}

ktap_start $((1 + ${#tests[@]}))
module_unload
module_load tracepoints=0
is "no tracepoints" "$(</sys/module/sipover/parameters/tracepoints)" N
for test in "${tests[@]}"; do
	check "$test" passes "$test"
done
module_unload
module_load
ktap_finished
