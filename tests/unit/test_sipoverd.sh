#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The whole daemon against servers of its own, in a network namespace of its
# own (sipoverd_test.py): own socket errors, no module.
cd "$(dirname "$0")/../.." || exit 1
if [ "$(id -u)" != 0 ]; then
	echo "1..1"
	echo "ok 1 - sipoverd # SKIP needs root for a network namespace"
	exit 0
fi
exec unshare -n sh -c 'ip link set lo up && exec /usr/bin/python3 \
	tests/unit/sipoverd_test.py "$1"' sh "${BUILD:-build}"
