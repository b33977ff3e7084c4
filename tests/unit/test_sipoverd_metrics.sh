#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The metrics, as promtool and sipoverctl metrics see them
# (sipoverd_metrics_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_metrics_test.py"
