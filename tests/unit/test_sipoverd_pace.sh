#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many lines register at once (sipoverd_pace_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_pace_test.py"
