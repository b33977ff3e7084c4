#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Who may use the control socket, and who misuses it (sipoverd_control_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_control_test.py"
