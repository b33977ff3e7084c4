#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a server's answer, or its silence, does to the line: which request moves,
which stays, and what the server hears of us.

usage: sipoverd_answers_test.py BUILD      (in a network namespace of its own)
"""
import json
import os
import signal
import socket
import struct
import sys
import threading
import time

from sipoverd_lab import (A, B, PHONE, Daemon, Server, ok, points, pump,
                          registered_at, until)

T1 = 20     # ms: a retry budget is 300 ms, 64*T1 1280 ms


def start(a, b, **options):
    """A daemon that is registered at A; what was seen before is forgotten."""
    a.script.clear(), b.script.clear()
    d = Daemon(t1=T1, **options)
    until(lambda: registered_at(d, A))
    return d


def finish(d, a, b, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    a.seen.clear(), b.seen.clear()


def says(server, status, extra=()):
    return lambda m, peer: server.answer(m, peer, status, extra)


def silent(m, peer):
    pass


def test_identity(a, b):
    """One Call-ID and growing CSeq for each server, and never two at once."""
    d = start(a, b)
    for _ in range(2):
        n = a.count("REGISTER")
        d.call("register", line="alice")
        until(lambda: a.count("REGISTER") > n and registered_at(d, A))
    a.down()
    d.call("register", line="alice")
    until(lambda: registered_at(d, B))
    a.up()
    at_a = [m for m in a.seen if m.method == "REGISTER"]
    ok(len({m.get("Call-ID") for m in at_a}) == 1 and
       len({m.tag("From") for m in at_a}) == 1,
       "one Call-ID and From tag at a registrar (R-06)")
    # On a busy machine a copy may come before the first one's answer.
    copies = {m.branch(): m for m in at_a}
    cseq = [int(m.get("CSeq").split()[0]) for m in copies.values()]
    ok(len(cseq) >= 4 and all(y == x + 1 for x, y in zip(cseq, cseq[1:])),
       "CSeq grows by one (R-06)")
    ok(b.last("REGISTER").get("Call-ID") != at_a[0].get("Call-ID") and
       b.last("REGISTER").tag("From") != at_a[0].tag("From"),
       "another Call-ID and tag at the other server (C-15, F-15)")
    finish(d, a, b, "identity")


def test_late_start(a, b):
    """A daemon that was killed may leave its port in use for a moment: what is
    sent when it is free has all of its time."""
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    held.bind((PHONE, 5060))
    # More than a retry budget; it is the time itself that matters.
    threading.Timer(0.5, held.close).start()
    d = start(a, b)
    ok(registered_at(d, A) and not b.seen,
       "a start that takes long is no silence of the first server")
    finish(d, a, b, "a late start")


def test_interval(a, b):
    """423: ask for Min-Expires (R-10, C-19)."""
    def brief(m, peer):
        if int(m.get("Expires")) in range(1, 120):
            a.answer(m, peer, "423 Interval Too Brief", ["Min-Expires: 120"])
        else:
            a.answer(m, peer, "200 OK",
                     ["Contact: %s;expires=120" % m.get("Contact")])
    a.script["REGISTER"] = brief
    d = Daemon(t1=T1, servers=f"server {{ address = '{A}' expires = 60 }}\n"
               f"server {{ address = '{B}' }}")
    ok(until(lambda: registered_at(d, A)), "423 is not the end (R-10)")
    copies = {m.branch(): m for m in a.seen if m.method == "REGISTER"}
    ok([m.get("Expires") for m in copies.values()] == ["60", "120"],
       "Min-Expires is asked for")
    ok(60 < d.line()["registered_until_s"] <= 120,
       "the lifetime granted counts (C-19)")
    d.call("register", line="alice")
    until(lambda: a.count("REGISTER") == 3)
    ok(a.last("REGISTER").get("Expires") == "120", "and is remembered")
    finish(d, a, b, "423")


def test_register_refused(a, b):
    for status, row in (("500 Server Error", "F-11"), ("503 Unavailable", "F-12")):
        d = start(a, b)
        a.script["REGISTER"] = says(a, status)
        d.call("register", line="alice")
        ok(until(lambda: registered_at(d, B), 3),
           f"{status[:3]} to REGISTER moves the line ({row}, C-03)")
        ok(d.line()["servers"][0]["health"] == "blocked",
           "and the server counts as unavailable")
        a.script.clear()
        finish(d, a, b, status)
    d = start(a, b)
    a.script["REGISTER"] = says(a, "403 Forbidden")
    d.call("register", line="alice")
    until(lambda: d.line()["state"] != "registered")
    until(lambda: a.last("REGISTER") and d.line()["state"] == "wait")
    ok(d.line()["state"] == "wait" and not b.count("REGISTER"),
       "another rejection does not: that server is alive")
    a.script.clear()
    finish(d, a, b, "403")


def test_retry_after(a, b):
    d = start(a, b)
    a.script["REGISTER"] = says(a, "503 Unavailable", ["Retry-After: 2"])
    d.call("register", line="alice")
    until(lambda: registered_at(d, B))
    since = time.monotonic()
    a.seen.clear(), a.script.clear()
    ok(d.line()["servers"][0]["health"] == "blocked",
       "503 with Retry-After blocks the server (R-28)")
    n = d.dial()
    ok(until(lambda: d.state(n) == "up") and not a.seen,
       "a call goes elsewhere meanwhile (C-34)")
    d.call("hangup", call=n)
    ok(until(lambda: registered_at(d, A), 8), "after it the line comes back")
    ok(time.monotonic() - since >= 1.9, "and not before")
    finish(d, a, b, "Retry-After")


def test_invite_500(a, b):
    d = start(a, b)
    a.script["INVITE"] = says(a, "500 Server Error")
    n = d.dial()
    ok(until(lambda: a.count("INVITE") >= 1 and d.state(n) is None),
       "500 to INVITE ends the call (R-17)")
    ok(not b.seen and registered_at(d, A) and
       d.line()["servers"][0]["health"] == "up", "nothing moves (C-03)")
    finish(d, a, b, "INVITE 500")


def test_second_copy(a, b):
    """C-29: B says 482, for the callee has A's copy, which then answers."""
    d = start(a, b, line="register_before_resend = false")
    held = []
    a.script["INVITE"] = lambda m, p: held.append((m, p))
    b.script["INVITE"] = says(b, "482 Loop Detected")
    n = d.dial()
    ok(until(lambda: b.requests("INVITE") == 1 and b.count("ACK")),
       "the INVITE moves, 482 comes and is ACKed")
    ok(d.state(n) in ("dialing", "ringing"), "482 does not end the call (C-29)")
    a.answer(*held[0], "200 OK", [f"Contact: <sip:callee@{A}:5060>"], "first")
    ok(until(lambda: d.state(n) == "up"), "the first copy's answer counts")
    ok(until(lambda: a.count("ACK")) and
       a.last("ACK").tag("To") == "first", "and is ACKed there (R-14)")
    d.call("hangup", call=n)
    ok(until(lambda: a.requests("BYE") == 1), "its BYE goes there too")
    finish(d, a, b, "482")


