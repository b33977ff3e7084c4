#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""self_test.py: whether the report computes what it says.  Planted counts, no
guest; TAP.
"""
import report

points = [0, 0]


def is_(got, want, name):
    points[0] += 1
    bad = got != want
    points[1] += bad
    print(f"{'not ok' if bad else 'ok'} {points[0]} - {name}")
    if bad:
        print(f"# got {got!r}, want {want!r}")


def planted(idle=40000, rtp=75500, ours=9000, obj=120):
    """One packet in each hook; empty 45, with servers 45 + 30.5 for RTP."""
    lines = []
    for hook in report.HOOKS:
        for config, ticks in (("none", 40000), ("idle", idle), ("empty", 45000),
                              ("1", rtp), ("1000", 75000), ("nft", 95000)):
            lines.append(f"packet {config} {hook} rtp {ticks}")
        # not unrelated: no target
        for config, ticks in (("none", 40000), ("idle", 40000), ("empty", 45000),
                              ("1", 545000), ("1000", 545000), ("nft", 45000)):
            lines.append(f"packet {config} {hook} udp-5060 {ticks}")
    for family in ("v4", "v6"):
        lines += [f"error empty {family} 50 1000", f"error 1 {family} 3050 {ours}",
                  f"error 1000 {family} 3060 {ours}",
                  f"error nflog {family} 4050 9500",
                  f"later empty {family} 700", f"later 1 {family} 1700",
                  f"later nflog {family} 700"]
    lines += [f"object server {obj}", "object watch 64", "memory 999 210", "END"]
    return report.Counts("\n".join(lines))


def text(part):
    return "\n".join(part)


def last_words(counts):
    return [line.rsplit(None, 1)[1] for line in report.targets(counts)
            if line.startswith("target")]


def main():
    c = planted()
    is_(c.servers, [1, 1000], "the numbers of servers")
    is_(c.added("1", "in4", "rtp"), 30.5, "added is over an empty hook")
    is_(c.idle("in4", "rtp"), 0, "the idle module is over no module")
    is_(c.error("1", "v4"), (3000, 8000), "an error is over an empty hook")
    is_(c.error("nflog", "v6"), (4000, 8500), "the competitor's likewise")
    is_([report.power(n) for n in (1, 10, 1000, 1500, 10 ** 6)],
        ["1", "10", "10^3", "1500", "10^6"], "powers of ten")
    is_(last_words(c), ["met"] * 4, "all targets met")
    is_(last_words(planted(idle=40001)), ["missed"] + ["met"] * 3,
        "one instruction more without any watch")
    is_(last_words(planted(rtp=105000)), ["met"] * 4, "60 for an unrelated packet")
    is_(last_words(planted(rtp=105001)), ["met", "missed", "met", "met"],
        "more than 60")
    is_(last_words(planted(ours=9500)), ["met"] * 4, "as much as nft")
    is_(last_words(planted(ours=9501)), ["met", "met", "missed", "missed"],
        "more than nft")
    is_("184, met" in text(report.memory(c)), True, "184 bytes")
    is_("193, missed" in text(report.memory(planted(obj=129))), True, "193 bytes")
    is_("v4: 1000" in text(report.error_table(c)), True, "the work behind an event")
    table = text(report.packet_tables(c))
    is_(table.count("30.5") == 4 and table.count("50") >= 2, True,
        "a row for each hook")
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    raise SystemExit(main())
