#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh [TEST...]: run the module's tests on this machine, as root; KTAP on
# stdout; status 0 only if no test failed.  It needs bash 5, iproute2, nftables
# and the helpers of the Makefile.
#
# The module is taken from SIPOVER_KO, else by modprobe, and removed at the end
# unless it was there before.  A test fails also by its time (settings, or
# kselftest_override_timeout seconds, as in the kernel's own runner) or if the
# kernel log holds a warning since the test began.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
PATH=$PATH:/usr/sbin:/sbin

tests=(icmp_port_unreach.sh icmp_host_unreach.sh icmp_codes.sh icmp_router.sh
	icmp_own.sh tcp_refused.sh tcp_rst.sh tcp_fin.sh tcp_ends.sh
	tcp_icmp.sh tcp_rejects.sh tcp_forged.sh tcp_retransmit.sh
	no_tracepoints.sh neigh.sh unanswered.sh udp_paths.sh udp_quotes.sh
	nat.sh forged.sh flood.sh owner.sh owners.sh owner_killed.sh
	limits.sh capability.sh delivery.sh storm.sh flush.sh resync.sh
	malformed.sh unload.sh lifetime.sh)
[ $# = 0 ] || tests=("$@")
limit=${kselftest_override_timeout:-$(sed -n 's/^timeout=//p' "$here/settings")}

bail_out()
{
	echo "Bail out! $*"
	exit 1
}

[ "$(id -u)" = 0 ] || bail_out "the tests need root"
for tool in sipover_nl peer forge flood hail offload storm; do
	[ -x "${SIPOVER_SELFTEST_BIN:-$here}/$tool" ] ||
		bail_out "$tool is not built: make -C tests/selftests"
done

loaded_here=0
if [ ! -d /sys/module/sipover ]; then
	if [ -n "${SIPOVER_KO:-}" ]; then
		insmod "$SIPOVER_KO" || bail_out "insmod $SIPOVER_KO"
	else
		modprobe sipover || bail_out "modprobe sipover"
	fi
	loaded_here=1
fi
# unload.sh removes the module only where that disturbs nobody.
if [ "$loaded_here" = 1 ] || [ -n "${SIPOVER_GUEST:-}" ]; then
	export SIPOVER_MAY_UNLOAD=1
fi

# splats_since MARK: the lines of the kernel log that condemn a test.  All of
# the log counts if so much was logged that the mark is gone.
splats_since()
{
	dmesg | awk -v mark="$1" '{ log_ = log_ $0 "\n" }
		index($0, mark) { log_ = "" }
		END { printf "%s", log_ }' | grep -E -f "$here/splats"
}

echo "TAP version 13"
echo "1..${#tests[@]}"
number=0 failed=0
for test in "${tests[@]}"; do
	number=$((number + 1))
	mark=sipover-selftest-$$-$number
	echo "$mark $test" >/dev/kmsg
	echo "# selftests: sipover: $test"
	begin=${EPOCHREALTIME/[.,]/}
	timeout -k 5 "$limit" bash "$here/$test" 2>&1 </dev/null | sed -u 's/^/# /'
	status=${PIPESTATUS[0]}
	took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))

	verdict="ok $number selftests: sipover: $test"
	case $status in
	0) ;;
	4) verdict="$verdict # SKIP" ;;
	124|137) verdict="not $verdict # TIMEOUT $limit seconds" ;;
	*) verdict="not $verdict # exit=$status" ;;
	esac
	if splats=$(splats_since "$mark"); then
		sed 's/^/# kernel: /' <<<"$splats"
		verdict="not ok $number selftests: sipover: $test # kernel log"
	fi
	echo "# $took ms"
	echo "$verdict"
	case $verdict in not*) failed=$((failed + 1)) ;; esac
done

[ "$loaded_here" = 0 ] || rmmod sipover || failed=$((failed + 1))
echo "# $failed of $number failed"
[ "$failed" = 0 ]
