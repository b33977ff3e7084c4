#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""registrar.py - ADDRESS: a SIP server of the unit tests as a process, until it
is killed.  Each request that comes is a line on stdout: its method."""
import sys

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/unit")
from sipoverd_lab import Server, pump     # noqa: E402

server = Server(sys.argv[2])
told = 0
while True:
    pump(1)
    for m in server.seen[told:]:
        print(m.method, flush=True)
    told = len(server.seen)
