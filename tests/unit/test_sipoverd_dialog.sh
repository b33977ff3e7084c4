#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Requests received within a dialog (sipoverd_dialog_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_dialog_test.py"
