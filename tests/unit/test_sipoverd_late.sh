#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Late answers on TCP (sipoverd_late_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_late_test.py"
