# SPDX-License-Identifier: BSD-2-Clause
"""Message waiting: the subscription goes where the line's registration goes."""
from entries import server
from lab import A, B, at, ok, until
from plan import shows

SUBSCRIPTION = "userspace/core/subscription.c"
MWI = "subscribe_mwi = yes\n"


def box(lab, ip, counts, expires=600, **more):
    """A registrar with a mailbox."""
    return lab.sipp(ip, SUBSCRIBE=["200 OK", f"Expires: {expires}",
                                   f"Contact: <sip:box@{ip}:5060>",
                                   "NOTIFY " + counts], **more)


def shown(d, ip, new):
    mwi = d.line()["mwi"]
    return mwi["state"] == "active" and mwi.get("new") == new and \
        (mwi["server"] or "").startswith(ip + ":")


@shows("R-58", peer="SIPp with a mailbox, which dies before the refresh",
       mutation=(SUBSCRIPTION, "if (s->server != s->target || s->lost)\n"
                 "\t\t\tanew(x);", ";"))
def refresh_fails(lab):
    a = box(lab, A, "2/8", expires=11)
    box(lab, B, "3/0")
    d = lab.phone(line=MWI)
    ok(until(lambda: shown(d, A, 2)), "what waits at the primary is shown")
    a.down()
    lab.wire.clear()
    ok(at(d, A), "nobody noticed that it died")
    ok(until(lambda: shown(d, B, 3), 15), "then what waits at the backup")
    ok(lab.wire.order()[0] == ("SUBSCRIBE", A) and at(d, B),
       "the refresh found out; the line moved")
    old, new = lab.wire.sent("SUBSCRIBE", A)[0], \
        lab.wire.sent("SUBSCRIBE", B)[0]
    ok(old.tag("To") and not new.tag("To") and
       old.get("Call-ID") != new.get("Call-ID"), "the subscription is a new one")
    ok(lab.wire.got(200, "REGISTER", B)[0].time < new.time,
       "made where the line is registered")
    ok(any(m.start.startswith("SIP/2.0 200") and m.dst == B and
           m.get("CSeq").endswith(" NOTIFY") for m in lab.wire.seen),
       "and its NOTIFY is answered")


@shows("C-20", peer="SIPp pair with mailboxes",
       mutation=(SUBSCRIPTION, "s->cfg.concurrent && ev->fallback ?",
                 "false ?"))
def functions(lab):
    a = box(lab, A, "2/8")
    b = box(lab, B, "3/0", INVITE=["200 OK"])
    d = lab.phone(line=MWI + "registration = concurrent")
    ok(until(lambda: shown(d, A, 2) and lab.wire.got(200, "REGISTER", B)),
       "a binding stands by; the mailbox is the primary's")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "the standby takes over")
    n = d.dial()
    ok(until(lambda: d.state(n) == "up"), "calls")
    ok(not lab.wire.sent("SUBSCRIBE", B), "but not subscriptions")
    lab.over(d)
    a = box(lab, A, "2/8")
    d = lab.phone(line=MWI)
    ok(until(lambda: shown(d, A, 2)), "registered one after the other")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: shown(d, B, 3)), "the backup has the subscription too")
    lab.over(d)
    b.down()
    a = box(lab, A, "2/8")
    box(lab, B, "3/0")
    d = lab.phone(line=MWI + "failback_subscribe = no")
    ok(until(lambda: shown(d, A, 2)), "without failback_subscribe")
    lab.wire.clear()
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "the line moves")
    n = d.dial()
    ok(until(lambda: d.state(n) == "up") and not lab.wire.sent("SUBSCRIBE"),
       "and makes calls there; the subscription waits for its time")


@shows("F-19", peer="SIPp silent to SUBSCRIBE and CANCEL, SIPp backup",
       mutation=("userspace/agent_subscription.c", "r->last = true;",
                 "r->last = false;"))
def others_stay(lab):
    lab.sipp(A, SUBSCRIBE=None, CANCEL=None, INVITE=["180 Ringing"],
             OPTIONS=["404 Not Found"])
    lab.sipp(B)
    d = lab.phone((server(A), server(B)), t1=20, line=MWI,
                  top="options_interval = 1")
    lab.wire.clear()
    n = d.dial()
    ok(until(lambda: d.state(n) == "ringing"), "it rings")
    d.call("hangup", call=n)
    ok(until(lambda: d.state(n) is None and
             d.line()["mwi"]["state"] == "wait"),
       "no answer to CANCEL and SUBSCRIBE")
    ok(until(lambda: lab.wire.got(404, "OPTIONS", A)), "404 to OPTIONS")
    ok(len(lab.wire.sent("CANCEL", A)) > 4 and
       len({m.branch() for m in lab.wire.sent("SUBSCRIBE", A)}) == 1 and
       len(lab.wire.sent("SUBSCRIBE", A)) > 4,
       "each has its 64*T1 at the primary, not the budget of what moves")
    ok(until(lambda: lab.wire.got(200, "REGISTER", A) and at(d, A)),
       "where the line stays")
    ok({m.method for m in lab.wire.sent(to=B)} <= {"OPTIONS"},
       "the backup hears nothing of it")
