#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The whole daemon as in test_sipoverd.sh, on the io_uring of Linux 5.10.
here=$(dirname "$0")
"${BUILD:-build}/unit/old_kernel" true
if [ $? = 125 ]; then
	echo "ok 1 - sipoverd # SKIP no seccomp user notification"
	echo "1..1"
	exit 0
fi
exec "${BUILD:-build}/unit/old_kernel" bash "$here/test_sipoverd.sh"
