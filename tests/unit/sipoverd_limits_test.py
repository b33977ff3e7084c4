#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What strangers, storms and odd far ends must not do: use up the daemon's
slots, make calls vanish or ring for ever.

usage: sipoverd_limits_test.py BUILD      (in a network namespace of its own)
"""
import os
import socket
import sys

from sipoverd_lab import (A, B, PHONE, STRANGER, Daemon, Server, ok, points,
                          pump, registered_at, request, until)

T1 = 10     # ms, the least: 64*T1 is 640 ms
PEER = (PHONE, 5060)


def responses(server, status):
    return [m for m in server.seen if m.start.startswith(f"SIP/2.0 {status}")]


def test_options(d, a):
    """Nobody's OPTIONS takes a slot from the server's INVITE."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((STRANGER, 5060))
    s.settimeout(5)
    tags = set()
    for i in range(200):
        s.sendto(request("OPTIONS", 1, f"o{i // 2}", call_id="o"), PEER)
        answer = s.recv(65536).decode()
        ok_ = answer.startswith("SIP/2.0 200") and answer.count("Allow:") == 1
        tags.add(answer.split("\r\nTo:")[1].split("\r\n")[0])
        if not ok_:
            break
    ok(ok_, "200 OPTIONS of a stranger are answered")
    ok(len(tags) == 100, "with a To tag, the same for a repeated one (8.2.7)")
    a.sock.sendto(request("INVITE", 1, "i1", call_id="after"), PEER)
    ok(until(lambda: d.incoming() is not None), "and a call still comes in")
    d.call("hangup", call=d.incoming())
    ok(until(lambda: responses(a, 486)), "and is refused by 486")
    a.sock.sendto(request("ACK", 1, "i1", call_id="after"), PEER)
    s.close()


def test_connections(d):
    """Connections of strangers are ended at once."""
    socks = []
    for _ in range(80):
        s = socket.socket()
        s.bind((STRANGER, 0))
        s.settimeout(5)
        s.connect(PEER)
        socks.append(s)
    gone = 0
    for s in socks:
        try:
            gone += s.recv(1) == b""
        except ConnectionResetError:
            gone += 1
        s.close()
    ok(gone == len(socks), "connections of strangers are ended")
    ok(d.counter("rx_foreign") >= 80, "and counted")


def test_malformed(d, a):
    bad = request("INVITE", 1, "bad", call_id="bad").replace(
        b"Content-Length: 0", b"Content-Length: -1")
    a.sock.sendto(bad, PEER)
    ok(until(lambda: responses(a, 400)), "a malformed request gets 400")
    count = d.counter("rx_foreign")
    a.sock.sendto(b"SIP/2.0 200 OK\r\n\r\n", PEER)
    a.sock.sendto(bad.replace(b"INVITE", b"ACK"), PEER)
    d.counter("rx_foreign")
    pump(0.05)
    ok(len(responses(a, 400)) == 1 and d.counter("rx_foreign") == count,
       "a response or an ACK gets none")


def test_foreign_bytes(d, a):
    invite = request("INVITE", 1, "u1", call_id="utf").replace(
        b"From: <sip:bob@", b"From: <sip:b\xfcb@")
    a.sock.sendto(invite, PEER)
    ok(until(lambda: d.incoming() is not None),
       "a caller's name that is no UTF-8 does not hide the call")
    n = d.incoming()
    ok("b?b" in next(c["peer"] for c in d.status()["calls"]
                     if c["call"] == n), "its bytes are marked")
    a.sock.sendto(request("CANCEL", 1, "u1", call_id="utf"), PEER)
    ok(until(lambda: d.state(n) is None), "and it can be ended")


def test_ringing_ends(d, a):
    a.sock.sendto(request("INVITE", 1, "r1", call_id="ring",
                          extra="Expires: 1\r\n"), PEER)
    until(lambda: d.incoming() is not None)
    ok(until(lambda: responses(a, 480)),
       "a call that nobody answers ends after the INVITE's Expires")
    ok(until(lambda: not d.status()["calls"]), "and its slot is free")


def test_reinvite(d, a):
    """A 200 of 6000 bytes, and one to a re-INVITE, until its ACK."""
    sdp = "v=0\r\n" + "a=x:%s\r\n" % ("y" * 90) * 60
    a.seen.clear()
    a.sock.sendto(request("INVITE", 1, "l1", call_id="long"), PEER)
    until(lambda: d.incoming() is not None)
    n = d.incoming()
    d.call("answer", call=n, sdp=sdp)
    ok(until(lambda: responses(a, 200)) and
       len(responses(a, 200)[0].body) == len(sdp), "a long answer goes out")
    tag = responses(a, 200)[0].tag("To")
    a.sock.sendto(request("ACK", 1, "l2", tag=tag, call_id="long"), PEER)
    until(lambda: d.state(n) == "up")
    a.seen.clear()
    a.sock.sendto(request("INVITE", 2, "l3", tag=tag, call_id="long"), PEER)
    ok(until(lambda: len(responses(a, 200)) >= 3),
       "the 200 to a re-INVITE is repeated until its ACK (13.3.1.4)")
    a.sock.sendto(request("ACK", 2, "l4", tag=tag, call_id="long"), PEER)
    until(lambda: d.counter("rx_requests") > 0)
    d.call("hangup", call=n)
    ok(until(lambda: a.count("BYE") >= 1 and d.state(n) is None), "BYE ends it")


