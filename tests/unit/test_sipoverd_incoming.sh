#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Incoming calls on either binding (sipoverd_incoming_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_incoming_test.py"
