#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Message-waiting subscriptions (RFC 6665, RFC 3842) as messages.

usage: sipoverd_mwi_test.py BUILD          (in a network namespace of its own)
"""
import sys

from sipoverd_lab import (A, B, PHONE, Daemon, Server, ok, points, pump,
                          registered_at, until)

T1 = 20     # ms: 64*T1 is 1280 ms
MWI = "subscribe_mwi = yes"
TYPE = "application/simple-message-summary"


class Notifier(Server):
    """A registrar with a mailbox: NOTIFYs each SUBSCRIBE that it accepts."""

    def __init__(self, ip):
        super().__init__(ip)
        self.reset()

    def reset(self):
        self.seen.clear()
        self.script.clear()
        self.status, self.extra, self.granted = "200 OK", [], 600
        self.body, self.first, self.contact = self.summary("yes", "2/8"), "", 1
        self.cseq, self.challenged, self.nonotify = 0, False, False
        self.script["SUBSCRIBE"] = self.subscribed
        self.peer = self.sub = None

    @staticmethod
    def summary(waiting, counts):
        return f"Messages-Waiting: {waiting}\r\nVoice-Message: {counts}\r\n"

    def subscribed(self, m, peer):
        if self.challenged and not self.authorised(m):
            self.challenge(m, peer)
            return
        self.peer, self.sub = peer, m
        if not self.status.startswith("2"):
            self.answer(m, peer, self.status, self.extra)
            return
        if self.first:
            self.notify(self.first)
        self.answer(m, peer, self.status, self.extra +
                    [f"Expires: {min(self.granted, int(m.get('Expires')))}"] +
                    [f"Contact: <sip:mwi@{self.ip}:5060>"] * self.contact,
                    "mwi")
        if m.get("Expires") != "0" and not self.nonotify:
            self.notify("active")

    def notify(self, state, body=None, event="message-summary", to_tag=None,
               from_tag="mwi", cseq=None, kind=TYPE):
        body = self.body if body is None else body
        self.cseq += 1
        m, headers = self.sub, ""
        if state:
            headers += f"Subscription-State: {state}\r\n"
        if body:
            headers += f"Content-Type: {kind}\r\n"
        tag = to_tag or m.tag("From")
        self.sock.sendto((
            f"NOTIFY sip:alice@{PHONE}:5060 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.ip}:5060;branch=z9hG4bK{id(self)}"
            f"{self.cseq}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:alice@example.com>;tag={from_tag}\r\n"
            f"To: <sip:alice@example.com>;tag={tag}\r\n"
            f"Call-ID: {m.get('Call-ID')}\r\n"
            f"CSeq: {cseq or self.cseq} NOTIFY\r\n"
            f"Contact: <sip:box@{self.ip}:5060>\r\nEvent: {event}\r\n"
            f"{headers}Content-Length: {len(body)}\r\n\r\n{body}").encode(),
            self.peer)

    def answers(self):
        """Statuses of what it asked, in order."""
        return [m.start.split(" ")[1] for m in self.seen
                if m.method == "SIP/2.0" and "NOTIFY" in m.get("CSeq")]

    def asks(self, *args, **more):
        """The answer to one NOTIFY."""
        n = len(self.answers())
        self.notify(*args, **more)
        until(lambda: len(self.answers()) > n, 3)
        return (self.answers() + [None])[n]

    def dialogs(self):
        return len({m.get("Call-ID") for m in self.seen
                    if m.method == "SUBSCRIBE"})


def finish(d, a, b, what):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    a.reset(), b.reset()


def says(server, status, extra=()):
    return lambda m, peer: server.answer(m, peer, status, extra)


def silent(m, peer):
    pass


def mwi(d):
    return d.line()["mwi"]


def active(d):
    return until(lambda: mwi(d)["state"] == "active" and
                 mwi(d)["waiting"] is not None, 4)


def test_life(a, b):
    """SUBSCRIBE at the server of the line, its NOTIFYs, its refresh (R-58)."""
    a.challenged, a.granted = True, 8
    a.first = "pending"     # overtakes the 200
    d = Daemon(t1=T1, line=MWI)
    ok(active(d), "subscribed where the line is registered")
    m = a.last("SUBSCRIBE")
    ok(m.get("Event") == "message-summary" and m.get("Accept") == TYPE and
       m.get("Expires") == "3600" and "alice@" in m.get("Contact"),
       "for message summaries")
    ok(m.get("Authorization") and not a.bad_digest, "with credentials")
    ok(b.count("SUBSCRIBE") == 0, "and nowhere else (F-04)")
    ok(set(a.answers()) == {"200"} and len(a.answers()) >= 2,
       "the NOTIFYs are answered 200")
    box = mwi(d)
    ok(box["waiting"] and box["new"] == 2 and box["old"] == 8 and
       box["server"].startswith(A), f"what waits is shown: {box}")
    ok(a.asks("active", a.summary("no", "0/8 (0/1)")) == "200" and
       until(lambda: mwi(d)["waiting"] is False, 3), "and when it changes")
    ok(mwi(d)["urgent_old"] == 1 and mwi(d)["new"] == 0, "with all counts")
    n = a.count("SUBSCRIBE")
    ok(until(lambda: a.count("SUBSCRIBE") > n, 8), "refreshed ahead of its end")
    m = a.last("SUBSCRIBE")
    ok(m.tag("To") == "mwi" and m.start.startswith(f"SUBSCRIBE sip:box@{A}") and
       a.dialogs() == 1, "in its dialog, to the NOTIFY's Contact")
    until(lambda: mwi(d)["state"] == "active")
    # The server forgets it.
    a.script["SUBSCRIBE"] = lambda m, peer: a.answer(
        m, peer, "481 Call Does Not Exist") if m.tag("To") \
        else a.subscribed(m, peer)
    ok(until(lambda: a.dialogs() == 2, 8), "481 to a refresh: a new one (R-58)")
    ok(active(d), "which is active")
    a.script["SUBSCRIBE"] = a.subscribed
    finish(d, a, b, "life")


def test_end(a, b):
    d = Daemon(t1=T1, line=MWI)
    active(d)
    d.end()
    until(lambda: a.last("SUBSCRIBE").get("Expires") == "0", 2)
    ok(a.last("SUBSCRIBE").get("Expires") == "0" and
       a.last("SUBSCRIBE").tag("To") == "mwi", "the daemon's end ends it")
    a.reset(), b.reset()
    d = Daemon(t1=T1)
    until(lambda: registered_at(d, A))
    ok(mwi(d) is None and not a.count("SUBSCRIBE"), "none unless configured")
    finish(d, a, b, "without")


def test_notify(a, b):
    """NOTIFYs that are none of ours (RFC 6665 4.1.3)."""
    d = Daemon(t1=T1, line=MWI)
    active(d)
    ok(a.asks("active", event="dialog") == "489" and
       a.seen[-1].get("Allow-Events") == "message-summary",
       "another event: 489")
    ok(a.asks("active", event="message-summary;id=3") == "481", "an id: 481")
    ok(a.asks("active", to_tag="other") == "481", "unknown dialog: 481")
    ok(a.asks("active", from_tag="fork") == "481", "another fork: 481")
    ok(a.asks("") == "400", "no Subscription-State: 400")
    a.asks("active")
    ok(a.asks("active", cseq=1) == "500", "an old CSeq: 500 (12.2.2)")
    ok(a.asks("active", kind="text/plain") == "415", "another type: 415")
    ok(mwi(d)["new"] == 2, "nothing of these counts")
    ok(a.asks("active", "Messages-Waiting: perhaps\r\n") == "200" and
       mwi(d)["new"] == 2 and d.counter("mwi_bad") == 1,
       "a summary that cannot be read is counted, not taken")
    ok(a.asks("active", "") == "200" and mwi(d)["state"] == "active",
       "none at all")
    # By another way: a call's dialog is no subscription's.
    ok(b.count("SUBSCRIBE") == 0, "the backup was not asked")
    finish(d, a, b, "NOTIFY")


def test_ended(a, b):
    d = Daemon(t1=T1, line=MWI)
    active(d)
    ok(a.asks("terminated;reason=deactivated", "") == "200" and
       until(lambda: a.dialogs() == 2, 3), "deactivated: a new one at once")
    active(d)
    ok(a.asks("terminated;reason=probation;retry-after=1", "") == "200" and
       mwi(d)["state"] == "wait", "probation: a pause")
    ok(until(lambda: a.dialogs() == 3, 3), "as long as it says")
    active(d)
    ok(a.asks("terminated;reason=rejected", "") == "200" and
       mwi(d)["state"] == "refused", "rejected: not again")
    d.call("register", line="alice")
    ok(until(lambda: a.dialogs() == 4, 3), "but when the user registers")
    finish(d, a, b, "ended")


def test_answers(a, b):
    a.status = "202 Accepted"
    d = Daemon(t1=T1, line=MWI + "\nsubscribe_mwi_expires = 300")
    ok(active(d) and a.last("SUBSCRIBE").get("Expires") == "300",
       "202 is as good as 200; subscribe_mwi_expires")
    finish(d, a, b, "202")

    a.script["SUBSCRIBE"] = lambda m, peer: a.subscribed(m, peer) \
        if m.get("Expires") == "7200" else \
        a.answer(m, peer, "423 Interval Too Brief", ["Min-Expires: 7200"])
    d = Daemon(t1=T1, line=MWI)
    ok(active(d), "423: asked for longer (R-10)")
    finish(d, a, b, "423")

    a.status = "489 Bad Event"
    d = Daemon(t1=T1, line=MWI)
    ok(until(lambda: a.count("SUBSCRIBE") and mwi(d)["state"] == "refused", 3),
       "489: not again at this server")
    ok(mwi(d)["status"] == 489, "and the user is told why (F-43)")
    ok(d.line()["servers"][0]["health"] == "up", "and an answer")
    finish(d, a, b, "489")

    a.status, a.extra = "480 Temporarily Unavailable", ["Retry-After: 1"]
    d = Daemon(t1=T1, line=MWI)
    ok(until(lambda: a.count("SUBSCRIBE") == 1, 3), "480 with Retry-After")
    a.status, a.extra = "200 OK", []
    ok(active(d), "asked again after it")
    finish(d, a, b, "480")

    a.nonotify = True
    d = Daemon(t1=T1, line=MWI)
    until(lambda: a.count("SUBSCRIBE"), 3)
    ok(until(lambda: mwi(d)["state"] == "wait", 3),
       "no NOTIFY within 64*T1: none (timer N)")
    ok(registered_at(d, A), "the line stays: the server answered")
    finish(d, a, b, "timer N")


def test_failover(a, b):
    """It follows the line's registration, there and back (C-20, F-19)."""
    d = Daemon(t1=T1, line=MWI + "\nfailback_interval = 10")
    active(d)
    b.body = b.summary("yes", "3/0")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, B), 5), "the line moves")
    ok(until(lambda: mwi(d).get("new") == 3, 3) and
       mwi(d)["server"].startswith(B), "the subscription with it (C-20)")
    m = b.last("SUBSCRIBE")
    ok(not m.tag("To") and m.get("Call-ID") !=
       a.last("SUBSCRIBE").get("Call-ID"), "anew, not the same one (F-19)")
    methods = [x.method for x in b.seen]
    ok(methods.index("REGISTER") < methods.index("SUBSCRIBE"),
       "after the registration there")
    ok(b.asks("active", b.summary("yes", "4/0")) == "200" and
       mwi(d)["new"] == 4, "its NOTIFYs come that way")
    a.up()
    n = a.count("SUBSCRIBE")
    ok(until(lambda: registered_at(d, A), 15), "the line comes back")
    ok(until(lambda: a.count("SUBSCRIBE") > n and mwi(d).get("new") == 2, 3) and
       mwi(d)["server"].startswith(A), "and the subscription")
    ok(b.last("SUBSCRIBE").get("Expires") == "0", "that at the backup is ended")
    ok(b.asks("active", to_tag=m.tag("From")) == "481",
       "what it still says of it: 481")
    finish(d, a, b, "failover")

    d = Daemon(t1=T1, line=MWI + "\nfailback_subscribe = no")
    active(d)
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, B), 5), "failback_subscribe = no")
    pump(0.3)
    ok(b.count("SUBSCRIBE") == 0 and mwi(d)["new"] == 2,
       "not made anew at once")
    a.up()
    finish(d, a, b, "without failback_subscribe")


