#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Outbound proxies, and both families on one line (sipoverd_proxy_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_proxy_test.py"
