#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Session timers and hold (sipoverd_session_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_session_test.py"
