#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The event log and its replay (sipoverd_events_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_events_test.py"
