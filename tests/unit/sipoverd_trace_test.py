#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The control method trace: every message there and back, whose it is, what is
a repeat, what happened between; and nothing that must stay in the daemon.

usage: sipoverd_trace_test.py BUILD      (in a network namespace of its own)
"""
import json
import os
import socket
import sys

from sipoverd_lab import (A, B, PHONE, STRANGER, Daemon, Server, has, ok,
                          points, registered_at, request, servers, until)

NAME = {A: A + ":5060;udp", B: B + ":5060;udp"}


def rows(d, **params):
    return d.call("trace", **params)["result"]["rows"]


def brief(r):
    """">A REGISTER", "<A 401", "health down"."""
    if r["direction"] == "event":
        return f"{r['event']} {r['text']}".split(" by ")[0]
    end = next((k for k, ip in (("A", A), ("B", B))
                if r["server"] == NAME[ip]), r["peer"])
    return (">" if r["direction"] == "out" else "<") + end + " " + \
        (str(r["status"]) if r["status"] else str(r["method"])) + \
        (" again" if r["repeat"] else "")


def test_failover(a, b):
    d = Daemon(line="failback_interval = 10", probe=1)
    ok(until(lambda: registered_at(d, A)), "registered at A")
    got = rows(d, line="alice")
    ok(has([brief(r) for r in got], ">A REGISTER", "<A 401", ">A REGISTER",
           "<A 200", "failover - -> " + NAME[A], "registered for 300 s"),
       "the registration, with its challenge")
    m, r = a.seen[0], got[0]
    ok(r["call_id"] == m.get("Call-ID") and r["branch"] == m.branch() and
       r["cseq"] == 1 and r["line"] == "alice" and r["own"] == PHONE + ":5060"
       and r["peer"] == A + ":5060" and r["transport"] == "udp" and
       r["size"] > 300 and r["repeat"] is False and r["status"] is None,
       "what a row tells of a request")
    ok(got[1]["reason"] == "Unauthorized" and got[1]["method"] == "REGISTER"
       and got[1]["branch"] == m.branch(), "and of its response")

    number = d.dial()
    ok(until(lambda: d.state(number) == "up"), "a call is up")
    a.down()
    d.call("hangup", call=number)
    ok(until(lambda: registered_at(d, B) and b.count("BYE")),
       "A is dead: its BYE moves with the line")
    got = [brief(r) for r in rows(d, line="alice")]
    ok(has(got, "call 1 dialing", ">A INVITE", "<A 100", "<A 180", "<A 200",
           ">A ACK", "call 1 up", ">A BYE",
           "kernel port_unreach icmp=3/3 from " + A,
           "verdict port_unreach: server down, BYE fail",
           ">B REGISTER", "health up -> down", "<B 401", ">B REGISTER",
           "<B 200", f"failover {NAME[A]} -> {NAME[B]}", ">B BYE"),
       "the ladder shows why: what the kernel said, and what it meant")
    a.up()
    ok(until(lambda: registered_at(d, A), 30), "A is back")
    got = [brief(r) for r in rows(d, line="alice")]
    ok(has(got, ">A OPTIONS", "<A 200", "health down -> up", ">A REGISTER",
           f"failover {NAME[B]} -> {NAME[A]}"), "and the ladder tells")

    all_rows = rows(d, messages=500)
    text = json.dumps(all_rows)
    ok("response=" not in text and "Digest" not in text and
       "Authorization" not in text, "no credentials in an answer")
    times = [r["time_us"] for r in all_rows]
    ok(times == sorted(times), "in the order of time")
    ok(rows(d, messages=3) == all_rows[-3:], "messages: the newest")
    ok(d.call("trace", line="bob")["error"]["code"] == -32001 and
       d.call("trace", messages=501)["error"]["code"] == -32602 and
       d.call("trace", messages=0)["error"]["code"] == -32602,
       "another line, or another number, is refused")
    result = d.call("trace", line="alice")["result"]
    ok(result["servers"] == [NAME[A], NAME[B]] and not result["left_out"] and
       result["kept"] == len(all_rows), "the columns, in the line's order")
    finish(d)


def test_repeats(a):
    """A server that does not answer; requests of others."""
    a.script["REGISTER"] = lambda m, peer: None
    a.seen.clear()
    d = Daemon(servers=f"server {{ address = '{A}' }}", t1=50)
    ok(until(lambda: a.count("REGISTER") >= 2), "REGISTER is sent again")
    got = [brief(r) for r in rows(d, line="alice")]
    ok(has(got, ">A REGISTER", ">A REGISTER again"), "and is a repeat")
    del a.script["REGISTER"]
    ok(until(lambda: registered_at(d, A), 20), "registered")

    # A call comes in, twice the same: so does the answer.
    invite = request("INVITE", 1, "in")
    a.sock.sendto(invite, (PHONE, 5060))
    ok(until(lambda: d.incoming() is not None), "a call comes in")
    a.sock.sendto(invite, (PHONE, 5060))
    ok(until(lambda: has([brief(r) for r in rows(d)], "<A INVITE",
                         "<A INVITE again", ">A 180 again")),
       "its repeat, and the repeated answer")
    ok(all(r["line"] == "alice" for r in rows(d)
           if r.get("call_id") == "far@end"), "are the line's, both ways")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((STRANGER, 5060))
    s.sendto(request("INVITE", 1, "s", call_id="stranger"), (PHONE, 5060))
    s.sendto(b"nonsense of a stranger\r\n\r\n", (PHONE, 5060))
    ok(until(lambda: d.counter("rx_bad_bad_start") == 1), "a stranger's")
    got = rows(d)
    own = [brief(r) for r in got if r.get("peer") == STRANGER + ":5060"]
    ok(own == [f"<{STRANGER}:5060 INVITE", f">{STRANGER}:5060 403",
               f"<{STRANGER}:5060 None"], "messages are there, too")
    ok(not any(r.get("peer") == STRANGER + ":5060"
               for r in rows(d, line="alice")), "and not the line's")
    s.close()
    finish(d)


def test_small(a):
    """The oldest give way; 0: nothing is kept."""
    d = Daemon(servers=f"server {{ address = '{A}' }}",
               top="trace_size = 128")
    ok(until(lambda: registered_at(d, A)), "registered")
    first = rows(d)[0]
    filler = request("OPTIONS", 1, "o", extra="X: " + 9000 * "x" + "\r\n")
    a.sock.sendto(filler, (PHONE, 5060))
    ok(until(lambda: "<A OPTIONS" in [brief(r) for r in rows(d)]),
       "a large message")
    ok(first in rows(d), "leaves the others where there is room")
    ok(until(lambda: a.sock.sendto(filler, (PHONE, 5060)) and
             first not in rows(d)), "more of them do not")
    result = d.call("trace", messages=500)["result"]
    sizes = [r["size"] for r in result["rows"] if r["direction"] != "event"]
    ok(90000 < sum(sizes) < 131072, f"{sum(sizes)} bytes of 128 KiB are used")
    finish(d)
    d = Daemon(servers=f"server {{ address = '{A}' }}", top="trace_size = 0")
    ok(until(lambda: registered_at(d, A)), "without a trace: registered")
    ok(d.call("trace")["error"]["code"] == -32002, "and none to be told")
    finish(d)


def finish(d):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              "ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B)
    test_failover(a, b)
    b.down()
    servers.remove(b)
    test_repeats(a)
    test_small(a)
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
