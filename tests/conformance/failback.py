# SPDX-License-Identifier: BSD-2-Clause
"""The way back to the primary."""
from course import gaps
from lab import A, B, at, ok, until
from plan import CALL, REG, SCHEMA, in_time, shows

SHORT = "failback_interval = 10"


@shows("F-08", "F-10", "F-46", "Y-23", "C-31", peer="Kamailio pair",
       mutation=(REG, "registered(ctx, 0, ev->expires_s);\n"
                 "\tfo_call_failback(ctx);",
                 "registered(ctx, fo->working, ev->expires_s);\n"
                 "\tfo_call_failback(ctx);"))
def returns(lab):
    a, b = lab.pair()
    d = lab.phone(line=SHORT)
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the backup")
    e = lab.events(d)
    a.up()
    lab.wire.clear()
    ok(until(lambda: at(d, A), 20), "the primary is back, and so is the line, "
       "without being told")
    ok(lab.wire.got(401, "REGISTER", A) and lab.wire.got(200, "REGISTER", A),
       "its challenge was answered first")
    moved = e.of("failover")
    ok(len(moved) == 1 and moved[0]["new"].startswith(A),
       "one 200, one failover")


@shows("F-44", "Y-22", peer="Kamailio pair, the primary dead for long",
       mutation=(REG, "fo->failback_at = failback_ms(fo) ?\n\t\t\t  "
                 "mono_add_ms(ctx->now, failback_ms(fo)) : MONO_NEVER;\n"
                 "\tif (fo->health[0]",
                 "fo->failback_at = MONO_NEVER;\n\tif (fo->health[0]"))
def again_and_again(lab):
    a, b = lab.pair()
    lab.callee()
    d = lab.phone(line=SHORT)
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the backup")
    first = lab.wire.got(200, "REGISTER", B)[-1].time
    lab.wire.clear()
    ok(until(lambda: len(lab.wire.new("REGISTER", A)) >= 2, 30),
       "the primary is asked twice")
    at_a = [m.time for m in lab.wire.new("REGISTER", A)]
    ok(9.5 < at_a[0] - first < 12 and 9.5 < at_a[1] - at_a[0] < 12,
       f"every ten seconds ({at_a[0] - first:.1f}, {at_a[1] - at_a[0]:.1f})")
    n = d.dial()
    ok(until(lambda: d.state(n) == "up") and at(d, B),
       "meanwhile the backup is the working server")


@in_time("F-16", "F-45", "C-16", course="failback_silent",
         mutation=(REG, "fo->failback_at = failback_ms(fo) ?\n\t\t\t  "
                   "mono_add_ms(ctx->now, failback_ms(fo)) : MONO_NEVER;\n"
                   "\tif (fo->health[0]",
                   "fo->failback_at = mono_add_ms(ctx->now, failback_ms(fo) + "
                   "32000);\n\tif (fo->health[0]"))
def own_period(trace):
    at_b = trace.noted("working l0 A > B")[0]
    probes = starts(trace, at_b)
    yield probes[0] - at_b == 60000, "the first 60 s after the move"
    yield gaps(probes)[:1] == [60000], "and from start to start"
    yield gaps(trace.sent("REGISTER", "B", at_b)) != gaps(probes), \
        "whatever the lifetime at the backup"


def starts(trace, since):
    """Of requests to A while the line is away: what is no repetition comes
    after a longer pause."""
    back = trace.noted("working l0 B > A") or [1 << 60]
    times = trace.sent("REGISTER", "A", since, back[0] - 1)
    return [t for i, t in enumerate(times)
            if i == 0 or t - times[i - 1] > 4001]


@in_time("F-47", "R-21", course="failback_silent",
         mutation=(REG, "fo->probe_attempt = fo_emit_send(ctx, FO_REQ_PROBE, "
                   "0, 0, true);",
                   "fo->probe_attempt = fo_emit_send(ctx, FO_REQ_PROBE, 0, 0, "
                   "false);"))
def full_time(trace):
    first, second = starts(trace, trace.noted("working l0 A > B")[0])[:2]
    times = trace.sent("REGISTER", "A", first, second - 1)
    yield gaps(times) == [500, 1000, 2000] + [4000] * 7, \
        "eleven copies with doubling pauses up to T2"
    yield times[-1] - first < 32000, "within 64*T1"


@in_time("F-48", course="failback_silent",
         mutation=(REG, "return;\t/* F-48: the timer runs already */",
                   "{ fo->failback_at = MONO_NEVER; return; }"))
def anew(trace):
    at_b = trace.noted("working l0 A > B")[0]
    back = trace.noted("working l0 B > A")
    yield back and len(starts(trace, at_b)) >= 2, \
        "after one without answer another one"
    yield back and back[0] > trace.noted("-- A: up")[0], \
        "until one is answered"


@in_time("F-57", course="failback_default",
         mutation=(SCHEMA, "\t\t.failback_interval = 1800,",
                   "\t\t.failback_interval = 1700,"))
def interval_default(trace):
    at_b = trace.noted("working l0 A > B")[0]
    asked = trace.sent("REGISTER", "A", at_b)
    yield asked[0] - at_b == 1800000, "half an hour after the move"
    yield trace.noted("working l0 B > A") != [], "the line is back"


@in_time("F-56", course="failback_off",
         mutation=("userspace/agent_list.c", ".failback = conf->failback,",
                   ".failback = true,"))
def switched_off(trace):
    at_b = trace.noted("working l0 A > B")[0]
    yield not trace.sent("REGISTER", "A", at_b), \
        "0: nobody asks the primary for 1800 s"
    yield not trace.noted("working l0 B > A"), "the line stays"


@shows("Y-33", peer="Kamailio pair",
       mutation=(CALL, "fo->cfg.failback_mode == FO_FAILBACK_REQUESTS &&",
                 "0 &&"))
def new_requests(lab):
    """Yealink's own way, with the rest of its parameters as they come."""
    a, b = lab.pair()
    lab.callee()
    d = lab.phone(profile="yealink", line="registration = successive", probe=1)
    a.down()
    d.call("register", line="alice")
    ok(until(lambda: at(d, B)), "at the secondary")
    a.up()
    ok(until(lambda: d.line()["servers"][0]["health"] == "up"),
       "the primary is known to be back")
    lab.wire.clear()
    n = d.dial()
    ok(until(lambda: d.state(n) == "up") and
       {m.dst for m in lab.wire.sent("INVITE")} == {A},
       "newRequests: a call goes to the primary at once")


@shows("C-33", peer="Kamailio pair",
       mutation=(SCHEMA, "l.failback_interval_s, 0, 65535, check_interval,",
                 "l.failback_interval_s, 0, 65535, NULL,"))
def interval_range(lab):
    for value in 9, 65536:
        lab.refused(f"{value} is refused", line=f"failback_interval = {value}")
    lab.pair()
    for value in 0, 10, 65535:
        d = lab.phone(line=f"failback_interval = {value}")
        lab.over(d)
