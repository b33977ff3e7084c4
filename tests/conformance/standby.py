# SPDX-License-Identifier: BSD-2-Clause
"""Bindings at two servers at once, Yealink's default."""
import signal

from invite import up
from lab import A, B, at, ok, until
from plan import SCHEMA, STANDBY, shows


def bound_at_both(lab, d):
    return ok(until(lambda: lab.wire.got(200, "REGISTER", A) and
                    lab.wire.got(200, "REGISTER", B) and
                    [s["bound"] for s in d.line()["servers"]] == [True, True]),
              "bound at both")


@shows("Y-25", peer="Kamailio pair",
       mutation=(SCHEMA, "\t\t.concurrent = true,", "\t\t.concurrent = false,"))
def default(lab):
    lab.pair()
    bound_at_both(lab, lab.phone(profile="yealink"))


@shows("Y-26", peer="Kamailio pair",
       mutation=(STANDBY, "fo->standby_at = ctx->now;\n}\n\nvoid "
                 "fo_standby_sent",
                 "fo->standby_at = mono_add_ms(ctx->now, 60000);\n}\n\nvoid "
                 "fo_standby_sent"))
def both(lab):
    a, b = lab.pair()
    d = lab.phone(line="registration = concurrent")
    bound_at_both(lab, d)
    ok(lab.wire.sent("REGISTER", B)[0].time -
       lab.wire.got(200, "REGISTER", A)[0].time < 0.5,
       "the second right after the first")
    ok("registered by udp" in a.said() and "registered by udp" in b.said(),
       "as both say")


@shows("Y-27", peer="Kamailio pair",
       mutation=(STANDBY, "if (fo->working == FO_NONE) {\n"
                 "\t\tfo_reg_won(", "if (1) {\n\t\tfo_reg_won("))
def one_works(lab):
    lab.pair(), lab.callee()
    d = lab.phone(line="registration = concurrent")
    bound_at_both(lab, d)
    n = up(d)
    d.call("hangup", call=n)
    ok(until(lambda: d.state(n) is None), "a call, and its end")
    ok({m.dst for m in lab.wire.sent("INVITE") + lab.wire.sent("BYE")} == {A},
       "by the first server only")
    ok(at(d, A), "the other binding stands by")


@shows("Y-28", peer="Kamailio pair, the primary stopped",
       mutation=(STANDBY, "fo->bound |= pass_bit(FO_STANDBY);", ";"))
def standby_takes_call(lab):
    a, b = lab.pair()
    lab.callee()
    d = lab.phone(line="registration = concurrent", t1=50)
    bound_at_both(lab, d)
    a.signal(signal.SIGSTOP)
    lab.wire.clear()
    ok(up(d), "the primary is silent: a call is up")
    ok([m for m, ip in lab.wire.order() if ip == B][0] == "INVITE",
       "by the standby, which needs no REGISTER before it")
