# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of the daemon as a process.

# in_own_netns TEST.py: becomes that test, alone with a loopback device.
in_own_netns()
{
	if [ "$(id -u)" != 0 ]; then
		echo "1..1"
		echo "ok 1 - sipoverd # SKIP needs root for a network namespace"
		exit 0
	fi
	exec unshare -n sh -c 'ip link set lo up
		for i in 1 2 9; do
			ip addr add 2001:db8::$i/128 dev lo nodad
		done
		exec /usr/bin/python3 "$@"' sh "$1" "${BUILD:-build}"
}
