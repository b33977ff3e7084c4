# SPDX-License-Identifier: BSD-2-Clause
"""INVITE: the user calls, and servers fail before anybody answered."""
import signal

from lab import A, B, C, CALLEE, at, ok, until
from plan import CALL, PASS, REG, REQUEST, SCHEMA, VERDICT, shows
from registration import FANVIL

NO_REGISTER = "register_before_resend = no"
CODES = """.invite_codes = { { %s } },
		.bye_codes = { { 503 } },
	},
	[CONF_PROFILE_YEALINK]"""


def up(d, seconds=10):
    """The number of a call that comes up, or None."""
    n = d.dial()
    return n if until(lambda: d.state(n) == "up", seconds) else None


@shows("Y-05", peer="Kamailio pair",
       mutation=(CALL, "call_begin(ctx, ev->call, FO_CALL_INVITING,\n"
                 "\t\t\t\t   invite_first(ctx->fo));",
                 "call_begin(ctx, ev->call, FO_CALL_INVITING, 1);"))
def primary_first(lab):
    lab.pair(), lab.callee()
    d = lab.phone()
    ok(up(d), "a call is up")
    ok({m.dst for m in lab.wire.sent("INVITE")} == {A},
       "its INVITE went to the primary, and nowhere else")


@shows("Y-06", "Y-08", "Y-10", "R-36", "R-03",
       peer="SIPp 503, Kamailio secondary and third",
       mutation=(SCHEMA, CODES % "503", CODES % "504"))
def unavailable(lab):
    lab.sipp(A, INVITE=["503 Service Unavailable"])
    lab.kamailio(B), lab.kamailio(C), lab.callee()
    d = lab.phone((A, B, C), line=NO_REGISTER)
    lab.wire.clear()
    ok(up(d), "503 at the primary: the same call is up")
    first = lab.wire.sent("INVITE", A)[0]
    copy = lab.wire.sent("INVITE", B)[0]
    ok(first.get("Call-ID") == copy.get("Call-ID") and
       first.tag("From") == copy.tag("From") and first.body == copy.body and
       first.get("CSeq") == copy.get("CSeq") and
       first.branch() != copy.branch(), "the same INVITE with a new branch")
    ok(not lab.wire.sent("INVITE", C),
       "the walk ends with the first server where it works")


@shows("R-17", peer="SIPp 500",
       mutation=(SCHEMA, CODES % "503", CODES % "500, 503"))
def error_500(lab):
    lab.sipp(A, INVITE=["500 Server Internal Error"])
    lab.kamailio(B)
    d = lab.phone()
    e = lab.events(d)
    d.dial()
    ok(until(lambda: "free" in e.states()), "500 at the primary ends the call")
    ok(not lab.wire.sent(to=B) and at(d, A) and
       d.line()["servers"][0]["health"] == "up",
       "and says nothing about that server")


@shows("Y-07", "F-30", "R-55", peer="Kamailio pair, the primary stopped",
       mutation=(SCHEMA, FANVIL % (3, 3), FANVIL % (3, 2)))
def not_even_100(lab):
    a, b = lab.pair()
    lab.callee()
    d = lab.phone(t1=100)
    a.signal(signal.SIGSTOP)
    ok(up(d), "the primary is silent: the call is up all the same")
    sent = lab.wire.sent("INVITE", A)
    moved = [m for m in lab.wire.sent(to=B)][0].time - sent[0].time
    ok(len(sent) == 4 and len({m.branch() for m in sent}) == 1,
       "the primary got four copies")
    ok(sent[-1].time - sent[0].time < moved,
       "and none after another server was asked")
    ok(1.45 < moved < 2, f"after 15*T1 ({moved:.2f} s of 64*T1 = 6.4 s)")


@shows("Y-11", peer="SIPp 503, three of them",
       mutation=(CALL,
                 "call_fail(ctx, call, outcome, status);\n"
                 "\t} else if (!needs_binding",
                 "call_free(c);\n\t} else if (!needs_binding"))
