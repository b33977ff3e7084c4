#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a service manager sees of the daemon (sipoverd_service_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_service_test.py"
