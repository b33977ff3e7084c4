#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon under a journal (sipoverd_journal_test.py), which is a socket of
# the test's own, in a /run of its own.
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/sipoverd_netns.sh"
if [ "$(id -u)" = 0 ] && [ -z "${OWN_RUN:-}" ]; then
	# shellcheck disable=SC2016 # expanded by that shell
	exec env OWN_RUN=1 unshare -m sh -c 'mount --make-rprivate / &&
		mount -t tmpfs tmpfs /run && exec "$0"' "$here/${0##*/}"
fi
in_own_netns "$here/sipoverd_journal_test.py"
