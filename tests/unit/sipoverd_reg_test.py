#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the parameters of registration and failover do to the messages.

usage: sipoverd_reg_test.py BUILD          (in a network namespace of its own)
"""
import re
import sys

from sipoverd_lab import (A, B, Daemon, Server, ok, points, pump,
                          registered_at, until)

T1 = 20     # ms: a retry budget is 300 ms, 64*T1 1280 ms


def finish(d, a, b, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    for s in (a, b):
        s.seen.clear(), s.script.clear()


def says(server, status, extra=()):
    return lambda m, peer: server.answer(m, peer, status, extra)


def silent(m, peer):
    pass


def test_codes(a, b):
    """C-03: which answers move a request is configured."""
    a.script["REGISTER"] = says(a, "404 Not Found")
    d = Daemon(t1=T1, line="register_failover_codes = '404, 5xx'")
    ok(until(lambda: registered_at(d, B), 3), "404 moves the REGISTER")
    ok(d.line()["servers"][0]["health"] != "blocked",
       "but says nothing against the server")
    finish(d, a, b, "register_failover_codes")

    a.script["REGISTER"] = says(a, "500 Server Error")
    d = Daemon(t1=T1, line="register_failover_codes = 503")
    until(lambda: d.line()["state"] == "wait")
    ok(d.line()["state"] == "wait" and not b.count("REGISTER"),
       "500 is not in the list: it is final")
    ok(d.line()["servers"][0]["health"] != "blocked", "and an answer")
    finish(d, a, b, "500 taken out")

    d = Daemon(t1=T1, line="invite_failover_codes = '486, 503'")
    until(lambda: registered_at(d, A))
    a.script["INVITE"] = says(a, "486 Busy Here")
    d.dial()
    ok(until(lambda: b.count("INVITE"), 3), "486 moves the INVITE")
    finish(d, a, b, "invite_failover_codes")


def test_counts(a, b):
    """C-02: N retransmissions, or N attempts."""
    for are, sends in (("retransmissions", 3), ("attempts", 2)):
        a.script["REGISTER"] = silent
        d = Daemon(t1=50, line=f"retry_counts = 2 retry_counts_are = {are}")
        ok(until(lambda: registered_at(d, B), 3), f"{are}: moves on")
        ok(a.count("REGISTER") == sends, f"after {sends} transmissions (C-02)")
        finish(d, a, b, are)

    a.script["REGISTER"] = silent
    d = Daemon(t1=100, line="retry_counts = 20 retry_time = 250")
    ok(until(lambda: registered_at(d, B), 3) and a.count("REGISTER") == 2,
       "retry_time ends it, whatever the count (F-26, C-10)")
    finish(d, a, b, "retry_time")


def test_same_host(a, b):
    d = Daemon(t1=T1, line="skip_redundant_failover_addr = yes",
               servers=f"server {{ address = '{A}' }}\n"
               f"server {{ address = '{A}' port = 5070 }}\n"
               f"server {{ address = '{B}' }}")
    until(lambda: registered_at(d, A))
    a.script["REGISTER"] = silent
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, B), 3),
       "another port of the dead host is left out")
    ok(d.line()["servers"][1]["health"] == "unknown", "nothing was sent there")
    finish(d, a, b, "skip_redundant_failover_addr")


def test_failback_mode(a, b):
    """Yealink's ways back to the primary (Y-33)."""
    for mode in "newRequests", "registration":
        a.script["REGISTER"] = says(a, "404 Not Found") \
            if mode == "newRequests" else silent
        d = Daemon(t1=T1, line="register_failover_codes = 404\n"
                   f"failback_mode = {mode}\n"
                   "register_before_resend = no")
        b.script["REGISTER"] = lambda m, peer: b.answer(
            m, peer, "200 OK", ["Contact: %s;expires=4" % m.get("Contact")])
        ok(until(lambda: registered_at(d, B), 3), f"{mode}: at the backup")
        a.script.clear()
        if mode == "newRequests":
            n = d.dial()
            ok(until(lambda: d.state(n) == "up", 3) and a.count("INVITE") and
               not b.count("INVITE"), "a call goes to the primary")
        ok(until(lambda: registered_at(d, A), 9),
           "the refresh brings the line back")
        finish(d, a, b, mode)


