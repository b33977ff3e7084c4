#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Several calls of one line (sipoverd_calls_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_calls_test.py"
