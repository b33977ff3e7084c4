#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon's life: registration, calls, bad input, failover by the network's
word, failback.

usage: sipoverd_test.py BUILD      (in a network namespace of its own)
"""
import json
import os
import socket
import subprocess
import sys
import tempfile

from sipoverd_lab import (A, A6, B, B6, BUILD, PHONE, PHONE6, STRANGER, Daemon,
                          Server, ok, points, registered_at, request, until)


def test_calls(d, a):
    n = d.dial()
    ok(until(lambda: d.state(n) == "up"), "a call comes up")
    ok(until(lambda: a.count("ACK") >= 1), "its 200 is ACKed")
    ok(a.count("INVITE") == 1 and a.bad_digest == 0,
       "with the credentials of the registration: no second challenge")
    ack = a.last("ACK")
    ok(ack.get("Route") == "<sip:10.0.0.1;lr>" and
       ack.start.startswith("ACK sip:callee@" + A),
       "the ACK has the route set and the remote target")
    ok("m=audio" in a.last("INVITE").body, "a default offer was made")
    d.call("hangup", call=n)
    ok(until(lambda: a.count("BYE") == 1 and d.state(n) is None),
       "hanging up sends BYE and ends the call")
    ok(a.last("BYE").get("Route") == "<sip:10.0.0.1;lr>",
       "the BYE has the route set")


def test_cancel(d, a):
    held = []
    a.script["INVITE"] = lambda m, p: held.append((m, p)) or a.answer(
        m, p, "180 Ringing", tag="callee")
    n = d.dial()
    ok(until(lambda: d.state(n) == "ringing"), "it rings")
    d.call("hangup", call=n)
    ok(until(lambda: a.count("CANCEL") == 1), "hanging up then CANCELs")
    ok(a.last("CANCEL").branch() == held[0][0].branch(),
       "CANCEL has the branch of its INVITE (R-05)")
    a.answer(*held[0], "487 Request Terminated", tag="callee")
    ok(until(lambda: d.state(n) is None), "487 ends the call")
    del a.script["INVITE"]


def test_incoming(d, a):
    peer = (PHONE, 5060)
    a.sock.sendto(request("INVITE", 1, "in1"), peer)
    ok(until(lambda: d.incoming() is not None), "a call comes in")
    n = d.incoming()
    ok(until(lambda: any(m.start.startswith("SIP/2.0 180")
                         for m in a.seen)), "180 is sent")
    before = len(a.seen)
    a.sock.sendto(request("INVITE", 1, "in1"), peer)
    ok(until(lambda: len(a.seen) > before) and
       a.seen[-1].start.startswith("SIP/2.0 180") and
       len(d.status()["calls"]) == 1, "a repeated INVITE is no second call")
    a.sock.sendto(request("INVITE", 1, "in2"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 482")),
       "a merged copy gets 482 (R-04)")
    d.call("answer", call=n)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 200")), "200")
    tag = a.seen[-1].tag("To")
    ok(until(lambda: sum(m.start.startswith("SIP/2.0 200")
                         for m in a.seen) >= 2, 5),
       "the 200 is repeated until its ACK (13.3.1.4)")
    a.sock.sendto(request("ACK", 1, "ack1", tag=tag), peer)
    ok(until(lambda: d.state(n) == "up"), "the ACK brings it up")
    a.sock.sendto(request("BYE", 2, "bye1", tag=tag), peer)
    ok(until(lambda: d.state(n) is None), "their BYE ends it")

    a.sock.sendto(request("INVITE", 1, "in3", call_id="c2"), peer)
    until(lambda: d.incoming() is not None)
    a.sock.sendto(request("CANCEL", 1, "in3", call_id="c2"), peer)
    ok(until(lambda: any(m.start.startswith("SIP/2.0 487") for m in a.seen)),
       "their CANCEL: 487 to the INVITE")
    a.sock.sendto(request("ACK", 1, "in3", call_id="c2"), peer)
    ok(until(lambda: not d.status()["calls"]), "and the call is gone")
    a.sock.sendto(request("OPTIONS", 1, "opt", call_id="c3"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 200") and
             a.seen[-1].get("Allow")), "OPTIONS is answered (R-11)")
    a.sock.sendto(request("MESSAGE", 1, "msg", call_id="c4"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 405")),
       "an unknown method gets 405")
    a.sock.sendto(request("BYE", 9, "bye9", tag="nobody", call_id="c5"), peer)
    ok(until(lambda: a.seen[-1].start.startswith("SIP/2.0 481")),
       "a BYE for no dialog gets 481")


def test_bad_sip(d, a):
    good = request("OPTIONS", 1, "g", call_id="bad")
    bad = {
        "truncated": good[:120],
        "missing": good.replace(b"Call-ID: bad\r\n", b""),
        "duplicate": good.replace(b"CSeq: 1", b"CSeq: 1 OPTIONS\r\nCSeq: 1"),
        "nul": good.replace(b"Call-ID: bad", b"Call-ID: b\0d"),
        "too_many": good.replace(b"Max-Forwards: 70",
                                 b"\r\n".join(b"X-%d: y" % i
                                              for i in range(200))),
        "bad_value": good.replace(b"Content-Length: 0",
                                  b"Content-Length: -1"),
        "bad_start": b"OPTIONS\r\n" + good.split(b"\r\n", 1)[1],
    }
    for what, data in bad.items():
        before = d.counter("rx_bad_" + what)
        a.sock.sendto(data, (PHONE, 5060))
        ok(until(lambda: d.counter("rx_bad_" + what) == before + 1),
           f"malformed SIP: {what} is refused and counted")
    for cut in range(0, len(good), 7):
        a.sock.sendto(good[:cut], (PHONE, 5060))
    ok(registered_at(d, A), "after all that the line is registered as before")


def test_foreign(d, a):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((STRANGER, 5060))
    s.settimeout(5)
    s.sendto(request("INVITE", 1, "f1", call_id="foreign"), (PHONE, 5060))
    ok(s.recv(65536).startswith(b"SIP/2.0 403"),
       "an INVITE from a stranger is refused")
    ok(not d.status()["calls"] and d.counter("rx_foreign") == 1,
       "and makes no call")
    seen = []
    a.script["OPTIONS"] = a.script["REGISTER"] = lambda m, p: seen.append(m)
    d.call("register", line="alice")
    until(lambda: seen)
    m = seen[0]
    forged = ("SIP/2.0 403 Forbidden\r\nVia: " + m.get("Via") + "\r\nFrom: " +
              m.get("From") + "\r\nTo: " + m.get("To") + ";tag=x\r\nCall-ID: " +
              m.get("Call-ID") + "\r\nCSeq: " + m.get("CSeq") +
              "\r\nContent-Length: 0\r\n\r\n")
    s.sendto(forged.encode(), (PHONE, 5060))
    ok(until(lambda: d.counter("rx_wrong_source") == 1),
       "a response from a foreign source is refused")
    a.sock.sendto(forged.replace(m.branch(), "z9hG4bKwrong").encode(),
                  (PHONE, 5060))
    ok(until(lambda: d.counter("rx_unmatched") >= 1),
       "a response with a wrong branch is refused")
    del a.script["OPTIONS"], a.script["REGISTER"]
    ok(until(lambda: registered_at(d, A)), "the registration goes on")
    s.close()


def test_bad_control(d):
    for text, code in ((b"{not json}\n", -32700), (b"[]\n", -32600),
                       (b'{"jsonrpc":"2.0","id":1,"method":"x"}\n', -32601),
                       (b'{"jsonrpc":"2.0","id":1,"method":"call"}\n', -32602),
                       (b'{"jsonrpc":"2.0","id":1,"method":"register",'
                        b'"params":{"line":"nobody"}}\n', -32001)):
        answer = json.loads(d.raw(text))
        ok(answer["error"]["code"] == code, f"control: {text[:40]!r} {code}")
    other = socket.socket(socket.AF_UNIX)
    other.connect(d.path)
    other.setblocking(False)
    ok(d.raw(b"x" * 70000, other) is None,
       "a control line over the limit is cut off")
    other.close()
    ok(d.call("status")["result"]["lines"], "the other client goes on")


def test_failover(d, a, b):
    n = d.dial()
    until(lambda: d.state(n) == "up")
    a.down()
    d.call("hangup", call=n)
    ok(until(lambda: b.count("BYE") == 1, 3), "BYE moves to B (F-35..F-38)")
    order = [m.method for m in b.seen if m.method in ("REGISTER", "BYE")]
    ok(order[-1] == "BYE" and order[0] == "REGISTER",
       "after a REGISTER there (F-37)")
    ok(b.last("BYE").get("Route") == "<sip:10.0.0.1;lr>" and
       b.last("BYE").start.startswith("BYE sip:callee@" + A),
       "with Route and target unchanged (C-09, R-12)")
    ok(until(lambda: registered_at(d, B)), "the line works at B")
    ok(d.line()["servers"][0]["health"] == "down" and
       d.line()["servers"][0]["cause"] == "port_unreach" and
       d.line()["servers"][0]["offender"] == A,
       "A is down, by port unreachable")
    ok(b.bad_digest == 0, "B's own challenge is answered (R-29)")


def test_failback(d, a, b):
    a.up()
    a.seen.clear(), b.seen.clear()
    ok(d.line()["servers"][0]["health"] == "down", "A still is down")
    d.call("register", line="alice")
    ok(until(lambda: a.count("REGISTER") or b.count("REGISTER")) and
       not b.count("REGISTER"),
       "manual registration starts from the primary nevertheless (C-25)")
    ok(until(lambda: registered_at(d, A)), "and succeeds there")
    ok(until(lambda: b.last("REGISTER").get("Expires") == "0"),
       "the backup binding is removed (C-14)")


def test_invite_failover(a, b):
    d = Daemon(line="register_before_resend = false")
    until(lambda: registered_at(d, A))
    a.seen.clear(), b.seen.clear()
    seen = []
    a.script["INVITE"] = lambda m, p: (seen.append(m),
                                       a.answer(m, p, "503 Unavailable"))
    d.dial()
    ok(until(lambda: b.count("INVITE") >= 1, 3), "503 moves the INVITE (Y-06)")
    first, second = seen[0], next(m for m in b.seen if m.method == "INVITE")
    ok(first.get("Call-ID") == second.get("Call-ID") and
       first.get("CSeq") == second.get("CSeq") and
       first.tag("From") == second.tag("From") and
       first.body == second.body and first.branch() != second.branch(),
       "identical but for the branch (R-36, C-29)")
    ok(b.count("REGISTER") == 0, "no REGISTER before it (C-08)")
    del a.script["INVITE"]
    status, log = d.end()
    ok(status == 0, "ends with status 0")


def test_ipv6():
    a, b = Server(A6), Server(B6, "MD5")
    d = Daemon(v6=True)
    ok(until(lambda: registered_at(d, A6)), "registers over IPv6")
    m = a.last("REGISTER")
    ok(f"[{PHONE6}]:5060" in m.get("Via") and f"[{PHONE6}]" in m.get("Contact"),
       "Via and Contact have the address in brackets")
    a.down()
    n = d.dial()
    ok(until(lambda: d.state(n) == "up", 3) and b.count("INVITE"),
       "an ICMPv6 port unreachable moves the INVITE (C-35)")
    ok(f"c=IN IP6 {PHONE6}" in b.last("INVITE").body, "the offer is IPv6")
    b.down()
    a.up()
    d.call("hangup", call=n)
    ok(until(lambda: a.count("BYE") == 1), "and the BYE, back again")
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, "IPv6: ends with status 0")
    if points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))


def test_arguments():
    def run(*args):
        p = subprocess.run([BUILD + "/sipoverd", *args], capture_output=True,
                           text=True, timeout=20)
        return p.returncode, p.stderr
    ok(run("--nonsense")[0] == 64, "unknown option: 64")
    ok(run("extra")[0] == 64, "extra argument: 64")
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("t1 = 500\nline \"x\" {\n  user = x\n  nonsense = 1\n}\n")
        f.flush()
        status, err = run("-c", f.name)
        ok(status == 78 and f"{f.name}:4: " in err,
           "bad configuration: 78 and file:line")
    ok(run("-c", "/nonexistent")[0] == 78, "no configuration: 78")


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B, "MD5")
    d = Daemon()
    if not ok(until(lambda: registered_at(d, A)), "registers at the primary"):
        print(d.end()[1])
        return 1
    ok(a.count("REGISTER") == 2 and a.bad_digest == 0 and not b.seen,
       "with one challenge, and the backup hears nothing (F-04)")
    test_calls(d, a)
    test_cancel(d, a)
    test_incoming(d, a)
    test_bad_sip(d, a)
    test_foreign(d, a)
    test_bad_control(d)
    test_failover(d, a, b)
    test_failback(d, a, b)
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, "ends with status 0")
    ok(a.last("REGISTER").get("Expires") == "0", "and unregisters (R-07)")
    if points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    test_invite_failover(a, b)
    test_ipv6()
    test_arguments()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
