# SPDX-License-Identifier: BSD-2-Clause
"""Nobody is left, and the time that the last one gets."""
import signal

from course import gaps
from lab import A, B, at, ok, until
from plan import REG, REQUEST, SCHEMA, TXN, in_time, shows
from registration import FANVIL


@in_time("F-40", "C-01", course="all_silent",
         mutation=(REQUEST, "if (r->last || r->what == REQUEST_NOBODY)",
                   "if (1)"))
def each_in_turn(trace):
    failed = trace.noted("failed l0 register")[0]
    at_a = trace.sent("REGISTER", "A", 10001, failed)
    at_b = trace.sent("REGISTER", "B", 10001, failed)
    yield gaps(at_a) == [500, 1000, 2000], \
        "the primary gets a REGISTER and three more"
    yield at_b[0] - at_a[0] == 7500, "then the backup, after 7.5 s"


@in_time("F-41", "Y-19", course="all_silent",
         mutation=(TXN, "return 64 * (uint64_t)t->cfg.t1_ms;",
                   "return 60 * (uint64_t)t->cfg.t1_ms;"))
def last_in_full(trace):
    failed = trace.noted("failed l0 register")[0]
    at_b = trace.sent("REGISTER", "B", 10001, failed)
    yield failed - at_b[0] == 32000, "the last one has 64*T1 = 32 s"
    yield len(at_b) == 11, "and eleven copies"


@shows("F-42", "C-12", peer="Kamailio pair, both killed",
       mutation=(REG, "fo_emit_failed(ctx, FO_REQ_REGISTER, 0, server, outcome,"
                 " status);", "(void)status;"))
def has_failed(lab):
    a, b = lab.pair()
    d = lab.phone()
    e = lab.events(d)
    a.down(), b.down()
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: e.of("failed")), "the registration has failed")
    ok(lab.wire.order() == [("REGISTER", A), ("REGISTER", B)],
       "each was tried once")
    n = d.dial()
    ok(until(lambda: len(e.of("failed")) > 1 and d.state(n) is None),
       "and so has a call")
    lab.wire.clear()
    d.dial()
    ok(until(lambda: lab.wire.sent("INVITE", A) and
             lab.wire.sent("INVITE", B) or e.states()[-1] == "free") and
       lab.wire.sent(), "known dead ones are tried all the same")


@shows("F-43", peer="SIPp 486 with words of its own, then killed",
       mutation=("userspace/agent_ctl_notify.c", "if (said && *said)\n",
                 "if (0)\n"))
def told_why(lab):
    a = lab.sipp(A, INVITE=["486 Gone Fishing"])
    d = lab.phone((A,))
    e = lab.events(d)

    def over(n):
        until(lambda: e.of("call", call=n, state="free"))
        return [e.of("failed")[-1:], e.of("call", call=n)[-1:]]
    for told in over(d.dial()):
        ok(told and told[0]["status"] == 486 and
           told[0]["reason"] == "Gone Fishing" and
           told[0]["outcome"] == "rejected" and
           told[0]["server"].startswith(A),
           "a refused call: status, the far end's words, whose they are")
    a.down()
    for told in over(d.dial()):
        ok(told and told[0]["outcome"] == "transport" and
           told[0]["reason"] == "not reachable" and
           told[0]["cause"] == "port_unreach",
           "a server that is gone: the ICMP error by its name")


@shows("F-25", "F-58", "R-19", peer="Kamailio pair, the primary stopped; real time",
       mutation=(SCHEMA, FANVIL % (3, 3), FANVIL % (2, 3)))
def honest_retry_rule(lab):
    """As it comes out of the box: T1 500 ms, three retries."""
    a, b = lab.pair()
    d = lab.phone(t1=500)
    a.signal(signal.SIGSTOP)
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B), 15), "the primary is silent: at the backup")
    sent = [m.time for m in lab.wire.sent("REGISTER", A)]
    moved = lab.wire.sent("REGISTER", B)[0].time - sent[0]
    ok(len(sent) == 4 and all(abs(x - y) < 0.2 for x, y in
                              zip(gaps(sent), (0.5, 1, 2))),
       "four copies, 0.5, 1 and 2 s apart")
    ok(abs(moved - 7.5) < 0.25, f"after 7.5 s of real time ({moved:.2f})")


@shows("R-02", "R-23", peer="Kamailio, stopped; real time",
       mutation=(TXN, "return 64 * (uint64_t)t->cfg.t1_ms;",
                 "return 60 * (uint64_t)t->cfg.t1_ms;"))
def honest_last_server(lab):
    """The only one is the last."""
    a = lab.kamailio(A)
    d = lab.phone((A,), t1=500)
    e = lab.events(d)
    a.signal(signal.SIGSTOP)
    lab.wire.clear()
    d.call("register", line="alice")
    ok(until(lambda: e.of("failed"), 45), "the only server is silent")
    sent = [m.time for m in lab.wire.sent("REGISTER", A)]
    took = e.of("failed")[0]["time_us"] / 1e6 - \
        e.of("tx", method="REGISTER", send=1)[-1]["time_us"] / 1e6
    ok(abs(took - 32) < 0.5, f"failed after 32 s of real time ({took:.2f})")
    ok(len(sent) == 11 and abs(sent[-1] - sent[0] - 31.5) < 0.5,
       "and eleven copies")
    ok(e.of("failed")[0]["outcome"] == "timeout", "as a 408 would say")
