#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The whole daemon against servers of its own, in a network namespace of its
# own (sipoverd_test.py): own socket errors, no module.
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_test.py"
