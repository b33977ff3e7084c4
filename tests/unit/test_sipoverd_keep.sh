#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Keep-alives: OPTIONS, CRLF and STUN (sipoverd_keep_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_keep_test.py"
