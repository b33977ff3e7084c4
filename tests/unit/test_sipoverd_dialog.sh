#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What servers' dialog and silence do to a line (sipoverd_answers_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_dialog_test.py"