def test_late_answer(a, b):
    """R-30: A's copy is answered after B's: ACK and BYE, and B's call stays."""
    d = start(a, b, line="register_before_resend = false")
    held = []
    a.script["INVITE"] = lambda m, p: held.append((m, p))
    n = d.dial()
    ok(until(lambda: d.state(n) == "up"), "B answers")
    a.answer(*held[0], "200 OK", [f"Contact: <sip:callee@{A}:5060>"], "late")
    ok(until(lambda: a.count("ACK") and a.requests("BYE") == 1),
       "a late 2xx is ACKed and ended by BYE (C-29, R-30)")
    ok(a.last("BYE").tag("To") == a.last("ACK").tag("To") == "late",
       "in its own dialog")
    ok(d.state(n) == "up" and not b.count("BYE"), "the call at B goes on")
    finish(d, a, b, "late 2xx")


def test_cancel_unanswered(a, b):
    d = start(a, b)
    a.script["INVITE"] = says(a, "180 Ringing")
    a.script["CANCEL"] = silent
    n = d.dial()
    until(lambda: d.state(n) == "ringing")
    before = a.count("REGISTER")
    d.call("hangup", call=n)
    ok(until(lambda: a.count("REGISTER") > before),
       "an unanswered CANCEL starts a REGISTER (C-06, F-23)")
    ok(a.count("CANCEL") > 1 and not b.count("CANCEL"),
       "the CANCEL itself goes nowhere else (C-27, F-19)")
    ok(until(lambda: d.state(n) is None), "and the call is over")
    finish(d, a, b, "CANCEL")


