#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon over TLS against real registrars (sipoverd_tls_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
if ! command -v kamailio >/dev/null; then
	echo "1..1"
	echo "ok 1 - TLS # SKIP needs kamailio and kamailio-tls-modules"
	exit 0
fi
in_own_netns "$here/sipoverd_tls_test.py"
