#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sipoverctl on a terminal (sipoverctl_live_test.py).
here=$(dirname "$0")
exec /usr/bin/python3 "$here/sipoverctl_live_test.py" \
	"${BUILD:-build}/sipoverctl" "$here/fake_sipoverd.py"
