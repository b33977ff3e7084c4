#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Overload control (sipoverd_overload_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_overload_test.py"
