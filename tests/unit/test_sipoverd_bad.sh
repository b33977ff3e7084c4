#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Servers and strangers that answer nonsense (sipoverd_bad_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_bad_test.py"
