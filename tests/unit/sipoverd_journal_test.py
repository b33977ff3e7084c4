#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon's log in a journal: fields of one failover, and plain lines where
standard error is something else.

usage: sipoverd_journal_test.py BUILD   (in a network namespace, with a /run of
its own)
"""
import os
import re
import select
import socket
import sys

import sipoverd_lab
from sipoverd_lab import (A, B, Daemon, Server, ok, points, registered_at,
                          servers, until)

PATH = "/run/systemd/journal/socket"
NAME_A, NAME_B = A + ":5060;udp", B + ":5060;udp"


class Journal:
    """A server of the lab: read while the test waits."""

    def __init__(self):
        os.makedirs(os.path.dirname(PATH))
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(PATH)
        self.seen, self.bad = [], []
        servers.append(self)

    def readable(self):
        text = self.sock.recv(1 << 16).decode()
        fields = [line.split("=", 1) for line in text.split("\n")[:-1]]
        good = text.endswith("\n") and all(
            len(f) == 2 and re.fullmatch(r"[A-Z][A-Z0-9_]*", f[0])
            for f in fields) and len({f[0] for f in fields}) == len(fields)
        (self.seen if good else self.bad).append(dict(fields) if good else text)

    def down(self):
        self.sock.close()

    def rest(self):
        """All that waits: whoever wrote it has ended."""
        while select.select([self.sock], [], [], 0)[0]:
            self.readable()

    def of(self, event):
        return [m for m in self.seen if m.get("SIPOVER_EVENT") == event]


class UnderJournal(Daemon):
    """Its standard error is what JOURNAL_STREAM says."""

    def __init__(self, stream, **kw):
        popen = sipoverd_lab.subprocess.Popen

        def start(argv, stderr):
            st = os.fstat(stderr.fileno())
            env = dict(os.environ, JOURNAL_STREAM=stream or
                       f"{st.st_dev}:{st.st_ino}")
            return popen(argv, stderr=stderr, env=env)

        sipoverd_lab.subprocess.Popen = start
        try:
            super().__init__(**kw)
        finally:
            sipoverd_lab.subprocess.Popen = popen


def test_fields(a, b, j):
    d = UnderJournal(None)
    ok(until(lambda: registered_at(d, A)), "registered at A")
    a.down()
    number = d.dial()
    ok(until(lambda: d.state(number) == "up" and j.of("failover") and
             len(j.of("registered")) == 2), "A is dead")
    m = j.of("failover")[-1]
    ok(m["SIPOVER_LINE"] == "alice" and m["SIPOVER_SERVER"] == NAME_B and
       m["PRIORITY"] == "6" and m["SYSLOG_IDENTIFIER"] == "sipoverd" and
       m["MESSAGE"].startswith("failover line=alice old=" + NAME_A) and
       re.fullmatch("[0-9a-f]{32}", m["MESSAGE_ID"]) and
       int(m["SIPOVER_TIME_USEC"]) > 0, "the failover has its fields")
    m = j.of("health")
    ok(any(x["SIPOVER_SERVER"] == NAME_A and
           x.get("SIPOVER_CAUSE") == "port_unreach" for x in m),
       "the server's health its cause")
    ok(all(x["SIPOVER_LINE"] == "alice" for x in j.of("registered")) and
       j.of("kernel")[0]["SIPOVER_CAUSE"] == "port_unreach" and
       j.of("verdict")[0]["SIPOVER_SERVER"] == NAME_A, "and the others theirs")
    ids = {m["SIPOVER_EVENT"]: m["MESSAGE_ID"] for m in j.seen
           if "SIPOVER_EVENT" in m}
    ok(len(set(ids.values())) == len(ids) >= 7, "each event its MESSAGE_ID")
    with open(os.path.dirname(os.path.abspath(__file__)) +
              "/../../docs/logging.md") as f:
        doc = f.read()
    ok(all(f"| `{e}` | `{i}` |" in doc for e, i in ids.items()),
       "as docs/logging.md has it")
    status, log = d.end()
    j.rest()
    ok(status == 0 and log == "" and not j.bad and
       any(m["MESSAGE"] == "agent stopping" for m in j.seen),
       "up to its end; nothing goes to standard error")
    a.up()


def test_elsewhere(a, b, j):
    before = len(j.seen)
    d = UnderJournal("1:2")
    ok(until(lambda: registered_at(d, A)), "a standard error of its own")
    log = d.end()[1]
    j.rest()
    ok(len(j.seen) == before and "<6>" in log and
       "registered line=alice" in log, "gets plain lines")


def test_no_journal(a, b, j):
    j.down()
    os.unlink(PATH)
    servers.remove(j)
    d = UnderJournal(None)
    ok(until(lambda: registered_at(d, A)), "no journal there")
    ok("registered line=alice" in d.end()[1], "plain lines as well")


def main():
    a, b, j = Server(A), Server(B), Journal()
    test_fields(a, b, j)
    test_elsewhere(a, b, j)
    test_no_journal(a, b, j)
    for s in servers:
        s.down()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
