# SPDX-License-Identifier: BSD-2-Clause
"""REGISTER: where it goes, when it moves, how often it is sent."""
import signal

from lab import A, B, C, at, ok, until
from plan import (BUILD_C, CALL, CONF, FO, HEALTH, PASS, REG, REQUEST, SCHEMA,
                  TXN, shows)

FANVIL = """.register_before_resend = true,
		.failback = true,
		.redundancy_with_reg_fail = false,
		.retry_counts = %s,
		.invite_retry_counts = %s,"""
CODES = """.proxy_interval = CONF_INHERIT,
		.expires = 3600,
		.register_codes = { { %s } },"""


@shows("Y-20", "F-17", peer="Kamailio pair",
       mutation=(REG, "if (!fo->cfg.startup_ms) {\n\t\tfo_reg_begin(ctx, 0, 0);",
                 "if (!fo->cfg.startup_ms) {\n\t\tfo_reg_begin(ctx, 1, 0);"))
def primary_first(lab):
    lab.pair()
    d = lab.phone()
    ok(lab.wire.order()[0] == ("REGISTER", A), "the first entry is asked first")
    ok([s["index"] for s in d.line()["servers"]] == [0, 1],
       "the line has two servers")
    ok(not lab.wire.sent(to=B), "the second one hears nothing")


@shows("F-20", "F-24", "C-25", peer="Kamailio pair",
       mutation=(FO, "fo_reg_clear(ctx);\n\t\tfo_reg_begin(ctx, 0, 0);",
                 "fo_reg_clear(ctx);\n\t\tfo_reg_begin(ctx, 1, 0);"))
def user_asks(lab):
    a, b = lab.pair()
    d = lab.phone()
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the backup")
    ok(lab.wire.sent("REGISTER", A), "the primary was asked before")
    a.up()
    ok(d.line()["servers"][0]["health"] == "down", "back, and counts as down")
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: at(d, A)), "asked for again: at the primary")
    ok(lab.wire.order()[0] == ("REGISTER", A), "it was the first to be asked")


@shows("F-04", peer="Kamailio pair",
       mutation=(CALL,
                 "health_usable(fo->health[0]))\n\t\treturn 0;\n"
                 "\treturn fo->working;",
                 "health_usable(fo->health[0]))\n\t\treturn 0;\n\treturn 1;"))
def only_primary_hears(lab):
    lab.pair(), lab.callee()
    d = lab.phone(("server { address = '%s' expires = 6 }" % A, B))
    n = d.dial()
    ok(until(lambda: d.state(n) == "up"), "a call is up")
    d.call("hangup", call=n)
    ok(until(lambda: d.state(n) is None), "and ends")
    seen = len(lab.wire.new("REGISTER", A))
    ok(until(lambda: len(lab.wire.new("REGISTER", A)) > seen),
       "the registration is refreshed")
    ok(lab.wire.sent("INVITE", A) and lab.wire.sent("BYE", A) and
       not lab.wire.sent(to=B), "all of it through the primary")


@shows("Y-01", "F-01", "F-27", "F-28", "Y-31", peer="Kamailio pair",
       mutation=(REG, "if (pass_pick(fo_servers(fo), fo->reg.tried, FO_NONE) =="
                 " FO_NONE) {", "if (1) {"))
def backup_takes_over(lab):
    a, b = lab.pair()
    d = lab.phone()
    ok("registered" not in b.said(), "the backup has no binding")
    a.down()
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "the primary is killed: the line is at the "
       "backup")
    order = lab.wire.order()
    ok(order[0] == ("REGISTER", A) and order[-1] == ("REGISTER", B),
       "asked last, after the primary")
    ok("registered by udp" in b.said() and
       lab.wire.got(200, "REGISTER", B), "by its 200")


@shows("Y-29", "C-14", "R-07", peer="Kamailio pair",
       mutation=(REG, "fo_emit_send(ctx, FO_REQ_UNREGISTER, 0, i, true);\n"
                 "\t\tfo->bound &=", "fo->bound &="))