def late_error(m, to):
    """ICMP from `to` to the phone: nobody listens where m went."""
    data = ("\r\n".join([m.start] + [": ".join(h) for h in m.headers]) +
            "\r\n\r\n" + m.body).encode("latin-1")
    udp = struct.pack("!HHHH", 5060, 5060, 8 + len(data), 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 1, 0, 64,
                     socket.IPPROTO_UDP, 0, socket.inet_aton(PHONE),
                     socket.inet_aton(to))

    def summed(data):
        words = struct.unpack(f"!{len(data) // 2}H", data)
        return ~(sum(words) % 0xffff) & 0xffff
    ip = ip[:10] + struct.pack("!H", summed(ip)) + ip[12:]
    icmp = struct.pack("!BBHI", 3, 3, 0, 0) + (ip + udp + data)[:548]
    icmp = icmp[:2] + struct.pack("!H", summed(icmp)) + icmp[4:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW,
                       socket.IPPROTO_ICMP) as s:
        s.bind((to, 0))
        s.sendto(icmp, (PHONE, 0))


def test_error_after_answer(a, b):
    """C-30: what the error quotes was answered, so it has arrived."""
    d = start(a, b)
    held = []
    a.script["INVITE"] = lambda m, p: held.append((m, p)) or a.answer(
        m, p, "180 Ringing", tag="callee")
    n = d.dial()
    until(lambda: d.state(n) == "ringing")
    since = a.count("OPTIONS")
    late_error(held[0][0], A)
    ok(until(lambda: a.count("OPTIONS") > since),
       "an ICMP error after a response has the server asked (C-30)")
    ok(until(lambda: d.line()["servers"][0]["health"] == "up") and
       d.state(n) == "ringing" and registered_at(d, A) and
       not b.count("REGISTER"), "whose answer counts: it goes on ringing")
    a.answer(*held[0], "200 OK", [f"Contact: <sip:callee@{A}:5060>"], "callee")
    ok(until(lambda: d.state(n) == "up"), "and is answered")
    finish(d, a, b, "late error")


def test_proxy_challenge(a, b):
    """407 with the nonce of the registration's 401 is not a refusal."""
    a.proxy = True
    d = start(a, b)
    for i in (1, 2):
        n = d.dial()
        ok(until(lambda: d.state(n) == "up"), f"call {i} comes up (R-29)")
        d.call("hangup", call=n)
        until(lambda: d.state(n) is None)
    ok(a.count("INVITE") == 3, "the second one with credentials at once")
    ok(a.last("ACK").get("Proxy-Authorization") ==
       a.last("INVITE").get("Proxy-Authorization") is not None,
       "the ACK carries the INVITE's credentials (13.2.2.4)")
    ok(not b.seen and not a.bad_digest, "nothing moves")
    a.proxy = False
    finish(d, a, b, "407")


def test_connect_unanswered(a, b):
    """A listener whose queue is full lets SYNs die: no refusal, no error."""
    full = socket.socket()
    full.bind((A, 5060))
    full.listen(0)
    fill = []
    for _ in range(3):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex((A, 5060))
        fill.append(s)
    d = Daemon(t1=T1, servers=f"server {{ address = '{A}' transport = tcp }}\n"
               f"server {{ address = '{B}' }}")
    ok(until(lambda: registered_at(d, B)),
       "a connect that nobody answers moves the line (F-14, Y-13)")
    ok(d.line()["servers"][0]["health"] == "down", "the server is down")
    for s in fill + [full]:
        s.close()
    finish(d, a, b, "connect")


