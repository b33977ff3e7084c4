#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Several calls of one line at once: how many, and that a failover decides about
each by itself.

usage: sipoverd_calls_test.py BUILD      (in a network namespace of its own)
"""
import json
import os
import socket
import sys

from sipoverd_lab import (A, B, PHONE, Daemon, Server, ok, points,
                          registered_at, request, until)

PEER = (PHONE, 5060)
branches = iter(range(1, 1000))


class Told:
    """The events, to a client of its own."""

    def __init__(self, d):
        self.sock, self.got = socket.socket(socket.AF_UNIX), b""
        self.sock.connect(d.path)
        self.sock.setblocking(False)
        self.sock.send(b'{"jsonrpc":"2.0","id":1,"method":"subscribe"}\n')
        until(lambda: self.read().count(b"\n") >= 1)

    def read(self):
        try:
            self.got += self.sock.recv(65536)
        except BlockingIOError:
            pass
        return self.got

    def of(self, number, kind="call"):
        lines = self.read().split(b"\n")[1:-1]
        return [e for e in (json.loads(x)["params"] for x in lines)
                if e["type"] == kind and e.get("call") == number]


def start(a, b, line=""):
    for s in (a, b):
        s.script.clear()
        s.seen.clear()
    d = Daemon(t1=100, line=line)
    until(lambda: registered_at(d, A))
    return d


def finish(d, a, b, name):
    ok(not a.bad_digest and not b.bad_digest, "no digest is wrong")
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{name}: ends with status 0"):
        print("# " + "\n# ".join(log.splitlines()[-60:]))


def dial(d, who):
    got = d.call("call", line="alice", uri=f"sip:{who}@example.com")
    return got["result"]["call"] if "result" in got else got["error"]


def of(server, method, who):
    return [m for m in server.seen if m.method == method and
            m.start.split()[1].startswith(f"sip:{who}@")]


def by_name(server):
    """What the callee does says its name."""
    def invite(m, peer):
        who = m.start.split()[1]
        if "silent@" in who:
            return
        server.answer(m, peer, "180 Ringing", tag="callee")
        if "talks" in who:
            server.answer(m, peer, "200 OK",
                          [f"Contact: <sip:talks@{server.ip}:5060>"], "callee")
    return invite


def invite(a, call_id):
    a.sock.sendto(request("INVITE", 1, f"c{next(branches)}", call_id=call_id),
                  PEER)

    def final():
        return next((m for m in a.seen if m.method == "SIP/2.0" and
                     m.get("Call-ID") == call_id and
                     m.start.split()[1] >= "180"), None)
    until(final)
    return final().start.split()[1]


def test_limit(a, b):
    """calls_max, in both directions; what was hung up does not count."""
    d = start(a, b, "calls_max = 2")
    a.script["INVITE"] = by_name(a)
    first = dial(d, "talks")
    until(lambda: d.state(first) == "up")
    ok(invite(a, "in1") == "180", "a second call comes in")
    ok(invite(a, "in2") == "486", "a third is refused by 486")
    error = dial(d, "talks")
    ok(error.get("code") == -32003 and "calls_max" in error.get("message", ""),
       "and one to be made by an error that names the limit")
    ok(d.state(first) == "up" and len(d.status()["calls"]) == 2,
       "the two there are as before")
    a.script["BYE"] = lambda m, p: None
    d.call("hangup", call=first)
    ok(d.state(first) == "ending", "a BYE that nobody answers")
    second = dial(d, "talks")
    ok(until(lambda: d.state(second) == "up"),
       "does not count: the user is free at once (C-09)")
    ok(invite(a, "in3") == "486", "but not freer than that")
    del a.script["BYE"]
    finish(d, a, b, "calls_max")


def test_failover(a, b):
    """One rings, one is up, one was just dialled when the server dies."""
    d = start(a, b)
    told = Told(d)
    a.script["INVITE"] = by_name(a)
    b.script["INVITE"] = by_name(b)
    talks = dial(d, "talks")
    rings = dial(d, "rings")
    until(lambda: d.state(talks) == "up" and d.state(rings) == "ringing")
    silent = dial(d, "silent")
    until(lambda: of(a, "INVITE", "silent"))
    a.down()
    ok(until(lambda: of(b, "INVITE", "silent")), "the one just dialled moves")
    ok(of(b, "INVITE", "silent")[0].get("Call-ID") ==
       of(a, "INVITE", "silent")[0].get("Call-ID"), "as the same call (C-29)")
    ok(until(lambda: d.state(rings) is None), "the one that rings is lost")
    lost = (told.of(rings, "failed") or [{}])[0]
    end = told.of(rings)[-1]
    ok(not of(b, "INVITE", "rings"), "and does not ring again (C-28)")
    ok(end["state"] == "free" and end["outcome"] == "transport" and
       end["cause"] == "port_unreach" and end["server"].startswith(A) and
       lost.get("outcome") == "transport",
       "the user is told so, with the reason")
    ok(d.state(talks) == "up" and len(told.of(talks, "failed")) == 0 and
       not b.count("BYE"), "the one that is up stays")
    ok(d.state(silent) == "dialing", "none has ended but that one")
    d.call("hangup", call=talks)
    ok(until(lambda: b.count("BYE") and d.state(talks) is None),
       "its BYE goes by the other server")
    ok(b.last("BYE").get("Call-ID") == of(a, "INVITE", "talks")[0]
       .get("Call-ID"), "in its dialog")
    b.answer(of(b, "INVITE", "silent")[-1], PEER, "200 OK",
             [f"Contact: <sip:callee@{B}:5060>"], "x")
    ok(until(lambda: d.state(silent) == "up"), "the moved one is answered")
    d.call("hangup", call=silent)
    until(lambda: d.state(silent) is None)
    a.up()
    told.sock.close()
    finish(d, a, b, "three calls")


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B, "MD5")
    test_limit(a, b)
    test_failover(a, b)
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