def one_binding(lab):
    a, b = lab.pair()
    d = lab.phone(profile="yealink", line="registration = successive")
    ok(not lab.wire.sent(to=B), "bound to the primary only")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "bound to the backup")
    a.up()
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: at(d, A)), "bound to the primary again")
    ok(until(lambda: lab.wire.got(200, "REGISTER", B)) and
       lab.wire.sent("REGISTER", B)[-1].get("Expires") == "0",
       "and the backup's binding is removed")
    ok(until(lambda: at(d, A) and lab.wire.new("REGISTER", A)[-1].time >
             lab.wire.got(200, "REGISTER", B)[-1].time),
       "the primary is asked once more, should they share their bindings")


@shows("Y-30", peer="Kamailio pair",
       mutation=(REG, "health_usable(fo->health[0]))\n\t\treturn 0;\n"
                 "\treturn fo->working;",
                 "health_usable(fo->health[0]))\n\t\treturn 0;\n\treturn 0;"))
def working_asked_first(lab):
    a, b = lab.pair()
    d = lab.phone([f"server {{ address = '{ip}' expires = 6 }}"
                   for ip in (A, B)], line="failback = no", probe=1)
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the backup")
    a.up()
    ok(until(lambda: d.line()["servers"][0]["health"] == "up"),
       "the primary is known to be back")
    lab.wire.clear()
    ok(until(lambda: lab.wire.got(200, "REGISTER")), "a refresh")
    ok({m.dst for m in lab.wire.sent("REGISTER")} == {B},
       "goes to the working server first, and nowhere else")


@shows("Y-21", "C-23", "C-24", "R-09", "Y-16", peer="SIPp silent",
       mutation=(REG, "fo->reg_state = FO_REG_WAIT;\n\tfo->refresh_at = MONO_NEVER;",
                 "fo->reg_state = FO_REG_IDLE;\n\tfo->refresh_at = MONO_NEVER;"))
def repeated_for_ever(lab):
    lab.sipp(A, REGISTER=None)
    lab.sipp(B, REGISTER=None)
    d = lab.phone(wait=None, t1=20, line="retry_counts = 2\n"
                  "register_retry_base = 1")
    at_a = lambda: lab.wire.new("REGISTER", A)  # noqa: E731
    ok(until(lambda: len(at_a()) >= 3, 30), "a third pass is made")
    sends = lambda m: [x for x in lab.wire.sent("REGISTER")  # noqa: E731
                       if x.branch() == m.branch()]
    ok([len(sends(m)) for m in at_a()[:2]] == [3, 3],
       "each with two retransmissions at the primary")
    last = [m for m in lab.wire.new("REGISTER", B)][0]
    pause = at_a()[1].time - (last.time + 64 * 0.02)
    ok(pause > 0.45, f"after a pause ({pause:.2f} s)")
    ok(d.line()["state"] in ("wait", "trying"), "and it goes on")


@shows("F-11", peer="SIPp 500, Kamailio backup",
       mutation=(SCHEMA, CODES % "500, 503", CODES % "503"))
def register_500(lab):
    lab.sipp(A, REGISTER=["500 Server Internal Error"])
    lab.kamailio(B)
    d = lab.phone(wait=B)
    ok(len(lab.wire.new("REGISTER", A)) == 1, "the primary was asked once")
    ok(d.line()["servers"][0]["health"] == "blocked",
       "and counts as unavailable")


@shows("F-12", peer="SIPp 503, Kamailio backup",
       mutation=(REQUEST, "unavailable = status == 503 ||",
                 "unavailable = status == 504 ||"))
def register_503(lab):
    lab.sipp(A, REGISTER=["503 Service Unavailable"])
    lab.kamailio(B)
    d = lab.phone(wait=B)
    ok(len(lab.wire.new("REGISTER", A)) == 1, "the primary was asked once")
    ok(d.line()["servers"][0]["health"] == "blocked",
       "and counts as unavailable")


@shows("C-34", "R-28", peer="SIPp 503 with Retry-After, Kamailio backup",
       mutation=(HEALTH,
                 "ms = (uint64_t)ev->retry_after * 1000;",
                 "ms = (uint64_t)ev->retry_after * 100;"))
