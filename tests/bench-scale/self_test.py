#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""self_test.py: whether the report computes what it says.  Planted counts, no
network; TAP.
"""
import noise
import report

points = [0, 0]


def is_(got, want, name):
    points[0] += 1
    bad = got != want
    points[1] += bad
    print(f"{'not ok' if bad else 'ok'} {points[0]} - {name}")
    if bad:
        print(f"# got {got!r}, want {want!r}")


def raises(what, name):
    try:
        is_(what(), "an error", name)
    except ValueError:
        is_(True, True, name)


def planted(n, kib, instructions):
    return {"lines": n, "kib": kib, "kib_after": kib + 10, "start_s": 0.5,
            "load_s": 0.25,
            "moved_s": 1.25, "registers": 2 * n, "peak": 160,
            "instructions": instructions}


SMAPS = """5581-7ffc ---p 00000000 00:00 0  [rollup]
Rss:               5432 kB
Pss:               4321 kB
Shared_Clean:      1000 kB
Private_Clean:      300 kB
Private_Dirty:     4132 kB
Swap:                 0 kB
"""
ROWS = [planted(100, 5000, 100 * 50000), planted(1100, 7000, 1100 * 60000)]


def test_noise():
    quiet = [1.0, 1.2, 1.1, 1.3, 1.1, 1.0, 1.4, 1.2, 1.1, 1.9, 1.3, 1.2, 1.1,
             1.0, 1.2]
    is_(noise.medians(quiet, 3), [1.1, 1.1, 1.2, 1.3, 1.1],
        "medians of groups of rounds")
    raises(lambda: noise.medians(quiet[:12], 3), "four medians: refused")
    low, high = noise.spread(list(range(11)))
    is_((low, high), (1, 9), "a tenth of the rounds on each side")
    took = {"nobody": quiet, "few": [x + 0.2 for x in quiet],
            "many": [x + 1 for x in quiet]}
    rows = noise.table("ms", took, 3).splitlines()
    is_(rows[1].split()[:2], ["nobody", "1.10"], "the first row is the measure")
    is_(rows[2].split()[-3:], ["0.20", "within", "noise"], "a little later")
    is_(rows[3].split()[-4:], ["1.00", "more", "than", "noise"],
        "later than the spread of the rounds")
    is_(noise.answers([5.0] * 99 + [70.0]),
        "100 questions of the sessions: median 5.0 ms, 99 of 100 within "
        "5.0 ms\n", "how long they waited")


def main():
    is_(report.resident_kib(SMAPS), 4432, "pages of its own, clean and dirty")
    is_(report.callgrind_total("events: Ir\nsummary: 12345\n"), 12345,
        "callgrind's sum")
    raises(lambda: report.callgrind_total("events: Ir\n"), "no sum: refused")
    is_(report.per_line(ROWS, "kib"), [(1100, 2048.0)],
        "a line is what it adds to the smallest size")
    lines = report.table(ROWS).splitlines()
    is_(lines[2].split(), ["100", "-", "-", "50000", "1.00", "1.25", "2.00",
                           "160", "0.25", "0.50"], "the smallest size")
    is_(lines[3].split(), ["1100", "2048", "2048", "60000", "1.20", "1.25",
                           "2.00", "160", "0.25", "0.50"], "another size")
    is_(report.targets(ROWS).splitlines(),
        ["target: an idle line at most 4096 bytes, of 1100: 2048, met",
         "target: instructions per line of 1100 at most 1.1 of those of 100: "
         "1.200, not met"], "the targets, of the largest size")
    is_(report.targets(ROWS[:1]), "", "one size tells nothing of them")
    is_(report.csv(ROWS).splitlines()[1:], ["100,,50000,1.250",
                                            "1100,2048,60000,1.250"], "csv")
    page = ("a\n<!-- run of bench-scale -->\n```\nold\n```\n"
            "<!-- end of bench-scale -->\nb\n")
    is_(report.put(page, "new\n"), page.replace("old", "new"),
        "the table goes between its marks")
    raises(lambda: report.put("no marks", "x"), "no marks: refused")
    test_noise()
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    raise SystemExit(main())
