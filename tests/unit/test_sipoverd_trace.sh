#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The last messages and events, as sipoverctl trace asks (sipoverd_trace_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_trace_test.py"
