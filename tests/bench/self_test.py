#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""self_test.py: whether the benchmark reads its witnesses right: stamps, strace,
callgrind.  Planted text, no network; TAP.
"""
import os
import tempfile

import bench
import path
import report
from lab import A, B, Stamp

PORT = 5064
points = [0, 0]


def ok(cond, name):
    points[0] += 1
    points[1] += not cond
    print(f"{'ok' if cond else 'not ok'} {points[0]} - {name}")


class Someone:
    name, port, first = "someone", PORT, "INVITE"


class Registers(Someone):
    first = "REGISTER"


def stamps(*lines):
    return [Stamp(f"{ns} {way} {kind} {port} {peer} {word}")
            for ns, way, kind, port, peer, word in lines]


INVITE_A = (10000, "out", "udp", PORT, A, "INVITE")
ERROR = (30000, "in", "icmp", PORT, A, "3/3")
INVITE_B = (75000, "out", "udp", PORT, B, "INVITE")
OTHER = (40000, "out", "udp", 5061, B, "INVITE")


def test_round():
    r = bench.Round(Someone, stamps(INVITE_A, ERROR, OTHER, INVITE_B))
    ok((r.total, r.reaction, r.invite) == (65.0, 45.0, 65.0),
       "times of a round; another port's packets are not its own")
    r = bench.Round(Someone, stamps(INVITE_A, ERROR,
                                    (50000, "out", "udp", PORT, B, "REGISTER")))
    ok(r.odd and r.total is None, "another first packet than expected does not count")
    ok(bench.Round(Someone, stamps(INVITE_A, INVITE_B)).odd,
       "nor does a packet to B without an error")
    r = bench.Round(Registers, stamps(
        INVITE_A, ERROR, (50000, "out", "udp", PORT, B, "REGISTER"),
        (60000, "in", "udp", PORT, B, "200"), INVITE_B))
    ok((r.total, r.invite) == (40.0, 55.0),
       "REGISTER first: until the INVITE less what B took")
    r = bench.Round(Someone, stamps(INVITE_A, ERROR, INVITE_A, ERROR))
    ok(r.odd and (r.sends, r.errors) == (2, 2), "nothing to B is no time")
    until = bench.Until(Someone)
    ok([until(s) for s in stamps(
        (1, "out", "udp", PORT, A, "REGISTER"), INVITE_B, INVITE_A, ERROR,
        (40000, "out", "udp", PORT, B, "REGISTER"), OTHER, INVITE_B)] ==
       [False] * 6 + [True], "a round begins with the INVITE to A")


def test_series():
    got = report.Series([[3.0, 1.0, 2.0], [50.0, 4.0, 4.5], []])
    ok(got.medians == [2.0, 4.5] and got.median == 3.25, "median of medians")
    ok(got.ratio(report.Series([[1.0], [9.0], [1.0]])) == "1.25",
       "a ratio is that of the same repetition")
    ok(report.Series([[], []]).text() == "none", "no rounds, no number")


STRACE = """\
7 100.000000000 io_uring_enter(4, 1, 1) = 1 <0.000010000>
7 100.000020000 io_uring_enter(4, 0, 1 <unfinished ...>
8 100.000030000 futex(0x1, FUTEX_WAIT) = 0 <0.000001000>
7 100.000300000 <... io_uring_enter resumed>) = 1 <0.000280000>
7 100.000310000 write(2, "io_uring_enter(", 4) = 4 <0.000005000>
7 100.000320000 sendto(3, "x", 1) = 1 <0.000050000>
7 100.000400000 write(2, "late", 4) = 4 <0.000005000>
"""


def test_strace():
    with tempfile.NamedTemporaryFile("w") as f:
        f.write(STRACE)
        f.flush()
        calls = path.parse_strace(f.name)
    ok([c[2] for c in calls] == ["io_uring_enter", "futex", "io_uring_enter",
                                 "write", "sendto", "write"], "strace: the calls")
    ok(calls[2][:2] == (100000020000, 100000300000),
       "strace: a resumed call has its own start and end")
    between = path.between(calls, 100000200000, 100000350000)
    ok([c[2] for c in between] == ["io_uring_enter", "write", "sendto"],
       "strace: from the wait that brought the error to the call that sent")


CALLGRIND = """\
# callgrind format
part: 3
desc: Trigger: --dump-before=wait_here
positions: line
events: Ir
fn=(1) main
10 7
+2 3
cfn=(2) calloc
calls=2 0
12 40
fn=(2)
0 20
cfn=(3) malloc
calls=2 0
0 20
fn=(3)
* 20
fn=(4) send_it'2
5 1
totals: 51
"""


def test_callgrind():
    with tempfile.TemporaryDirectory() as at:
        name = os.path.join(at, "out.3")
        with open(name, "w", encoding="ascii") as f:
            f.write(CALLGRIND)
        part = path.Part(name)
    ok(part.total == 51 and part.own["main"] == 10,
       "callgrind: own instructions, without those of what is called")
    ok(part.ends("send_it") and part.ends("wait_here") and not part.ends("other"),
       "callgrind: what a part runs and what it was dumped for")
    got = path.Path([part, part])
    ok(got.instructions == 102 and sum(got.allocations.values()) == 4,
       "callgrind: calloc by malloc is one allocation")


test_round()
test_series()
test_strace()
test_callgrind()
print(f"1..{points[0]}")
raise SystemExit(points[1] != 0)