def test_concurrent(a, b):
    d = Daemon(t1=T1, line=MWI + "\nregistration = concurrent")
    active(d)
    ok(until(lambda: b.count("REGISTER") > 1, 5), "a binding stands by")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, B), 5), "it takes over")
    pump(0.3)
    ok(b.count("SUBSCRIBE") == 0,
       "calls, but no message waiting at the fallback server (Y-28, C-20)")
    a.up()
    finish(d, a, b, "concurrent")


def test_silence(a, b):
    """A SUBSCRIBE without an answer is as an OPTIONS without (C-06)."""
    a.script["SUBSCRIBE"] = silent
    d = Daemon(t1=T1, line=MWI)
    until(lambda: a.count("SUBSCRIBE"), 3)
    n = a.count("REGISTER")
    ok(until(lambda: a.count("REGISTER") > n, 4),
       "the line registers: is the server there? (F-22)")
    ok(registered_at(d, A) and b.count("SUBSCRIBE") == 0,
       "it is: nothing moves (F-19)")
    ok(mwi(d)["state"] == "wait", "the subscription waits")
    ok(d.line()["servers"][0]["health"] == "up", "no mark against the server")
    finish(d, a, b, "silent to SUBSCRIBE")

    a.script["SUBSCRIBE"] = silent
    d = Daemon(t1=T1, line=MWI)
    until(lambda: a.count("SUBSCRIBE"), 3)
    a.script["REGISTER"] = silent
    ok(until(lambda: registered_at(d, B), 5), "it is not: the line moves")
    ok(active(d) and mwi(d)["server"].startswith(B), "and it is made there")
    finish(d, a, b, "silent")


def main():
    a, b = Notifier(A), Notifier(B)
    test_life(a, b)
    test_end(a, b)
    test_notify(a, b)
    test_ended(a, b)
    test_answers(a, b)
    test_failover(a, b)
    test_concurrent(a, b)
    test_silence(a, b)
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
