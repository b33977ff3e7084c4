# SPDX-License-Identifier: BSD-2-Clause
"""Requests within a dialog whose server dies: session refresh, the ACK of a 2xx,
PRACK."""
import signal

from invite import up
from lab import A, B, CALLEE, at, ok, until
from plan import AGENT_CALL, shows, unit

SESSION, INDIALOG = "userspace/core/session.c", "userspace/core/indialog.c"
ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"


def granting(callee, seconds):
    """A far end with session timers, which leaves the refresh to us."""
    def rings(m, peer):
        callee.answer(m, peer, "200 OK", [
            *(f"Record-Route: {v}" for v in m.all("Record-Route")), ALLOW,
            f"Contact: <sip:callee@{CALLEE}:5060>",
            f"Session-Expires: {seconds};refresher=uac"], "callee")
    callee.rings = rings


@shows("R-56", peer="Kamailio pair, the primary killed during a call",
       mutation=(SESSION, "if (server == FO_NONE)\n\t\treturn end(s, status);",
                 "if (server == FO_NONE || s->tried)\n"
                 "\t\treturn end(s, status);"))
def refresh_by_backup(lab):
    a, b = lab.pair()
    callee = lab.callee()
    granting(callee, 6)
    d = lab.phone(line="session_timer = yes")
    n = up(d)
    ok(n and lab.wire.sent("INVITE", A)[-1].get("Session-Expires") ==
       "1800;refresher=uac", "a call is up; its INVITE asked for 1800 s")
    a.down()
    lab.wire.clear()
    ok(d.state(n) == "up" and at(d, A), "nobody noticed that the server died")
    ok(until(lambda: callee.count("UPDATE")), "the refresh arrives")
    order = lab.wire.order()
    ok(order.index(("UPDATE", A)) < order.index(("REGISTER", B)) <
       order.index(("UPDATE", B)),
       "at the dead one, which it finds out, then by the backup")
    m = lab.wire.sent("UPDATE", B)[0]
    ok("proxy.example.com" in (m.get("Route") or "") and
       m.start.startswith(f"UPDATE sip:callee@{CALLEE}"),
       "with the dialog's route set and target")
    ok(until(lambda: lab.wire.got(200, "UPDATE", B)) and d.state(n) == "up",
       "is answered, and the call goes on")
    d.call("hangup", call=n)
    ok(until(lambda: callee.count("BYE") == 1), "until the user ends it")


@shows("R-13", peer="SIPp 481 to a refresh, SIPp silent to it",
       mutation=(SESSION, "return next_server(s, ev, ev->status);\t/* R-13 */",
                 "return end(s, ev->status);"))
def lost(lab):
    grants = ["200 OK", ALLOW, "Session-Expires: 4;refresher=uac"]
    lab.sipp(A, INVITE=grants, UPDATE=["481 Call Does Not Exist"])
    lab.sipp(B, UPDATE=None)
    d = lab.phone(t1=20, line="session_timer = yes")
    e = lab.events(d)
    n = up(d)
    ok(n and until(lambda: lab.wire.got(481, "UPDATE", A)),
       "481 to the refresh of a call")
    ok(until(lambda: lab.wire.sent("UPDATE", B)) and d.state(n) == "up",
       "does not end it: the backup is asked")
    ok(until(lambda: d.state(n) is None), "which is silent: that ends it")
    ok(lab.wire.sent("BYE"), "by a BYE")
    ok(until(lambda: e.states()[-1] in ("ending", "free")) and
       e.of("call")[-1]["status"] == 408, "and the user is told")


@shows("R-14", peer="Kamailio pair, the primary killed after its 200",
       mutation=(AGENT_CALL, "call_send_ack(a, c, next);", "(void)c;"))
def ack_by_backup(lab):
    a, b = lab.pair()
    callee = lab.callee()
    rings, held = callee.rings, []
    callee.rings = lambda m, peer: held.append((m, peer))
    d = lab.phone()
    n = d.dial()
    ok(until(lambda: held), "an INVITE is at the callee")
    d.proc.send_signal(signal.SIGSTOP)
    rings(*held[0])
    ok(until(lambda: lab.wire.got(200, "INVITE", A)),
       "whose 200 comes by the primary, and is not read yet")
    a.down()
    d.proc.send_signal(signal.SIGCONT)
    ok(until(lambda: callee.count("ACK")), "the primary dies: the callee has "
       "its ACK")
    at_a, at_b = lab.wire.sent("ACK", A)[-1], lab.wire.sent("ACK", B)[-1]
    ok(at_a.time < at_b.time and at_a.start == at_b.start and
       all(at_a.get(x) == at_b.get(x) for x in ("Call-ID", "CSeq", "Route")),
       "the same by the backup")
    ok(d.state(n) == "up", "the call is up")


@shows("R-57", peer="SIPp 183 with RSeq",
       mutation=(AGENT_CALL, "k->dialog.local_cseq = d.local_cseq;", ";"))
def acknowledged(lab):
    lab.sipp(A, INVITE=["183 Session Progress", "Require: 100rel", "RSeq: 7"],
             PRACK=["200 OK", "INVITE 200 OK"])
    d = lab.phone((A,), line="reliable_provisional = yes")
    n = up(d)
    ok(n, "a call comes up")
    m, p = lab.wire.sent("INVITE", A)[-1], lab.wire.sent("PRACK", A)[0]
    ok("100rel" in m.get("Supported"), "its INVITE knows reliable responses")
    early = lab.wire.got(183, "INVITE", A)[0]
    cseq = int(m.get("CSeq").split()[0])
    ok(p.get("RAck") == f"7 {cseq} INVITE" and
       p.get("CSeq") == f"{cseq + 1} PRACK", "the 183 gets its PRACK")
    ok(p.tag("To") == early.tag("To") and p.get("Call-ID") == m.get("Call-ID")
       and p.start.startswith(f"PRACK sip:sipp@{A}:5060 "),
       "in the early dialog")
    d.call("hangup", call=n)
    ok(until(lambda: d.state(n) is None) and
       lab.wire.sent("BYE", A)[0].get("CSeq") == f"{cseq + 2} BYE",
       "whose CSeq counts on")


unit("R-31", test="test_sipoverd_dialog", peer="scripted servers",
     point="answered at once, and never by 408 (R-31)",
     mutation=(INDIALOG, "INDIALOG_NO_BODY ? 200 : 415);",
               "INDIALOG_NO_BODY ? 408 : 415);"))
