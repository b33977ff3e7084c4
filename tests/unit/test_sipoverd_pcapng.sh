#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon's messages as a file for Wireshark (sipoverd_pcapng_test.py);
# TSHARK=1 has tshark read it as well (make check-long).
here=$(dirname "$0")
. "$here/sipoverd_netns.sh"
in_own_netns "$here/sipoverd_pcapng_test.py"
