#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws one demo case from the three phones' logs and judges it.

usage: timeline.py CASE LAB_DIR FROM DONE

FROM and DONE are regular expressions for log texts: the failing packet (or the
event, for a failure that nobody asked for) and the answer that ends the case.
A case passes if every phone reached DONE through the backup, and the module's
phone was told so by the module: a kernel event with source=module, then the
verdict, then the first packet to the backup.  Times never decide.
"""
import re
import sys

LINE = re.compile(r"^<\d>(\d+)\.(\d{6}) (.*)$")
A, B = "10.9.1.2", "10.9.2.2"
EVENTS = ("kernel", "verdict", "health", "failover", "registered", "call",
          "tx", "rx", "failed", "flow")


def read(lab, phone):
    """[(microseconds, text)] since the case began, by time: what the kernel
    told counts from when it happened, not from when it was read."""
    try:
        skip = int(open(f"{lab}/{phone}/mark").read())
    except OSError:
        skip = 0
    out = []
    with open(f"{lab}/{phone}/log", errors="replace") as f:
        for n, line in enumerate(f):
            m = LINE.match(line.rstrip("\n"))
            if n >= skip and m and m[3].split(" ")[0] in EVENTS:
                at = re.search(r"\bat_us=(\d+)", m[3])
                out.append((int(at[1]) if at else
                            int(m[1]) * 1000000 + int(m[2]), m[3]))
    return sorted(out, key=lambda e: e[0])


def first(log, regex, after=0):
    return next(((t, text) for t, text in log
                 if t >= after and re.search(regex, text)), None)


def words(text):
    """A log text for people: names for addresses, no noise."""
    text = re.sub(r" (line|attempt|send|cseq|count|at_us|last)=\S+", "", text)
    text = text.replace(f"{A}:5060", "A").replace(f"{B}:5060", "B")
    return re.sub(r";(udp|tcp)", "", text)


def main():
    case, lab, start, done = sys.argv[1:5]
    logs = {p: read(lab, p) for p in ("module", "sockets", "timers")}
    fallback = first(logs["module"], start)
    ms, ok = {}, True
    for phone, log in logs.items():
        t0 = first(log, start) or fallback
        end = t0 and first(log, done, t0[0])
        ms[phone] = (end[0] - t0[0]) / 1000 if end else None
        # On a slow machine the timers of a phone that waits for no event may
        # have run out before the server was killed.
        ok = ok and (end or first(log, done)) is not None

    log = logs["module"]
    event_to_backup = None
    if fallback:
        t0 = fallback[0]
        event = first(log, r"^kernel .*source=module", t0)
        to_b = event and first(log, rf"^tx .*server={B}", event[0])
        if to_b:
            event_to_backup = to_b[0] - event[0]
        end = first(log, done, t0)
        print(f"\n  {case}: the module's phone, microseconds")
        for t, text in log:
            if t < t0:
                continue
            print(f"  {t - t0:>9}  {words(text)}")
            if end and t >= end[0]:
                break
    if case == "failback":
        event_to_backup = None      # the module's word is not what it waits for
    elif event_to_backup is None:
        ok = False

    def show(value):
        return "-" if value is None else f"{value:.1f}"
    print(f"demo: case={case} result={'pass' if ok else 'FAIL'} "
          f"event_to_backup_us="
          f"{'-' if event_to_backup is None else event_to_backup} "
          f"fail_to_ok_ms={show(ms['module'])} "
          f"sockets_ms={show(ms['sockets'])} "
          f"timers_ms={show(ms['timers'])}")
    return 0 if ok else 1


sys.exit(main())
