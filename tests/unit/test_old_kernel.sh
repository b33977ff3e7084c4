#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The I/O on the io_uring of Linux 5.10 (old_kernel.c): no buffer rings, so no
# multishot, none of the newer setup flags, no timed wait.
build=${BUILD:-build}
old="$build/unit/old_kernel"
n=0 bad=0

# point STATUS TEXT
point()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		bad=1
		echo "not ok $n - $2"
	fi
}

"$old" true
if [ $? = 125 ]; then
	echo "ok 1 - old kernel # SKIP no seccomp user notification"
	echo "1..1"
	exit 0
fi
"$old" bash -c 'exit 7'
[ $? = 7 ]; point $? "the command's status"

# Skipped points are those of multishot: of no interest to the reader.
for name in ring udp tcp control netlink burst short races; do
	out=$("$old" "$build/unit/test_io_$name" 2>&1)
	status=$?
	[ $status = 0 ] && ! grep -q '^not ok' <<<"$out" && grep -q '^1\.\.' <<<"$out"
	point $? "test_io_$name as in 5.10 (status $status)"
	case $name in
	ring)
		# IORING_SETUP_CQSIZE and _CLAMP; up to IORING_FEAT_POLL_32BITS.
		grep -qx '# multishot 0 flags 0x18 features 0x7f' <<<"$out"
		point $? "it was 5.10's ring" ;;
	udp | burst)
		grep -q '^ok .*multishot.*# SKIP' <<<"$out"
		point $? "$name: without multishot" ;;
	esac
	grep -q '^not ok' <<<"$out" && sed 's/^/# /' <<<"$out"
done
echo "1..$n"
exit $bad
