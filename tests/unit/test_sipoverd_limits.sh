#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What must not use up or upset the daemon (sipoverd_limits_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_limits_test.py"
