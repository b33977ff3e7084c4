#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Answers about two thousand lines (sipoverd_many_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_many_test.py"
