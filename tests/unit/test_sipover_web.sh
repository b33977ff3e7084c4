#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sipover-web as a process (sipover_web_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipover_web_test.py"
