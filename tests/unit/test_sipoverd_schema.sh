#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# docs/control.schema.json against the daemon (sipoverd_schema_test.py).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_schema_test.py"
