#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Requests too large for a datagram (sipoverd_upsize_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_upsize_test.py"
