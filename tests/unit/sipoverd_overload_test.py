#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Overload control (RFC 7339): what a server asks for is left out, and it is no
dead server for that (R-50).

usage: sipoverd_overload_test.py BUILD          (in a network namespace of its own)
"""
import sys

from sipoverd_lab import (A, B, Daemon, Server, ok, points, registered_at,
                          until)

T1 = 20     # ms
OFFER = ';oc;oc-algo="loss"'


class Loaded(Server):
    """Puts its word into the top Via of what it answers."""

    word = ""
    unasked = 0

    def answer(self, m, peer, status, extra=(), tag="srv"):
        vias = m.all("Via")
        if m.method in ("INVITE", "REGISTER", "BYE", "OPTIONS", "SUBSCRIBE"):
            # Changed below, where one request has several answers.
            self.unasked += OFFER not in vias[0] and not self.word
        if self.word:
            for i, (name, value) in enumerate(m.headers):
                if name == "Via":
                    m.headers[i] = (name, value.replace(OFFER, self.word))
                    break
        super().answer(m, peer, status, extra, tag)


def finish(d, a, b, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    for s in (a, b):
        ok(not s.unasked, f"{what}: every request offers it")
        s.seen.clear(), s.script.clear()
        s.word, s.unasked = "", 0


def share(d, k=0):
    return d.line()["servers"][k]["overload"]


def says(d, server, word):
    """The server's word, by the next REGISTER that it answers."""
    server.word = word
    n = server.count("REGISTER")
    d.call("register", line="alice")
    return until(lambda: server.count("REGISTER") > n and
                 registered_at(d, server.ip), 3)


def test_diverted(a, b):
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    ok(share(d) == 0, "no word: nothing is left out")
    first = d.dial()
    ok(until(lambda: d.state(first) == "up", 3), "a call")
    says(d, a, ";oc=100;oc-algo=\"loss\";oc-validity=60000;oc-seq=10.5")
    ok(until(lambda: share(d) == 100, 3), "all new requests are to be left out")
    n = a.count("INVITE")
    second = d.dial()
    ok(until(lambda: d.state(second) == "up", 5) and b.count("INVITE"),
       "a new call goes to the other server (5.10)")
    ok(a.count("INVITE") == n, "and nothing of it here")
    ok(d.line()["servers"][0]["health"] == "up" and
       d.counter("overload_left_out") > 0, "which is overloaded, not dead")
    d.call("hangup", call=first)
    ok(until(lambda: a.count("BYE"), 3), "what belongs to a dialog goes there")
    d.call("hangup", call=second)
    until(lambda: b.count("BYE"), 3)
    finish(d, a, b, "diverted")


def test_words(a, b):
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    ok(says(d, a, ";oc=100;oc-validity=400;oc-seq=7.1") and
       d.line()["state"] == "registered", "a binding is refreshed all the same")
    until(lambda: share(d) == 0, 3)
    n = d.dial()
    ok(until(lambda: d.state(n) == "up", 3) and not b.count("INVITE"),
       "its time is over: a call as before")
    d.call("hangup", call=n)
    says(d, a, ";oc=100;oc-validity=60000;oc-seq=7.05")
    ok(share(d) == 0, "a word that was overtaken does not count (oc-seq)")
    says(d, a, ";oc=100;oc-algo=\"rate\";oc-validity=60000;oc-seq=8.0")
    ok(share(d) == 0, "nor of another algorithm")
    says(d, a, ";oc=30;oc-validity=60000;oc-seq=9.0")
    ok(until(lambda: share(d) == 30, 3), "a share")
    says(d, a, ";oc=0;oc-seq=9.1")
    ok(until(lambda: share(d) == 0, 3), "0 ends it")
    finish(d, a, b, "words")


def test_alone(a, b):
    d = Daemon(t1=T1, servers=f"server {{ address = '{A}' }}")
    until(lambda: registered_at(d, A))
    says(d, a, ";oc=100;oc-validity=60000")
    until(lambda: share(d) == 100, 3)
    n = d.dial()
    ok(until(lambda: d.state(n) is None, 3) and not a.count("INVITE"),
       "no other server: the call fails at once")
    ok(registered_at(d, A), "and the line stays")
    finish(d, a, b, "alone")


def test_503(a, b):
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    a.word = ";oc=40;oc-validity=60000"
    a.script["INVITE"] = lambda m, peer: a.answer(m, peer,
                                                  "503 Service Unavailable")
    n = d.dial()
    ok(until(lambda: d.state(n) == "up", 5) and b.count("INVITE"),
       "503 moves the call")
    ok(d.line()["servers"][0]["health"] == "up",
       "but it said that it is overloaded: no mark")
    d.call("hangup", call=n)
    until(lambda: b.count("BYE"), 3)
    finish(d, a, b, "503")


def main():
    a, b = Loaded(A), Loaded(B)
    test_diverted(a, b)
    test_words(a, b)
    test_alone(a, b)
    test_503(a, b)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