def retry_after(lab):
    lab.sipp(A, REGISTER=["503 Service Unavailable", "Retry-After: 4"],
             OPTIONS=["200 OK"])
    lab.kamailio(B)
    d = lab.phone(wait=B, line="failback_interval = 10", probe=1)
    begin = lab.wire.got(503, "REGISTER", A)[0].time
    lab.wire.clear()
    d.call("hangup", call=d.dial())
    ok(until(lambda: lab.wire.sent(to=A), 20), "it is asked again")
    pause = lab.wire.sent(to=A)[0].time - begin
    ok(4 <= pause < 15, f"but not before Retry-After is over ({pause:.1f} s)")


@shows("F-05", peer="Kamailio pair, the primary stopped",
       mutation=(SCHEMA, FANVIL % (3, 3), FANVIL % (20, 3)))
def misbehaves(lab):
    a, b = lab.pair()
    d = lab.phone(t1=100)
    a.signal(signal.SIGSTOP)
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B), 4), "silence: the phone moves by itself")
    ok(len(lab.wire.sent("REGISTER", A)) == 4, "having asked four times")


@shows("F-21", "C-26", peer="Kamailio pair, the primary stopped",
       mutation=(REG, "fo->refresh_at = mono_add_ms(ctx->now, "
                 "fo_refresh_ms(fo, s));", "fo->refresh_at = MONO_NEVER;"))
def times_out(lab):
    a, b = lab.pair()
    d = lab.phone([f"server {{ address = '{ip}' expires = 6 }}"
                   for ip in (A, B)], t1=50)
    a.signal(signal.SIGSTOP)
    ok(until(lambda: at(d, B), 8), "a refresh that nobody answers: at the "
       "backup")


@shows("F-22", "C-06", "C-07", peer="Kamailio pair, the primary stopped",
       mutation=(FO, "fo->health[ev->server] != HEALTH_BLOCKED)\n"
                 "\t\t\tfo_reg_begin(ctx, ev->server, 0);",
                 "fo->health[ev->server] != HEALTH_BLOCKED)\n\t\t\t;"))
def options_unanswered(lab):
    a, b = lab.pair()
    d = lab.phone(t1=50, top="options_interval = 1")
    ok(until(lambda: lab.wire.got(200, "OPTIONS", A)), "OPTIONS are answered")
    lab.wire.clear()
    a.signal(signal.SIGSTOP)
    ok(until(lambda: at(d, B)), "unanswered: the line is at the backup")
    order = list(dict.fromkeys(lab.wire.order()))
    ok(order[:2] == [("OPTIONS", A), ("REGISTER", A)],
       "OPTIONS, then a REGISTER at the primary")
    ok(("OPTIONS", B) not in order or
       order.index(("REGISTER", B)) < order.index(("OPTIONS", B)),
       "the OPTIONS itself does not move")


@shows("F-23", "C-27", peer="SIPp without answer to CANCEL, Kamailio backup",
       mutation=(REQUEST, "agent_post_line(a, r->line, &timeout);", ";"))
def cancel_unanswered(lab):
    lab.sipp(A, INVITE=["180 Ringing"], CANCEL=None)
    lab.kamailio(B)
    d = lab.phone(t1=20)
    n = d.dial()
    ok(until(lambda: d.state(n) == "ringing"), "it rings")
    lab.wire.clear()
    d.call("hangup", call=n)
    ok(until(lambda: lab.wire.got(200, "REGISTER", A)),
       "nobody answers the CANCEL: a REGISTER")
    ok(len(lab.wire.sent("CANCEL", A)) > 1 and
       not lab.wire.sent("CANCEL", B), "the CANCEL goes nowhere else")


@shows("Y-18", peer="SIPp silent, Kamailio third",
       mutation=(REQUEST, "s->invite_retry_counts : s->retry_counts;",
                 "s->invite_retry_counts : 3;"))
def own_retry_counts(lab):
    lab.sipp(A, REGISTER=None)
    lab.sipp(B, REGISTER=None)
    lab.kamailio(C)
    lab.phone((f"server {{ address = '{A}' retry_counts = 0 }}",
               f"server {{ address = '{B}' retry_counts = 2 }}", C), wait=C,
              t1=50)
    ok(len(lab.wire.sent("REGISTER", A)) == 1 and
       len(lab.wire.sent("REGISTER", B)) == 3,
       "none repeated at one server, two at the other")


