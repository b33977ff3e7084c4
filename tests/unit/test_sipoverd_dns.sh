#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Server entries that are names (sipoverd_dns_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_dns_test.py"
