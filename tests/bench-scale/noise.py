# SPDX-License-Identifier: BSD-2-Clause
"""What load.py's times say; nothing of it measures.

Each median is of a few rounds.  Noise is what the rounds of the first kind,
without any load, differ by among themselves: from the time that one in ten is
below to the one that one in ten is above.  Another kind is within noise if the
median of its medians is not later than the first's by more than that.
"""
import statistics

LEAST = 5       # medians, for a spread that means something


def medians(ms, each):
    """Of each group of so many rounds, in their order."""
    if len(ms) < LEAST * each:
        raise ValueError(f"fewer than {LEAST} medians tell no spread")
    return [statistics.median(ms[i:i + each]) for i in range(0, len(ms), each)]


def spread(ms):
    """One in ten is below, one in ten above."""
    tenths = statistics.quantiles(ms, n=10, method="inclusive")
    return tenths[0], tenths[-1]


def table(head, took, each):
    """took: kind to its rounds, the first without load; each: of a median."""
    first = next(iter(took.values()))
    usual = statistics.median(medians(first, each))
    low, high = spread(first)
    out = [f"{head:30}{'median':>8}{'medians from .. to':>20}"
           f"{'10 % .. 90 % of rounds':>24}{'later by':>10}"]
    for kind, ms in took.items():
        m = medians(ms, each)
        at = spread(ms)
        by = statistics.median(m) - usual
        out.append(
            f"{kind:30}{statistics.median(m):8.2f}{min(m):12.2f} .. {max(m):4.2f}"
            f"{at[0]:16.2f} .. {at[1]:4.2f}" +
            ("" if ms is first else f"{by:10.2f}  " +
             ("within noise" if by <= high - low else "more than noise")))
    out.append(f"noise: {high - low:.2f} ms, between 10 % and 90 % of the "
               f"{len(first)} rounds with nobody")
    return "\n".join(out) + "\n"


def answers(ms):
    ms = sorted(ms)
    return (f"{len(ms)} questions of the sessions: median "
            f"{statistics.median(ms):.1f} ms, 99 of 100 within "
            f"{ms[(len(ms) * 99 - 1) // 100]:.1f} ms\n")
