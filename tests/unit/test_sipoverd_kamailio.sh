#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A phone that knows its domain and no more (sipoverd_kamailio_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
if ! command -v kamailio >/dev/null; then
	echo "1..1"
	echo "ok 1 - domain # SKIP needs kamailio and kamailio-tls-modules"
	exit 0
fi
in_own_netns "$here/sipoverd_kamailio_test.py"
