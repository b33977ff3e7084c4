#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Message-waiting subscriptions (sipoverd_mwi_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_mwi_test.py"