def test_concurrent(a, b):
    """Bindings at both servers, requests at one (Y-26..Y-28)."""
    d = Daemon(t1=T1, line="registration = concurrent")
    ok(until(lambda: registered_at(d, A) and b.count("REGISTER") > 1, 3),
       "registered at both (Y-26)")
    ok(registered_at(d, A), "the primary works (Y-27)")
    n = d.dial()
    until(lambda: d.state(n) == "up")
    ok(a.count("INVITE") and not b.count("INVITE"), "requests go there")
    d.call("hangup", call=n)
    until(lambda: d.state(n) is None)
    registers = b.count("REGISTER")
    a.script["INVITE"] = a.script["REGISTER"] = silent
    n = d.dial()
    ok(until(lambda: d.state(n) == "up", 3) and b.count("INVITE"),
       "the backup takes the call over (Y-28)")
    first = next(i for i, m in enumerate(b.seen) if m.method == "INVITE")
    ok(sum(m.method == "REGISTER" for m in b.seen[:first]) == registers,
       "without a REGISTER before it: it is bound there")
    a.script.clear()
    d.end()
    ok(a.last("REGISTER").get("Expires") == "0" and
       b.last("REGISTER").get("Expires") == "0", "both bindings end (R-07)")
    a.seen.clear(), b.seen.clear()


def test_race(a, b):
    """The first binding, of the two, from the first that answers (R-69)."""
    a.seen.clear(), b.seen.clear()
    a.script["REGISTER"] = silent
    d = Daemon(t1=2000, line="registration = concurrent race = 100")
    ok(until(lambda: registered_at(d, B), 5) and a.count("REGISTER") == 1,
       "a silent primary: the other has the line before REGISTER is repeated")
    a.script.clear()
    ok(until(lambda: registered_at(d, A), 10),
       "the primary is not given up: it answers and has the line")
    finish(d, a, b, "race")
    d = Daemon(t1=500, line="registration = concurrent")
    a.script["REGISTER"] = silent
    until(lambda: a.count("REGISTER") == 2)
    ok(not b.count("REGISTER"), "without it they take turns")
    a.script.clear()
    finish(d, a, b, "no race")


def test_instance(a, b):
    """RFC 5626 4.1: one name, whatever happens to the daemon (R-42)."""
    name = re.compile(r';\+sip\.instance="<urn:uuid:([0-9a-f-]{36})>"$')
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    found = name.search(a.last("REGISTER").get("Contact"))
    ok(found, "+sip.instance in Contact, and no reg-id")
    ok(a.last("REGISTER").get("Supported") is None, "nor outbound")
    d.call("register", line="alice")
    until(lambda: a.count("REGISTER") > 2)
    with open(d.dir + "/instance-id", encoding="ascii") as f:
        ok(found and f.read() == found[1] + "\n", "it is in state_dir")
    finish(d, a, b, "instance-id")

    dir = d.dir
    d = Daemon(t1=T1, dir=dir, line="outbound = yes")
    until(lambda: registered_at(d, A))
    contact = a.last("REGISTER").get("Contact")
    ok(found and contact.endswith(found[0] + ";reg-id=1"),
       "the same after a restart; with outbound a reg-id (R-43)")
    ok(a.last("REGISTER").get("Supported") == "path, outbound",
       "Supported: path, outbound")
    a.script["REGISTER"] = silent
    d.call("register", line="alice")
    until(lambda: registered_at(d, B))
    ok(found and b.last("REGISTER").get("Contact").endswith(
        found[0] + ";reg-id=2"), "another flow at the other server")
    finish(d, a, b, "outbound")

    def first_hop(m, peer):
        if m.get("Supported"):
            a.answer(m, peer, "439 First Hop Lacks Outbound Support")
        else:
            a.answer(m, peer, "200 OK", ["Contact: %s;expires=300" %
                                         m.get("Contact")])
    a.script["REGISTER"] = first_hop
    d = Daemon(t1=T1, dir=dir, line="outbound = yes")
    ok(until(lambda: registered_at(d, A), 3) and not b.count("REGISTER"),
       "439: without flows")
    finish(d, a, b, "439")

    d = Daemon(t1=T1, state_dir="/proc/no")
    ok(until(lambda: registered_at(d, A), 3), "no place for it: it registers")
    ok("sip.instance" not in a.last("REGISTER").get("Contact"), "without")
    _, log = d.end()
    ok("registering without an instance-id path=/proc/no/instance-id: No such"
       in log, "and says why")
    a.seen.clear()
    with open(dir + "/instance-id", "w", encoding="ascii") as f:
        f.write('"><sip:evil>\n')
    d = Daemon(t1=T1, dir=dir)
    ok(until(lambda: registered_at(d, A), 3) and
       "evil" not in a.last("REGISTER").get("Contact"),
       "what is no UUID is not sent")
    _, log = d.end()
    ok("it holds no UUID" in log, "and that is said")
    a.seen.clear()


def main():
    a, b = Server(A), Server(B, "MD5")
    pump(0)
    test_codes(a, b)
    test_counts(a, b)
    test_same_host(a, b)
    test_failback_mode(a, b)
    test_concurrent(a, b)
    test_race(a, b)
    test_instance(a, b)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