def test_slots(d, a):
    """Hung up while it rings, and no final answer ever comes: 72 times, more
    than there are slots for requests."""
    a.script["INVITE"] = lambda m, p: a.answer(m, p, "180 Ringing", tag="x")
    good = True
    for _ in range(18):
        del a.seen[:]
        calls = [d.dial() for _ in range(4)]
        good = good and until(lambda: all(d.state(n) == "ringing"
                                          for n in calls))
        for n in calls:
            d.call("hangup", call=n)
        good = good and until(lambda: not d.status()["calls"])
    ok(good, "calls without an end, one after another")
    ok(d.counter("no_slot") == 0, "no slot is lost by them")
    last = a.last("INVITE")
    del a.seen[:]
    a.answer(last, PEER, "200 OK", [f"Contact: <sip:callee@{A}:5060>"], "late")
    ok(until(lambda: a.count("ACK") >= 1 and a.count("BYE") >= 1),
       "a 2xx that comes after all is ACKed and hung up (R-30)")
    a.script.clear()


def test_rejected_calls(d, a):
    """Each rejected INVITE keeps its slot for the repetition of its answer
    (timer D, here 32 s as ever on UDP): more of them than there are slots."""
    a.script["INVITE"] = lambda m, p: a.answer(m, p, "486 Busy Here", tag="x")
    for _ in range(80):
        n = d.dial()
        if not until(lambda: d.state(n) is None):
            break
    ok(d.counter("slots_reclaimed") > 0 and d.counter("no_slot") == 0,
       "80 rejected calls in a moment find their slots")
    before = a.count("REGISTER")
    d.call("register", line="alice")
    ok(until(lambda: a.count("REGISTER") > before and registered_at(d, A), 5),
       "and so does a REGISTER after them")
    a.script.clear()


def test_answer_while_registering(a, b):
    """A's copy is answered while the line registers at B: that is the call."""
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    held, waiting = [], []
    b.seen.clear()
    a.script["INVITE"] = lambda m, p: held.append((m, p))
    b.script["REGISTER"] = lambda m, p: waiting.append((m, p))
    n = d.dial()
    until(lambda: waiting)
    a.answer(*held[0], "200 OK", [f"Contact: <sip:callee@{A}:5060>"], "first")
    ok(until(lambda: d.state(n) == "up"), "the late answer counts (C-29)")
    b.answer(*waiting[-1], "200 OK",
             ["Contact: %s" % waiting[-1][0].get("Contact")])
    ok(until(lambda: registered_at(d, B)) and not b.count("INVITE"),
       "and nothing rings at B")
    a.script.clear(), b.script.clear()
    d.call("hangup", call=n)
    until(lambda: d.state(n) is None)
    d.end()


def test_copy_that_rings(a, b):
    """A's copy is answered while B's rings: B's is cancelled."""
    d = Daemon(t1=T1, line="register_before_resend = false")
    until(lambda: registered_at(d, A))
    held = []
    a.script["INVITE"] = lambda m, p: held.append((m, p))
    b.script["INVITE"] = lambda m, p: b.answer(m, p, "180 Ringing", tag="b")
    b.seen.clear()
    n = d.dial()
    until(lambda: d.state(n) == "ringing")
    a.answer(*held[0], "200 OK", [f"Contact: <sip:callee@{A}:5060>"], "first")
    ok(until(lambda: d.state(n) == "up"), "the first copy's answer counts")
    ok(until(lambda: b.count("CANCEL") >= 1), "the other one stops ringing")
    a.script.clear(), b.script.clear()
    d.call("hangup", call=n)
    until(lambda: d.state(n) is None)
    return d.end()


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B, "MD5")
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    ok(PHONE in a.last("REGISTER").get("Via") and
       PHONE in a.last("REGISTER").get("Contact"),
       "Via and Contact name the configured address")
    test_options(d, a)
    test_connections(d)
    test_malformed(d, a)
    test_foreign_bytes(d, a)
    test_ringing_ends(d, a)
    test_reinvite(d, a)
    test_slots(d, a)
    test_rejected_calls(d, a)
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, "ends with status 0")
    if points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    test_answer_while_registering(a, b)
    status, log = test_copy_that_rings(a, b)
    ok(status == 0 and "runtime error" not in log, "ends with status 0")
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
