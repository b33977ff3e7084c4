#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The last failovers, as sipoverctl failovers asks (sipoverd_failovers_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_failovers_test.py"