def test_bye_refused(a, b):
    """C-03: of the answers to a BYE 503 alone moves it, unless configured."""
    for status, codes, moves in (("503 Service Unavailable", "", True),
                                 ("500 Server Error", "", False),
                                 ("500 Server Error",
                                  "bye_failover_codes = '5xx'", True)):
        d = start(a, b, line=codes)
        n = d.dial()
        until(lambda: d.state(n) == "up")
        a.script["BYE"] = says(a, status)
        d.call("hangup", call=n)
        ok(until(lambda: d.state(n) is None), f"{status[:3]} to a BYE: it ends")
        ok(a.requests("BYE") == 1 and b.requests("BYE") == moves,
           f"{codes or 'by default'} it {'moves' if moves else 'stays'} (C-03)")
        finish(d, a, b, f"{status[:3]} to BYE")


def told(d, number):
    """The events of a call that has failed, from a client of its own."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(d.path)
    s.setblocking(False)
    s.send(b'{"jsonrpc":"2.0","id":1,"method":"subscribe"}\n')
    got = [b""]

    def events():
        try:
            got[0] += s.recv(65536)
        except BlockingIOError:
            pass
        return [e["params"] for e in map(json.loads, got[0].splitlines()[1:])
                if "params" in e] if got[0].endswith(b"\n") else []
    until(lambda: got[0] or events() or got[0])
    n = number()
    until(lambda: any(e["type"] == "call" and e["state"] == "free"
                      for e in events()))
    seen = events()
    s.close()
    return ([e for e in seen if e["type"] == "failed"] or [{}])[0], \
        [e for e in seen if e["type"] == "call" and e["call"] == n][-1]


def test_why(a, b):
    """F-43: what the user is told of a call that failed."""
    d = start(a, b)
    a.script["INVITE"] = says(a, "486 Gone fishing")
    failed, call = told(d, d.dial)
    ok(call["status"] == 486 and call["reason"] == "Gone fishing" and
       call["outcome"] == "rejected" and call["cause"] is None and
       call["server"].startswith(A), "the far end's words and status (F-43)")
    ok(failed["call"] == call["call"] and failed["server"].startswith(A) and
       failed["reason"] == "Gone fishing", "in the event before it too")
    a.script["INVITE"] = says(a, "503 Full")
    b.script["INVITE"] = silent
    failed, call = told(d, d.dial)
    ok(call["status"] == 408 and call["reason"] == "no answer" and
       call["outcome"] == "timeout" and
       call["server"].startswith(B), "silence, and whose it was")
    a.down(), b.down()
    failed, call = told(d, d.dial)
    ok(call["status"] == 503 and call["reason"] == "not reachable" and
       call["cause"] == "port_unreach", "an ICMP error, by name")
    a.up(), b.up()
    finish(d, a, b, "why")


def test_end_with_call(a, b):
    d = start(a, b)
    n = d.dial()
    until(lambda: d.state(n) == "up")
    begin = time.monotonic()
    d.proc.send_signal(signal.SIGTERM)
    ok(until(lambda: d.proc.poll() is not None, 5) and
       time.monotonic() - begin < 1.5, "ends when the last answer is there")
    ok(a.requests("BYE") == 1 and a.last("REGISTER").get("Expires") == "0",
       "hangs up and unregisters first (R-07)")
    finish(d, a, b, "the end")


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B, "SHA-512-256")
    pump(0)
    test_late_start(a, b)
    test_identity(a, b)
    test_interval(a, b)
    test_register_refused(a, b)
    test_retry_after(a, b)
    test_invite_500(a, b)
    test_second_copy(a, b)
    test_late_answer(a, b)
    test_cancel_unanswered(a, b)
    test_error_after_answer(a, b)
    test_proxy_challenge(a, b)
    test_connect_unanswered(a, b)
    test_bye_refused(a, b)
    test_why(a, b)
    test_end_with_call(a, b)
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
