#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What sipover-web makes of the control socket (sipover_web_answers_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipover_web_answers_test.py"