def no_server_left(lab):
    for ip in A, B, C:
        lab.sipp(ip, INVITE=["503 Service Unavailable"])
    d = lab.phone((A, B, C), line=NO_REGISTER)
    e = lab.events(d)
    lab.wire.clear()
    d.dial()
    ok(until(lambda: e.of("failed", request="invite") or
             e.of("failed", request="INVITE")), "the call is reported failed")
    ok(until(lambda: e.states()[-1:] == ["free"]) and
       e.of("call")[-1]["status"] == 503, "with the last answer's status")
    ok([x for x in lab.wire.order() if x[0] == "INVITE"] ==
       [("INVITE", A), ("INVITE", B), ("INVITE", C)], "after one try at each")


@shows("Y-12", "C-11", "R-32", peer="three Kamailios",
       mutation=(PASS, "return down ? state == HEALTH_DOWN : "
                 "health_usable(state);",
                 "(void)down;\n\treturn state != HEALTH_BLOCKED;"))
def found_out_by_calling(lab):
    a, b = lab.pair()
    lab.kamailio(C), lab.callee()
    d = lab.phone((A, B, C))
    a.down()
    ok(d.line()["servers"][0]["health"] == "up",
       "nobody noticed that the primary died")
    lab.wire.clear()
    n = up(d, 5)
    ok(n, "a call is up")
    ok([x for x in lab.wire.order() if x[0] == "INVITE"][0] == ("INVITE", A),
       "its INVITE found out, at the primary")
    ok(until(lambda: at(d, B)) and
       d.line()["servers"][0]["health"] == "down", "which is down from now on")
    b.down()
    lab.wire.clear()
    ok(up(d, 5), "the secondary dies as well: a call is up")
    ok(list(dict.fromkeys(ip for _, ip in lab.wire.order())) == [B, C],
       "by the third: a server that is known to be dead comes after it")


@shows("F-31", "C-08", peer="Kamailio pair",
       mutation=(CALL, "if (!fo->cfg.register_before_resend)\n"
                 "\t\treturn false;", "if (1)\n\t\treturn false;"))
def register_first(lab):
    a, b = lab.pair()
    lab.callee()
    d = lab.phone()
    a.down()
    ok(up(d), "the primary is killed: a call is up")
    order = [m for m, ip in lab.wire.order() if ip == B]
    ok(order[0] == "REGISTER" and "INVITE" in order,
       "the backup got a REGISTER before the INVITE")
    lab.over(d)
    a.up()
    d = lab.phone(line=NO_REGISTER)
    a.down()
    lab.wire.clear()
    ok(up(d), "once more")
    order = [m for m, ip in lab.wire.order() if ip == B]
    ok(order[0] == "INVITE", "without register_before_resend: no REGISTER "
       "before it")


@shows("F-32", peer="Kamailio primary, SIPp slow to register",
       mutation=(CALL, "} else if (!needs_binding(fo, c, server)) {\n"
                 "\t\tcall_send(ctx, call, server);\n\t} else {",
                 "} else if (!needs_binding(fo, c, server)) {\n"
                 "\t\tcall_send(ctx, call, server);\n\t} else {\n"
                 "\t\tfo_reg_wanted(ctx, server, FO_NONE);\n"
                 "\t\tcall_send(ctx, call, server);\n\t\treturn;"))
def waits_for_200(lab):
    a = lab.kamailio(A)
    lab.sipp(B, REGISTER=[300, "200 OK"], INVITE=["180 Ringing", "200 OK"])
    d = lab.phone()
    a.down()
    ok(up(d), "a call is up")
    ok(lab.wire.sent("INVITE", B)[0].time >
       lab.wire.got(200, "REGISTER", B)[0].time,
       "its INVITE went out after the 200 to the REGISTER")


@shows("F-33", "F-34", "F-29", peer="Kamailio pair",
       mutation=(REG, "registered(ctx, server, ev->expires_s);\n"
                 "\t\tfo_call_registration(ctx, server, FO_WAIT_SETTLED);",
                 "registered(ctx, server, ev->expires_s);"))
