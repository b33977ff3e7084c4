#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The control method failovers: each step of the last failovers and failbacks
with its microseconds, why, and what followed.

usage: sipoverd_failovers_test.py BUILD      (in a network namespace of its own)
"""
import subprocess
import sys

from sipoverd_lab import (A, B, BUILD, Daemon, Server, has, ok,
                          points, registered_at, servers, until)

NAME = {A: A + ":5060;udp", B: B + ":5060;udp", None: None}


def last(d, **params):
    return d.call("failovers", **params)["result"]["failovers"]


def whats(f):
    """["asked A", "evidence A", ...]"""
    end = {NAME[A]: "A", NAME[B]: "B"}
    return [s["what"] + " " + end[s["server"]] for s in f["steps"]]


def timed(f):
    """Steps come by time, the first at 0, both clocks agree."""
    s = f["steps"]
    at = [x["at_us"] for x in s]
    return at[0] == 0 and at == sorted(at) and \
        all(abs(x["time_us"] - s[0]["time_us"] - x["at_us"]) <= 1 for x in s)


def test_call_moves(a, b):
    d = Daemon(line="failback_interval = 10", probe=1)
    ok(until(lambda: registered_at(d, A)), "registered at A")
    ok(last(d) == [], "no failover yet: the first server is none")
    a.down()
    number = d.dial()
    ok(until(lambda: d.state(number) == "up" and registered_at(d, B)),
       "A is dead: the call comes up by B")
    f = last(d)[0]
    ok(f["line"] == "alice" and f["from"] == NAME[A] and f["to"] == NAME[B]
       and f["failback"] is False and f["request"] == "INVITE" and
       f["cause"] == "port_unreach" and f["source"] == "socket",
       "who moved, from where to where, and why")
    ok(has(whats(f), "asked A", "evidence A", "verdict A", "sent B",
           "answered B", "sent B", "answered B", "moved B", "registered B",
           "sent B", "answered B", "up B"),
       "from the INVITE that A did not get to the call by B")
    ok(timed(f), "with the microseconds of each")
    step = {x["what"]: x for x in f["steps"]}
    ok(step["evidence"]["at_us"] > 0 and step["evidence"]["text"] ==
       "port_unreach, by the socket" and step["verdict"]["text"] ==
       "port_unreach", "what the kernel said, and when its packet came")
    ok([x["text"] for x in f["steps"] if x["what"] == "sent"] ==
       ["REGISTER", "REGISTER", "INVITE"], "what was sent there")
    first = next(x for x in f["steps"] if x["what"] == "sent")
    ok(first["at_us"] > step["verdict"]["at_us"],
       "the packet comes behind what it answers")

    a.up()
    ok(until(lambda: registered_at(d, A), 20), "A is back")
    f = last(d)[0]
    ok(f["failback"] and f["from"] == NAME[B] and f["to"] == NAME[A] and
       f["cause"] is None and f["source"] is None and f["id"] == 2,
       "a failback: nothing failed")
    ok(has(whats(f), "sent A", "answered A", "moved A") and timed(f),
       "its steps")
    ok(len(last(d, last=1)) == 1 and len(last(d, line="alice")) == 2 and
       [x["id"] for x in last(d)] == [2, 1], "the newest first")
    show(d)
    refuse(d)
    d.end()


def show(d):
    def ctl(*args):
        return subprocess.run([BUILD + "/sipoverctl", "--socket", d.path,
                               "failovers", *args], capture_output=True,
                              text=True)
    got = ctl("alice")
    lines = got.stdout.splitlines()
    ok(got.returncode == 0 and lines[0].startswith("failback 2  line alice  " +
       NAME[B] + " -> " + NAME[A]) and
       any("evidence" in x and "port_unreach, by the socket" in x and
           " us " in x for x in lines), "sipoverctl failovers draws it")
    ok(len(ctl("--last", "1").stdout.split("\n\n")) == 1, "so many as asked")
    ok('"failback": true' in ctl("--json").stdout, "or as JSON")
    got = ctl("nobody")
    ok(got.returncode == 1 and "no such line" in got.stderr, "no such line")
    ok(ctl("--last", "33").returncode == 64, "no more than there are")


def refuse(d):
    def code(**params):
        return d.call("failovers", **params)["error"]["code"]
    ok(code(line="nobody") == -32001 and code(last=0) == -32602 and
       code(last=33) == -32602 and code(last="1") == -32602 and
       code(messages=1) == -32602, "wrong parameters are refused")


def test_silence(a, b):
    d = Daemon(t1=50, servers="\n".join(
        f"server {{ address = '{ip}' retry_counts = 1 }}" for ip in (A, B)))
    ok(until(lambda: registered_at(d, A)), "registered at A again")
    a.script["INVITE"] = a.script["REGISTER"] = lambda m, peer: None
    number = d.dial()
    ok(until(lambda: d.state(number) == "up"), "A is silent")
    f = last(d)[0]
    step = {x["what"]: x for x in reversed(f["steps"])}
    ok(f["cause"] is None and f["source"] == "timer" and
       step["verdict"]["text"] == "no answer" and
       has(whats(f), "asked A", "verdict A", "sent B", "moved B"),
       "nobody said so: the timer did")
    ok(step["verdict"]["at_us"] >= 100000, "after the retry budget")
    d.end()
    a.script.clear()


def test_refused(a, b):
    d = Daemon()
    ok(until(lambda: registered_at(d, A)), "registered at A a third time")
    a.script["INVITE"] = lambda m, peer: a.answer(m, peer,
                                                  "503 Service Unavailable")
    number = d.dial()
    ok(until(lambda: d.state(number) == "up"), "A refuses")
    f = last(d)[0]
    ok(f["source"] == "response" and
       has(whats(f), "asked A", "answered A", "verdict A", "sent B") and
       any(x["text"] == "503 to INVITE" for x in f["steps"]),
       "its own word is the verdict")
    d.end()
    a.script.clear()


def test_first(a, b):
    a.down()
    d = Daemon()
    ok(until(lambda: registered_at(d, B)), "A is dead from the start")
    f = last(d)[0]
    ok(f["from"] is None and f["to"] == NAME[B] and
       has(whats(f), "asked A", "evidence A", "verdict A", "sent B",
           "moved B", "registered B"), "that is one, from nowhere")
    d.end()
    a.up()


def main():
    a, b = Server(A), Server(B)
    test_call_moves(a, b)
    test_silence(a, b)
    test_refused(a, b)
    test_first(a, b)
    for s in servers:
        s.down()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
