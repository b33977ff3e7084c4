#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Another configuration while the daemon runs (sipoverd_config_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_config_test.py"