def call_by_backup(lab):
    a, b = lab.pair()
    callee = lab.callee()
    d = lab.phone()
    a.down()
    n = up(d)
    ok(n, "a call that the user makes is up, the primary being dead")
    ok(lab.wire.got(200, "INVITE", B) and callee.count("INVITE") == 1,
       "by the backup's 200, and the callee rang once")
    ok(until(lambda: callee.count("ACK") == 1), "which is ACKed")
    d.call("hangup", call=n)
    ok(until(lambda: callee.count("BYE") == 1), "the call ends")


@shows("F-09", peer="Kamailio pair",
       mutation=(VERDICT, 'ICMP("port_unreach", F, D, F, D, C, S)',
                 'ICMP("port_unreach", C, O, F, D, C, S)'))
def nothing_noticed(lab):
    a, b = lab.pair()
    lab.callee()
    d = lab.phone(t1=500)
    e = lab.events(d)
    a.down()
    ok(up(d, 3), "a call is up within three seconds")
    ok(e.states() == ["dialing", "ringing", "up"],
       "the user saw dialing, ringing, up")
    ok(not e.of("failed") and not e.of("unregistered"), "and nothing else")


@shows("F-18", "C-05", peer="Kamailio pair",
       mutation=(CALL, "return is_bye(c) ? FO_REQ_BYE : FO_REQ_INVITE;\n}",
                 "return FO_REQ_INVITE;\n}"))
def three_requests(lab):
    a, b = lab.pair()
    callee = lab.callee()
    d = lab.phone()
    n = up(d)
    ok(n, "a call is up by the primary")
    a.down()
    lab.wire.clear()
    ok(up(d), "the primary dies: another call is up")
    ok(lab.wire.sent("INVITE", A) and lab.wire.got(200, "INVITE", B),
       "its INVITE took the backup")
    ok(until(lambda: at(d, B)) and lab.wire.got(200, "REGISTER", B),
       "so did the REGISTER")
    d.call("hangup", call=n)
    ok(until(lambda: callee.count("BYE") == 1 and
             lab.wire.got(200, "BYE", B)), "so does the first call's BYE")


@shows("C-28", peer="SIPp that rings and dies, Kamailio backup",
       mutation=(CALL, "if (proceeding)\n"
                 "\t\tcall_fail(ctx, call, FO_TRANSPORT, 0);",
                 "if (0)\n\t\tcall_fail(ctx, call, FO_TRANSPORT, 0);"))
def dies_ringing(lab):
    a = lab.sipp(A, INVITE=["180 Ringing"])
    lab.kamailio(B)
    callee = lab.callee()
    d = lab.phone()
    e = lab.events(d)
    n = d.dial()
    ok(until(lambda: d.state(n) == "ringing"), "it rings")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "the server dies, the line moves")
    ok(until(lambda: e.states()[-1:] == ["free"]),
       "the user is told that the call is lost")
    ok(not lab.wire.sent("INVITE", B) and not callee.seen,
       "nobody rings twice")


@shows("R-12", "R-01", peer="Kamailio pair",
       mutation=(REQUEST, "sip_build_ack(buf, sizeof(buf), r->buf, r->len, "
                 "&a->rx);", "-1;"))
def route_set(lab):
    lab.pair(), lab.callee()
    d = lab.phone()
    n = up(d)
    d.call("hangup", call=n)
    ok(until(lambda: d.state(n) is None), "a call, and its end")
    for method in "ACK", "BYE":
        m = lab.wire.sent(method, A)[-1]
        ok("proxy.example.com" in (m.get("Route") or "") and
           m.start.startswith(f"{method} sip:callee@{CALLEE}"),
           f"{method} has the route set and the far end's target")
    ok(any(m.get("To") == lab.wire.got(407, "INVITE")[0].get("To")
           for m in lab.wire.sent("ACK")), "the 407 was ACKed too")
