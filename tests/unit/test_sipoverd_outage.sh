#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Calls over TCP in a local outage (sipoverd_outage_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_outage_test.py"
