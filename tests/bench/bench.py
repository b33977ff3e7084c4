#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench.py: runs the benchmark; tests/bench/run says what it is and builds what
it needs.  Root.

  --rounds N    rounds of a repetition (11, the most), --repeats N repetitions (5)
  --no-path     no system calls and instructions
  --no-silent   without baresip and linphone, which wait 12 s each
  --docs        puts table and plot into docs/
"""
import argparse
import os
import shutil
import signal
import sys

import path
import report
from contenders import Baresip, Limit, Linphone, Nua, Sipoverd
from lab import A, B, Lab

LATE_MS = 5
# Each round has two calls, and sipoverd keeps two of its 69 requests of one line
# for 32 s after each (RFC 3261 17.1.1.2, timer D).
ROUNDS_MAX = 11
NONE_S = 12             # longer than anybody waits for a dial tone
REST_S = 0.05
# How the error comes: at once, within the system call that sends the INVITE; or
# late, when the program has gone to sleep.
MODES = {"at once": ("down",), "late": ("late", str(LATE_MS))}


class Round:
    """One INVITE to the dead A, all times in us.

    total     INVITE to A -> first SIP packet to B
    reaction  ICMP error -> first SIP packet to B
    invite    INVITE to A -> INVITE to B, less what B took to answer a REGISTER
              that came before
    """

    def __init__(self, contender, seen):
        self.total = self.reaction = self.invite = None
        mine = [s for s in seen if s.port == contender.port]
        to_a = [s for s in mine if s.sip_to(A)]
        errors = [s for s in mine if s.icmp]
        self.sends, self.errors = len(to_a), len(errors)
        to_b = [s for s in mine if s.sip_to(B)]
        self.odd = not to_b or to_b[0].word != contender.first or not errors
        if self.odd:
            return
        start, first = to_a[0].ns, to_b[0].ns
        self.total = (first - start) / 1000
        self.reaction = (first - errors[0].ns) / 1000
        if to_b[-1].word == "INVITE":
            server = sum(s.ns for s in mine if s.peer == B and s.word == "200") - \
                sum(s.ns for s in to_b if s.word == "REGISTER")
            self.invite = (to_b[-1].ns - start - server) / 1000


def is_start(contender, stamp):
    """The observer hands over with a delay: a REGISTER to A may still come."""
    return stamp.port == contender.port and stamp.sip_to(A) and \
        stamp.word == "INVITE"


class Until:
    """True for the last packet of interest: the INVITE to B, after one to A."""

    def __init__(self, contender):
        self.contender, self.begun = contender, False

    def __call__(self, stamp):
        if stamp.port != self.contender.port:
            return False
        self.begun = self.begun or is_start(self.contender, stamp)
        return self.begun and stamp.sip_to(B) and stamp.word == "INVITE"


def play(lab, contender, mode, seconds=NONE_S):
    contender.prepare()
    lab.primary(*MODES[mode])
    # The same rest for all: a processor that was idle is slower.
    lab.stamps_until(lambda stamp: False, REST_S)
    lab.forget_stamps()
    contender.go()
    seen, _ = lab.stamps_until(Until(contender), seconds)
    # What came before belongs to prepare().
    while seen and not is_start(contender, seen[0]):
        seen.pop(0)
    if not seen:
        raise RuntimeError(f"{contender.name}: no INVITE to A")
    return Round(contender, seen)


def measure(lab, contenders, args):
    """name -> mode -> one list of rounds for each repetition; name -> rounds
    that were the first of a fresh process."""
    got = {c.name: {m: [] for m in MODES} for c in contenders}
    cold = {c.name: [] for c in contenders}
    for repeat in range(args.repeats):
        print(f"bench: repetition {repeat + 1} of {args.repeats}",
              file=sys.stderr, flush=True)
        for c in contenders:
            c.start()
            cold[c.name].append(play(lab, c, "at once"))
            c.settle()
            for mode in MODES:
                got[c.name][mode].append([])
        for number in range(args.rounds + 1):
            at = number % len(contenders)
            # Nobody is always behind the same other one.
            for c in contenders[at:] + contenders[:at]:
                for mode in MODES:
                    r = play(lab, c, mode)
                    c.settle()
                    if number:          # the first one warms up
                        got[c.name][mode][-1].append(r)
        for c in contenders:
            c.end()
    return got, cold


def watch_silent(lab, contenders):
    """Of those who do not react: what they do in the time given."""
    got = {}
    for c in contenders:
        print(f"bench: {c.name}, {NONE_S} s", file=sys.stderr, flush=True)
        c.start()
        got[c.name] = play(lab, c, "at once")
        c.end()
    return got


def trace(lab, contenders):
    got = {}
    for c, dumps, sends in contenders:
        print(f"bench: path of {c.name}", file=sys.stderr, flush=True)
        calls, text, dns = path.system_calls(lab, c)
        paths = [path.instructions(lab, c, dumps, sends) for _ in range(2)]
        with open(f"{lab.out}/{c.name}.calls", "w", encoding="utf-8") as f:
            f.write("\n".join(text) + "\n")
        paths[0][1].write(f"{lab.out}/{c.name}.path")
        got[c.name] = report.Trace(calls, dns, paths)
    return got


def everybody(lab, daemon):
    """Each with the functions before which callgrind dumps, and the one whose
    run ends the path (path.instructions)."""
    limit = Limit(lab, "limit", 5061)
    ring = Limit(lab, "limit_ring", 5062)
    nua = Nua(lab, "nua", 5063)
    plain = Sipoverd(lab, "sipoverd", 5064, daemon)
    fanvil = Sipoverd(lab, "sipoverd_register", 5065, daemon, register=True)
    turn = ("io_uring_submit", "io_uring_submit_and_wait",
            "io_uring_submit_and_get_events")
    return [(limit, ("poll", "sendto"), "sendto"), (ring, turn, "send_invite"),
            (nua, ("epoll_wait", "sendmsg"), "sendmsg"),
            (plain, turn, "udp_send"), (fanvil, turn, "udp_send")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS_MAX,
                        choices=range(1, ROUNDS_MAX + 1))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-path", action="store_true")
    parser.add_argument("--no-silent", action="store_true")
    parser.add_argument("--docs", action="store_true")
    args = parser.parse_args()
    build = os.environ.get("BUILD", "build")
    out = os.path.abspath(build) + "/bench/run"
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)

    for word in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(word, lambda number, frame: sys.exit(128 + number))
    lab = Lab(os.path.abspath(build) + "/bench", out)
    results = report.Report(args, lab)
    try:
        lab.up()
        traced = everybody(lab, os.path.abspath(build) + "/sipoverd")
        results.rounds, results.cold = measure(lab, [c[0] for c in traced], args)
        if not args.no_silent:
            results.silent = watch_silent(lab, [Baresip(lab, "baresip", 5066),
                                                Linphone(lab, "linphone", 5067)])
        if not args.no_path:
            results.traces = trace(lab, traced)
    finally:
        # A second Ctrl-C does not stop this.
        for word in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(word, signal.SIG_IGN)
        lab.down()
    results.write()


if __name__ == "__main__":
    main()
