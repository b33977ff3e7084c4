#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# docs/ladders.md against runs of the daemon (sipoverd_ladders_test.py); with
# LADDERS=write it is written instead (make ladders).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_ladders_test.py"
