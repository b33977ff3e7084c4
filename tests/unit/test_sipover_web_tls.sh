#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sipover-web off the loopback device (sipover_web_tls_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipover_web_tls_test.py"
