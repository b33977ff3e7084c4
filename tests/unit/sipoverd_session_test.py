#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the daemon asks of the far end while a call is up: session timers (RFC
4028), hold, and what becomes of them when a server dies meanwhile.

usage: sipoverd_session_test.py BUILD      (in a network namespace of its own)
"""
import os
import signal
import sys

from sipoverd_lab import (A, B, PHONE, Daemon, Server, host, ok, points,
                          registered_at, request, until)

T1 = 20     # ms: a retry budget is 300 ms, 64*T1 1280 ms
ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"


def silent(m, peer):
    pass


def callee(s, extra=(ALLOW,), more=None):
    """A script: the call comes up with these lines in the 200; `more` answers
    what comes in the dialog."""
    def answer(m, peer):
        if ";tag=" in m.get("To"):
            return (more or callee_again)(m, peer)
        s.answer(m, peer, "200 OK",
                 ["Contact: <sip:callee@%s:5060>" % host(s.ip),
                  "Record-Route: <sip:10.0.0.1;lr>", *extra], "callee")

    def callee_again(m, peer):
        s.answer(m, peer, "200 OK",
                 ["Contact: <sip:callee@%s:5060>" % host(s.ip), *extra])
    return answer


def says(s, status, extra=()):
    return lambda m, peer: s.answer(m, peer, status, extra)


def start(a, b, line="session_timer = 1", **options):
    a.script.clear(), b.script.clear()
    d = Daemon(line, t1=T1, **options)
    until(lambda: registered_at(d, A))
    return d


def up(d):
    n = d.dial()
    until(lambda: d.state(n) == "up")
    return n


def finish(d, a, b, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    for s in (a, b):
        if not s.sock:
            s.up()
        s.seen.clear(), s.script.clear()


def reinvites(s):
    return [m for m in s.seen
            if m.method == "INVITE" and ";tag=" in m.get("To")]


def cseq(m):
    return int(m.get("CSeq").split()[0])


def test_asked_for(d, a):
    """What the INVITE says, and a 422."""
    a.script["INVITE"] = lambda m, p: (
        callee(a, ["Session-Expires: 3600;refresher=uas", ALLOW])(m, p)
        if m.get("Session-Expires").startswith("3600") else
        a.answer(m, p, "422 Session Interval Too Small", ["Min-SE: 3600"]))
    n = up(d)
    seen = [m for m in a.seen if m.method == "INVITE"]
    ok(seen[0].get("Session-Expires") == "1800;refresher=uac" and
       "timer" in seen[0].get("Supported") and not seen[0].get("Min-SE"),
       "an INVITE asks for 1800 s (RFC 4028 7.1)")
    ok(seen[-1].get("Session-Expires") == "3600;refresher=uac" and
       seen[-1].get("Min-SE") == "3600" and
       cseq(seen[-1]) == cseq(seen[0]) + 1, "422: for what its Min-SE says (7.3)")
    d.call("hangup", call=n)
    until(lambda: d.state(n) is None)


def test_refresh(d, a):
    a.script["INVITE"] = callee(a, ["Session-Expires: 2;refresher=uac", ALLOW])
    a.script["UPDATE"] = callee(a, ["Session-Expires: 2;refresher=uac"])
    n = up(d)
    ok(until(lambda: a.count("UPDATE") >= 2), "a session is refreshed (10)")
    m = a.last("UPDATE")
    ok(m.get("Route") == "<sip:10.0.0.1;lr>" and
       m.start.startswith(f"UPDATE sip:callee@{A}:5060 "),
       "with the dialog's route set and target (R-12)")
    ok(m.get("Session-Expires") == "2;refresher=uac" and m.get("Contact") and
       not m.body, "for what is agreed on, without an offer")
    ok(d.state(n) == "up", "the call goes on")
    a.script["UPDATE"] = says(a, "501 Not Implemented")
    ok(until(lambda: reinvites(a)), "UPDATE is not known after all: re-INVITE")
    m = reinvites(a)[-1]
    ok("m=audio" in m.body and until(lambda: any(
        x.method == "ACK" and cseq(x) == cseq(m) for x in a.seen)),
       "with our description, and its 200 is ACKed")
    first = next(x for x in a.seen if x.method == "INVITE")
    ok(m.body == first.body, "which says what it said (RFC 3264 8)")
    d.call("hangup", call=n)
    until(lambda: d.state(n) is None)


def test_far_refreshes(d, a):
    """We wait for theirs, and hang up when none comes."""
    a.script["INVITE"] = callee(a, ["Session-Expires: 2;refresher=uas", ALLOW])
    n = up(d)
    before = a.count("BYE")
    ok(until(lambda: d.state(n) is None and a.count("BYE") > before, 5),
       "a session that nobody refreshes is ended by BYE (10)")
    ok(not a.count("UPDATE") and not reinvites(a), "not refreshed by us")


def test_silent(a, b, kind):
    """R-13, R-56: the server dies during the call."""
    d = start(a, b)
    a.script["INVITE"] = callee(a, ["Session-Expires: 2;refresher=uac", ALLOW])
    b.script["UPDATE"] = callee(b, ["Session-Expires: 90;refresher=uac"])
    n = up(d)
    if kind == "silent":
        a.script["UPDATE"] = a.script["REGISTER"] = silent
    elif kind == "481":
        a.script["UPDATE"] = says(a, "481 Call/Transaction Does Not Exist")
    else:
        a.down()
    ok(until(lambda: b.count("UPDATE")), f"{kind}: the backup gets the refresh")
    m = b.last("UPDATE")
    ok(m.get("Route") == "<sip:10.0.0.1;lr>" and
       m.start.startswith(f"UPDATE sip:callee@{A}:5060 "),
       "Route and target as they were (R-12)")
    if kind != "481":
        order = [x.method for x in b.seen]
        ok(order.index("REGISTER") < order.index("UPDATE"),
           "a REGISTER before it (C-08)")
    if kind == "silent":
        ok(cseq(m) > cseq(a.last("UPDATE")) and
           a.count("UPDATE") == 4, "after the retry budget (Y-18)")
    ok(d.state(n) == "up", "the call goes on")
    d.call("hangup", call=n)
    ok(until(lambda: b.count("BYE") and d.state(n) is None),
       "and is ended by way of the backup")
    finish(d, a, b, kind)


def test_all_silent(a, b):
    d = start(a, b)
    a.script["INVITE"] = callee(a, ["Session-Expires: 4;refresher=uac", ALLOW])
    n = up(d)
    a.script["UPDATE"] = b.script["UPDATE"] = silent
    ok(until(lambda: a.count("UPDATE") > 1 and b.count("UPDATE") > 1, 8) and
       d.state(n) == "up", "both are asked")
    ok(until(lambda: d.state(n) != "up" and
             (a.count("BYE") or b.count("BYE")), 5),
       "then the call is ended (R-13)")
    until(lambda: d.state(n) is None)
    finish(d, a, b, "all silent")


def test_hold(a, b):
    d = start(a, b, line="")
    a.script["INVITE"] = callee(a)
    n = up(d)
    ok(not next(m for m in a.seen if m.method == "INVITE")
       .get("Session-Expires"), "without the key nothing is asked for")
    ok("result" in d.call("hold", call=n) and
       until(lambda: len(reinvites(a)) == 1), "hold: a re-INVITE")
    m = reinvites(a)[0]
    ok("a=sendonly" in m.body and m.get("Route") == "<sip:10.0.0.1;lr>",
       "sendonly, in the dialog (RFC 3264 8.4)")
    ok(until(lambda: d.status()["calls"][0]["hold"] == "near"), "and shown")
    ok(d.call("hold", call=n)["error"]["code"] == -32002, "once is enough")
    answers = []
    a.script["INVITE"] = lambda m, p: (
        answers.append(m), a.answer(m, p, "491 Request Pending")
        if len(answers) == 1 else callee(a)(m, p))
    d.call("resume", call=n)
    ok(until(lambda: len(answers) == 1) and
       d.call("hold", call=n)["error"]["code"] == -32002,
       "no other change while one is on its way")
    ok(until(lambda: len(answers) == 2, 6), "491: once more later (14.1)")
    ok("a=sendrecv" in answers[1].body, "resume")
    ok(until(lambda: d.status()["calls"][0]["hold"] == "none"), "and shown")
    a.script["INVITE"] = says(a, "488 Not Acceptable Here")
    d.call("hold", call=n)
    ok(until(lambda: d.status()["calls"][0]["hold"] == "none" and
             len(reinvites(a)) == 4) and d.state(n) == "up",
       "refused: the call is as it was")
    a.down()
    b.script["INVITE"] = callee(b)
    d.call("hold", call=n)
    ok(until(lambda: reinvites(b)) and
       until(lambda: d.status()["calls"][0]["hold"] == "near"),
       "the server dies: by way of the backup")
    ok(until(lambda: b.count("ACK")), "which gets the ACK")
    finish(d, a, b, "hold")


def test_ack(a, b):
    """R-14: the server dies between the 200 and its ACK."""
    d = start(a, b, line="")

    def dies(m, peer):
        d.proc.send_signal(signal.SIGSTOP)
        callee(a)(m, peer)
        a.down()
        d.proc.send_signal(signal.SIGCONT)
    a.script["INVITE"] = dies
    n = up(d)
    if not ok(until(lambda: b.count("ACK")), "the ACK goes by way of the backup (R-14)"):
        return finish(d, a, b, "ACK")
    ok(b.last("ACK").start.startswith(f"ACK sip:callee@{A}:5060 ") and
       b.last("ACK").get("Route") == "<sip:10.0.0.1;lr>" and
       cseq(b.last("ACK")) == 1, "as it was, but for its Via")
    ok(d.state(n) == "up", "the call is up")
    finish(d, a, b, "ACK")


def test_prack(a, b):
    """Reliable provisional responses (RFC 3262)."""
    d = start(a, b, line="reliable_provisional = 1")
    held = []
    a.script["INVITE"] = lambda m, p: held.append((m, p))
    n = d.dial()
    until(lambda: held)
    m, p = held[0]
    ok("100rel" in m.get("Supported"), "an INVITE says that it knows them")

    def ringing(rseq, tag="callee"):
        a.answer(m, p, "183 Session Progress",
                 ["Require: 100rel", "RSeq: %d" % rseq,
                  "Contact: <sip:early@%s:5060>" % A,
                  "Record-Route: <sip:10.0.0.1;lr>"], tag)

    def pracks():
        return [x.get("RAck") for x in a.seen if x.method == "PRACK"]
    ringing(7)
    ok(until(lambda: pracks() == ["7 %d INVITE" % cseq(m)]),
       "the first gets its PRACK (R-57)")
    prack = a.last("PRACK")
    ok(prack.start.startswith(f"PRACK sip:early@{A}:5060 ") and
       prack.get("Route") == "<sip:10.0.0.1;lr>" and
       prack.tag("To") == "callee" and cseq(prack) == cseq(m) + 1,
       "in the early dialog")
    ringing(7)
    ringing(9)
    ringing(8)
    ok(until(lambda: len(pracks()) == 2) and pracks()[1].startswith("8 "),
       "each once, in order")
    ringing(100, "fork")
    ok(until(lambda: len(pracks()) == 3) and
       a.last("PRACK").tag("To") == "fork", "another fork has its own")
    callee(a)(m, p)
    ok(until(lambda: d.state(n) == "up"), "the call comes up")
    d.call("hangup", call=n)
    ok(until(lambda: a.count("BYE") == 1) and cseq(a.last("BYE")) == 5,
       "whose CSeq counts on")
    finish(d, a, b, "PRACK")


def test_glare(a, b):
    """Their re-INVITE while ours is out (14.2)."""
    d = start(a, b, line="")
    a.script["INVITE"] = callee(a, more=silent)
    n = up(d)
    d.call("hold", call=n)
    until(lambda: reinvites(a))
    m = reinvites(a)[0]
    data = request("INVITE", 1, "glare", tag=m.tag("From"),
                   call_id=m.get("Call-ID")).replace(b";tag=far", b";tag=callee")
    a.sock.sendto(data, (PHONE, 5060))
    ok(until(lambda: any(x.start.startswith("SIP/2.0 491") for x in a.seen)),
       "glare: 491")
    finish(d, a, b, "glare")


def invite(d, a, call_id, extra):
    a.sock.sendto(request("INVITE", 1, call_id, call_id=call_id, extra=extra),
                  (PHONE, 5060))


def answer_of(a, call_id):
    def find():
        return next((m for m in a.seen if m.method == "SIP/2.0" and
                     m.get("Call-ID") == call_id and
                     m.start.split()[1] >= "200"), None)
    until(find)
    return find()


def test_called(a, b):
    d = start(a, b, line="")
    invite(d, a, "s1", "Supported: timer\r\nSession-Expires: 60\r\n")
    m = answer_of(a, "s1")
    ok(m.start.startswith("SIP/2.0 422") and m.get("Min-SE") == "90",
       "less than 90 s: 422 (9)")
    invite(d, a, "s2", "Supported: timer\r\nSession-Expires: 300\r\n")
    until(lambda: d.incoming() is not None)
    d.call("answer", call=d.incoming())
    m = answer_of(a, "s2")
    ok(m.get("Session-Expires") == "300;refresher=uac" and
       m.get("Require") == "timer", "the caller's time, the caller refreshes")
    invite(d, a, "s3", "Session-Expires: 300\r\nMin-SE: 300\r\n")
    until(lambda: d.incoming() is not None)
    d.call("answer", call=d.incoming())
    m = answer_of(a, "s3")
    ok(m.get("Session-Expires") == "300;refresher=uas" and
       not m.get("Require"), "who does not know them has us refresh")
    finish(d, a, b, "called")


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B)
    d = start(a, b)
    test_asked_for(d, a)
    a.seen.clear()
    test_refresh(d, a)
    a.seen.clear()
    test_far_refreshes(d, a)
    finish(d, a, b, "timers")
    test_silent(a, b, "silent")
    test_silent(a, b, "ICMP")
    test_silent(a, b, "481")
    test_all_silent(a, b)
    test_hold(a, b)
    test_ack(a, b)
    test_prack(a, b)
    test_glare(a, b)
    test_called(a, b)
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
