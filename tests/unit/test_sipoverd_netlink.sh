#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon's own network fails and changes (sipoverd_netlink_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_netlink_test.py"
