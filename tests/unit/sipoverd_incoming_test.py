#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Calls that come in by another server than the one that works: the standby of
concurrent registration, the one before a failover, the one before a failback.

usage: sipoverd_incoming_test.py BUILD          (in a network namespace of its own)
"""
import sys

from sipoverd_lab import (A, B, PHONE, Daemon, Server, ok, points,
                          registered_at, until)

T1 = 20     # ms: a retry budget is 300 ms, 64*T1 1280 ms
ROUTE = "<sip:10.9.9.9;lr>"


class Caller(Server):
    """A proxy that somebody calls the line through."""

    def sends(self, method, call_id, cseq=1, to_tag="", branch=None, via=None):
        branch = branch or f"{call_id}{method}{cseq}"
        to = f";tag={to_tag}" if to_tag else ""
        self.sock.sendto((
            f"{method} sip:alice@{PHONE}:5060 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {via or self.ip}:5060;branch=z9hG4bK{branch}\r\n"
            f"Max-Forwards: 70\r\nRecord-Route: {ROUTE}\r\n"
            f"From: <sip:bob@example.com>;tag=far\r\n"
            f"To: <sip:alice@example.com>{to}\r\nCall-ID: {call_id}\r\n"
            f"CSeq: {cseq} {method}\r\nContact: <sip:bob@10.8.8.8>\r\n"
            f"Content-Length: 0\r\n\r\n").encode(), (PHONE, 5060))

    def answers(self, method, call_id):
        """Messages that answered it, in order."""
        return [m for m in self.seen if m.method == "SIP/2.0" and
                m.get("Call-ID") == call_id and
                m.get("CSeq").endswith(" " + method)]

    def answered(self, method, call_id, status):
        return until(lambda: any(m.start.startswith(f"SIP/2.0 {status}")
                                 for m in self.answers(method, call_id)), 3)

    def of(self, call_id):
        return [m for m in self.seen if m.get("Call-ID") == call_id]


def finish(d, a, b, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    for s in (a, b):
        s.seen.clear(), s.script.clear()


def talk(d, by, other, call_id, what):
    """A call by that server, answered, up; its number and our tag."""
    by.sends("INVITE", call_id)
    ok(by.answered("INVITE", call_id, 180), f"{what}: rings, told where it came from")
    n = d.incoming()
    # another path brings the same INVITE.
    other.sends("INVITE", call_id, branch=call_id + "merged")
    ok(other.answered("INVITE", call_id, 482),
       f"{what}: the merged copy of the other server: 482 (R-04)")
    ok(d.incoming() == n and sum(c["state"] == "incoming" for c in
                                 d.status()["calls"]) == 1, "and one call")
    d.call("answer", call=n)
    ok(by.answered("INVITE", call_id, 200), "answered the same way")
    final = by.answers("INVITE", call_id)[-1]
    ok(not any(m.start.startswith("SIP/2.0 200") for m in other.of(call_id)),
       "and no other")
    ok(ROUTE in final.all("Record-Route"), "with its route")
    by.sends("ACK", call_id, to_tag=final.tag("To"), branch=call_id + "ack")
    ok(until(lambda: d.state(n) == "up", 3), "up")
    return n, final.tag("To")


def hang_up(d, by, other, call_id, n, what):
    d.call("hangup", call=n)
    ok(until(lambda: any(m.method == "BYE" for m in by.of(call_id)), 3),
       f"{what}: its BYE goes that way")
    bye = [m for m in by.of(call_id) if m.method == "BYE"][0]
    ok(bye.start == "BYE sip:bob@10.8.8.8 SIP/2.0" and
       bye.all("Route") == [ROUTE], "in its dialog, its route as it was")
    ok(until(lambda: d.state(n) is None, 3), "over")
    ok(not any(m.method == "BYE" for m in other.of(call_id)), "by no other")


def test_standby(a, b):
    d = Daemon(t1=T1, line="registration = concurrent")
    ok(until(lambda: registered_at(d, A) and d.line()["servers"][1]["bound"], 5),
       "bindings at both")
    n, _ = talk(d, b, a, "standby", "by the standby")
    hang_up(d, b, a, "standby", n, "by the standby")

    # The far end speaks last, by the other server: same dialog.
    n, tag = talk(d, b, a, "crossed", "by the standby")
    a.sends("BYE", "crossed", cseq=2, to_tag=tag)
    ok(a.answered("BYE", "crossed", 200) and until(lambda: d.state(n) is None, 3),
       "a BYE by the other server ends it")
    ok(b.count("INVITE") == 0 and a.count("INVITE") == 0, "nothing is called")

    b.sends("INVITE", "given-up", branch="givenup")
    b.answered("INVITE", "given-up", 180)
    a.sends("CANCEL", "given-up", branch="givenup")
    ok(a.answered("CANCEL", "given-up", 481),
       "a CANCEL by the other server is of another transaction: 481")
    b.sends("CANCEL", "given-up", branch="givenup")
    ok(b.answered("CANCEL", "given-up", 200) and
       b.answered("INVITE", "given-up", 487), "by the same: 487")
    b.sends("ACK", "given-up", branch="givenup",
            to_tag=b.answers("INVITE", "given-up")[-1].tag("To"))
    ok(until(lambda: not d.status()["calls"], 3), "over")

    # Two at once, one by each.
    n, _ = talk(d, b, a, "first", "by the standby")
    a.sends("INVITE", "second")
    ok(a.answered("INVITE", "second", 180), "another by the working server")
    m = d.incoming()
    ok(m != n, "a call of its own")
    hang_up(d, b, a, "first", n, "the first")
    d.call("hangup", call=m)
    ok(a.answered("INVITE", "second", 603) or
       a.answered("INVITE", "second", 486), "the second is refused")
    finish(d, a, b, "standby")


def test_failover(a, b):
    d = Daemon(t1=T1, line="failback_interval = 10\n"
               "register_failover_codes = 404")
    until(lambda: registered_at(d, A))
    n, tag = talk(d, a, b, "early", "before the failover")
    # It refuses the registration, no more.
    a.script["REGISTER"] = lambda m, peer: a.answer(m, peer, "404 Not Found")
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, B), 5), "the line moves")
    # It still lives, and calls were on their way.
    k, _ = talk(d, a, b, "former", "by the former server")
    hang_up(d, a, b, "former", k, "by the former server")
    b.sends("BYE", "early", cseq=2, to_tag=tag)
    ok(b.answered("BYE", "early", 200) and until(lambda: d.state(n) is None, 3),
       "the call of before is ended by the new server")
    n, _ = talk(d, b, a, "backup", "by the backup")
    a.script.clear()
    ok(until(lambda: registered_at(d, A), 15), "failback")
    ok(d.state(n) == "up", "the call stays (C-13)")
    hang_up(d, b, a, "backup", n, "where it was set up")
    n, _ = talk(d, b, a, "late", "by the backup, late")
    b.down()
    d.call("hangup", call=n)
    ok(until(lambda: any(m.method == "BYE" for m in a.of("late")), 5),
       "that is gone: its BYE goes by the primary")
    ok(until(lambda: d.state(n) is None, 3), "over")
    b.up()
    finish(d, a, b, "failover")


def main():
    a, b = Caller(A), Caller(B)
    test_standby(a, b)
    test_failover(a, b)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
