#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""load.py: whether clients of the control socket slow a failover down.

  --lines N    of the daemon, which all fail over (32: more would be paced)
  --clients N  of the control socket (200)
  --rounds N   of each kind (9)

Without clients, with clients that subscribe and read, and with clients that
subscribe and never read; one kind after the other, so that what the machine does
beside hits all.  Started by tests/bench-scale/run --load.
"""
import argparse
import json
import os
import select
import socket
import statistics
import sys
import threading

import scale

SUBSCRIBE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscribe"})


class Clients:
    """Of a run's daemon; readers have a thread."""

    def __init__(self, at, n, read):
        self.socks, self.bytes, self.ended = [], 0, False
        for _ in range(n):
            s = socket.socket(socket.AF_UNIX)
            s.connect(at + "/control")
            s.sendall(SUBSCRIBE.encode() + b"\n")
            s.recv(65536)
            s.setblocking(False)
            self.socks.append(s)
        self.thread = threading.Thread(target=self.read_all) if read else None
        if self.thread:
            self.thread.start()

    def read_all(self):
        ready = select.poll()
        by_fd = {s.fileno(): s for s in self.socks}
        for fd in by_fd:
            ready.register(fd, select.POLLIN)
        while not self.ended:
            for fd, _ in ready.poll(50):
                self.bytes += len(by_fd[fd].recv(1 << 20))

    def close(self):
        self.ended = True
        if self.thread:
            self.thread.join()
        for s in self.socks:
            s.close()


def one(build, at, lines, clients, read):
    """Seconds from A's death until the last line is registered at B."""
    run = scale.Run(build, at, lines)
    crowd = Clients(at, clients, read)
    try:
        return run.fail_over()[0]
    finally:
        crowd.close()
        run.end()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name, default in (("lines", 32), ("clients", 200), ("rounds", 9)):
        parser.add_argument("--" + name, type=int, default=default)
    args = parser.parse_args()
    build = os.path.abspath(os.environ.get("BUILD", "build"))
    at = build + "/bench-load"
    os.makedirs(at, exist_ok=True)
    kinds = {"no clients": (0, False),
             f"{args.clients} that read": (args.clients, True),
             f"{args.clients} that never read": (args.clients, False)}
    took = {kind: [] for kind in kinds}
    for i in range(args.rounds):
        for kind, (n, read) in kinds.items():
            took[kind].append(one(build, at, args.lines, n, read) * 1000)
        print(f"round {i + 1} of {args.rounds}", file=sys.stderr, flush=True)
    print(f"failover of {args.lines} lines, ms    median      least       most")
    for kind, ms in took.items():
        print(f"{kind:28} {statistics.median(ms):12.2f}{min(ms):11.2f}"
              f"{max(ms):11.2f}")


if __name__ == "__main__":
    main()
