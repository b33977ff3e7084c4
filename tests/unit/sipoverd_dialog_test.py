#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Requests within a dialog: what the far end asks of a call that is up, and what
it hears.

usage: sipoverd_dialog_test.py BUILD      (in a network namespace of its own)
"""
import os
import sys

from sipoverd_lab import (A, B, PHONE, Daemon, Server, ok, points,
                          registered_at, request, until)

HEAD = ("v=0\r\no=far 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
        "c=IN IP4 192.0.2.1\r\nt=0 0\r\n")
OFFER = HEAD + "m=audio 9 RTP/AVP 0 8\r\n"
SDP = "Content-Type: application/sdp\r\n"
branches = iter(range(1, 1000))


class Far:
    """The far end of a call that came in by server `s`."""

    def __init__(self, d, s, call_id, sdp=OFFER):
        self.d, self.s, self.call_id, self.cseq, self.tag = \
            d, s, call_id, 0, ""
        self.ask("INVITE", sdp=sdp)
        until(lambda: d.incoming() is not None)
        self.number = d.incoming()

    def answer(self):
        self.d.call("answer", call=self.number)
        m = self.final("INVITE")
        self.tag = m.tag("To")
        self.ack()
        until(lambda: self.d.state(self.number) == "up")
        return m

    def send(self, data):
        self.s.sock.sendto(data, (PHONE, 5060))

    def ask(self, method, cseq=None, sdp=None, extra="", body="", tag=None,
            contact=None):
        self.cseq = cseq or self.cseq + 1
        data = request(method, self.cseq, "d%d" % next(branches),
                       tag=self.tag if tag is None else tag,
                       call_id=self.call_id,
                       extra=(SDP if sdp else "") + extra, body=sdp or body)
        if contact:
            data = data.replace(b"Contact: <sip:bob@" + A.encode() + b":5060>",
                                b"Contact: <" + contact.encode() + b">")
        self.send(data)

    def final(self, method):
        """The answer to the last request."""
        want = "%d %s" % (self.cseq, method)

        def find():
            return next((m for m in self.s.seen if m.method == "SIP/2.0" and
                         m.get("Call-ID") == self.call_id and
                         m.get("CSeq") == want and
                         m.start.split()[1] >= "200"), None)
        until(find)
        return find()

    def status(self, method):
        m = self.final(method)
        return m and int(m.start.split()[1])

    def ack(self, sdp=None):
        self.send(request("ACK", self.cseq, "d%d" % next(branches),
                          tag=self.tag, call_id=self.call_id,
                          extra=SDP if sdp else "", body=sdp or ""))

    def asks(self, method, **more):
        self.ask(method, **more)
        return self.status(method)

    def bye(self):
        self.ask("BYE")
        until(lambda: self.d.state(self.number) is None)


def hold_of(d, number):
    return next(c["hold"] for c in d.status()["calls"] if c["call"] == number)


def test_reinvite(d, a):
    f = Far(d, a, "re1")
    first = f.answer()
    ok("m=audio" in first.body and "a=sendrecv" in first.body,
       "an offer is answered")
    ok(f.asks("INVITE", sdp=OFFER + "a=sendonly\r\n") == 200,
       "a re-INVITE is answered (14.2)")
    m = f.final("INVITE")
    ok("a=recvonly" in m.body and m.get("Contact"), "hold by recvonly")

    def version(m):
        return int(next(x for x in m.body.splitlines()
                        if x.startswith("o=")).split()[2])
    ok(version(m) == version(first) + 1, "the version grows (RFC 3264 8)")
    ok(hold_of(d, f.number) == "far", "the user sees who holds")
    n = len([x for x in a.seen if x.start.startswith("SIP/2.0 200")])
    ok(until(lambda: len([x for x in a.seen if
                          x.start.startswith("SIP/2.0 200")]) > n),
       "the 200 is repeated until its ACK (13.3.1.4)")
    ok(f.asks("INVITE", sdp=OFFER) == 491, "before that: 491 to another")
    f.cseq -= 1
    f.ack()
    f.cseq += 1
    ok(until(lambda: f.asks("INVITE", sdp=OFFER) == 200), "and then resume")
    ok("a=sendrecv" in f.final("INVITE").body and
       hold_of(d, f.number) == "none", "both send again")
    f.ack()
    ok(f.asks("INVITE") == 200 and "m=audio" in f.final("INVITE").body,
       "without an offer the 200 has one")
    f.ack(sdp=OFFER + "a=inactive\r\n")
    ok(until(lambda: hold_of(d, f.number) == "far"), "the ACK answers it")
    ok(f.asks("INVITE", sdp=HEAD + "m=video 9 RTP/AVP 31\r\n") == 488,
       "what we cannot do: 488, the call goes on")
    f.ack()
    ok(f.asks("INVITE", body="x", extra="Content-Type: text/plain\r\n") == 415
       and "application/sdp" in f.final("INVITE").get("Accept"),
       "a body that is no SDP: 415")
    f.ack()
    f.asks("INFO", cseq=60)
    ok(f.asks("INVITE", cseq=50, sdp=OFFER) == 500,
       "out of order: 500 (12.2.2)")
    f.cseq = 90
    ok(f.asks("INVITE", sdp=OFFER, tag="other") == 481,
       "another dialog: 481")
    f.bye()


def test_target(d, a):
    """Requests go where the far end said last."""
    f = Far(d, a, "target1")
    f.answer()
    f.ask("INVITE", sdp=HEAD + "m=video 9 RTP/AVP 31\r\n",
          contact="sip:bob@192.0.2.77")
    ok(f.status("INVITE") == 488, "a refused re-INVITE")
    f.ack()
    f.ask("UPDATE", contact="sip:bob@192.0.2.78")
    ok(f.status("UPDATE") == 200 and "Contact" in dict(f.final("UPDATE").headers),
       "UPDATE without an offer (RFC 3311)")
    ok(not f.final("UPDATE").body, "is answered without a description")
    d.call("hangup", call=f.number)
    ok(until(lambda: a.count("BYE") and d.state(f.number) is None), "BYE")
    ok(a.last("BYE").start.startswith("BYE sip:bob@192.0.2.78 "),
       "goes to the target of the UPDATE, not to that of the refused one")


def test_update(d, a):
    f = Far(d, a, "up1")
    f.tag = next(m for m in a.seen if m.get("Call-ID") == "up1" and
                 m.start.startswith("SIP/2.0 180")).tag("To")
    ok(f.asks("UPDATE") == 200, "UPDATE in an early dialog")
    ok(f.asks("UPDATE", sdp=OFFER) == 500 and
       f.final("UPDATE").get("Retry-After") is not None,
       "with an offer before the first is answered: 500 and Retry-After")
    f.cseq = 1
    f.answer()
    f.cseq = 20
    ok(f.asks("UPDATE", sdp=OFFER + "a=inactive\r\n") == 200 and
       "a=inactive" in f.final("UPDATE").body, "hold by UPDATE")
    ok(hold_of(d, f.number) == "far", "and told")
    ok("UPDATE" in f.final("UPDATE").get("Allow"), "Allow names it")
    f.bye()


def test_others(d, a):
    f = Far(d, a, "o1")
    f.answer()
    ok(f.asks("INFO") == 200, "INFO without a body is answered")
    ok(f.asks("INFO", body="Signal=1\r\n",
              extra="Content-Type: application/dtmf-relay\r\n") == 415,
       "with one that we do not know: 415")
    ok(f.asks("OPTIONS") == 200, "OPTIONS in the dialog")
    ok(f.asks("MESSAGE") == 405 and
       "UPDATE" in f.final("MESSAGE").get("Allow"), "MESSAGE: 405 with Allow")
    ok(f.asks("PRACK", extra="RAck: 1 1 INVITE\r\n") == 481,
       "PRACK of nothing: 481")
    ok(f.asks("INVITE", sdp=OFFER, extra="Require: 100rel, x\r\n") == 420 and
       f.final("INVITE").get("Unsupported") == "100rel, x",
       "an extension that we lack: 420 (8.2.2.3)")
    f.ack()
    ok(f.asks("UPDATE", extra="Require: timer\r\n") == 200,
       "one that we have")
    f.tag = "nobody"
    for method in ("INFO", "UPDATE", "OPTIONS", "PRACK"):
        ok(f.asks(method) == 481, f"{method} of no dialog: 481")
    ok(d.state(f.number) == "up", "and the call is up as before")
    f.tag = next(m for m in a.seen if m.get("Call-ID") == "o1" and
                 m.start.startswith("SIP/2.0 200")).tag("To")
    f.bye()
    ok(f.asks("INFO") == 481, "after the BYE there is none")


def test_unacked(d, a):
    """14.2: no ACK to the 200 of a re-INVITE ends the session."""
    f = Far(d, a, "ack1")
    f.answer()
    before = a.count("BYE")
    f.asks("INVITE", sdp=OFFER)
    ok(until(lambda: a.count("BYE") > before and
             d.state(f.number) is None, 8),
       "a re-INVITE whose 200 is never ACKed ends the call")


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B)
    d = Daemon(t1=40)
    until(lambda: registered_at(d, A))
    test_reinvite(d, a)
    test_target(d, a)
    test_update(d, a)
    test_others(d, a)
    test_unacked(d, a)
    statuses = [int(m.start.split()[1]) for m in a.seen
                if m.method == "SIP/2.0" and
                m.get("CSeq").split()[1] != "INVITE"]
    ok(len(statuses) > 12 and min(statuses) >= 200 and 408 not in statuses,
       "what is no INVITE is answered at once, and never by 408 (R-31)")
    ok(not b.seen, "the backup hears nothing of all that")
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, "ends with status 0")
    if points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