@shows("F-26", "C-10", peer="SIPp silent, Kamailio backup",
       mutation=(TXN, "t->cfg.limit_ms < sum)", "t->cfg.limit_ms < 0)"))
def retry_time(lab):
    lab.sipp(A, REGISTER=None)
    lab.kamailio(B)
    lab.phone(wait=B, t1=100, line="retry_time = 600")
    sent = lab.wire.sent("REGISTER", A)
    took = lab.wire.sent("REGISTER", B)[0].time - sent[0].time
    ok(len(sent) == 3 and 0.55 < took < 0.9,
       f"tried for 600 ms ({took * 1000:.0f}) whatever the count is")


@shows("F-15", "C-15", "R-06", peer="Kamailio pair",
       mutation=(BUILD_C, "r->cseq = ++reg->cseq;\n\treg->flow",
                 "r->cseq = ++reg->cseq + 1000 * (r->req == FO_REQ_PROBE);\n"
                 "\treg->flow"))
def own_identity(lab):
    a, b = lab.pair()
    d = lab.phone(line="failback_interval = 10", probe=1)
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the backup")
    a.up()
    ok(until(lambda: at(d, A), 20), "and back")
    at_a, at_b = (lab.wire.new("REGISTER", ip) for ip in (A, B))
    ids = [{m.get("Call-ID") for m in x} for x in (at_a, at_b)]
    tags = [{m.tag("From") for m in x} for x in (at_a, at_b)]
    ok(len(ids[0]) == len(ids[1]) == 1 and ids[0] != ids[1],
       "a Call-ID for each server")
    ok(len(tags[0]) == len(tags[1]) == 1 and tags[0] != tags[1],
       "a From tag, too")
    for x in (at_a, at_b):
        n = [int(m.get("CSeq").split()[0]) for m in x]
        ok(n == list(range(n[0], n[0] + len(n))), "CSeq grows by one")


@shows("C-32", peer="Kamailio primary, SIPp 403",
       mutation=(CALL,
                 "case FO_WAIT_REFUSED:\n\t\t\tif (may_go_to(fo, c, server))",
                 "case FO_WAIT_REFUSED:\n\t\t\tif (0)"))
def backup_refuses(lab):
    a = lab.kamailio(A)
    lab.sipp(B, REGISTER=["403 Forbidden"], INVITE=["200 OK"])
    d = lab.phone()
    a.down()
    n = d.dial()
    ok(until(lambda: d.state(n) == "up"), "the call is up all the same")
    order = [x for x in lab.wire.order() if x[1] == B]
    ok(order[:2] == [("REGISTER", B), ("INVITE", B)],
       "REGISTER is refused, the INVITE tried")


@shows("Y-24", peer="Kamailio pair as outbound proxies",
       mutation=(CONF, "if (in->l.concurrent && at)",
                 "if (0)"))
def outbound_proxies(lab):
    a, b = lab.pair()
    proxies = [f"outbound_proxy {{ address = '{ip}' }}" for ip in (A, B)]
    d = lab.phone((*proxies, f"server {{ address = '{C}' }}"),
                  profile="yealink")
    ok("registered" not in b.said(), "one after the other, though concurrent "
       "is the profile's default")
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "the second proxy takes over")
    lab.refused("concurrent is refused",
                (*proxies, f"server {{ address = '{C}' }}"),
                profile="yealink", line="registration = concurrent")


@shows("Y-09", peer="Kamailio third, others dead",
       mutation=(PASS, "for (uint8_t i = 0; i < servers.n; i++)",
                 "for (uint8_t i = 0; i < servers.n && i < 2; i++)"))
def fallback_is_last(lab):
    lab.kamailio(C), lab.callee()
    d = lab.phone((A, B, C), wait=C)
    ok(lab.wire.order()[:3] == [("REGISTER", A), ("REGISTER", B),
                                ("REGISTER", C)],
       "primary, secondary, fallback server")
    lab.wire.clear()
    d.call("register", line="alice")
    n = d.dial()
    ok(until(lambda: d.state(n) == "up"), "a call is up through the last")
    ok(lab.wire.sent("INVITE", C), "which got the INVITE")
