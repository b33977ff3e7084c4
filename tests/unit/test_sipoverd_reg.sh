#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the parameters of registration do (sipoverd_reg_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_reg_test.py"
