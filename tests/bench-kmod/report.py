#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""report.py [--docs] [--twice] --kernel VERSION --out DIR COUNTS: tables, comma-
separated values and plot of what tests/bench-kmod/count.c printed.
"""
import argparse
import csv
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DOCS = ROOT / "docs/benchmarks.md"
PLOT = ROOT / "docs/benchmarks-kmod.svg"
BEGIN, END = "<!-- run of bench-kmod -->", "<!-- end of run of bench-kmod -->"

PACKETS = {
    "tcp": "TCP segment",
    "rtp": "UDP datagram like RTP",
    "icmp-echo": "ICMP echo",
    "icmp-others": "ICMP error, about a port not watched",
    "udp-5060": "UDP, port watched, address not",
    "icmp-5060": "ICMP error, about such a one",
}
# What the target is about: packets that no server of ours has to do with.
UNRELATED = ("tcp", "rtp", "icmp-echo", "icmp-others")
HOOKS = {"in4": "LOCAL_IN", "out4": "LOCAL_OUT", "in6": "LOCAL_IN",
         "out6": "LOCAL_OUT"}
FAMILIES = {"4": "IPv4", "6": "IPv6"}
MOST_ADDED = 60
MOST_BYTES = 192


class Counts:
    """What the guest printed.  Instructions; of packets, for one traversal."""

    def __init__(self, text):
        self.packets, self.errors, self.memory = {}, {}, {}
        self.later, self.objects = {}, {}
        for line in text.splitlines():
            word = line.split()
            if not word:
                continue
            if word[0] == "packet":
                self.packets[tuple(word[1:4])] = int(word[4]) / 1000
            elif word[0] == "error":
                self.errors[word[1], word[2]] = int(word[3]), int(word[4])
            elif word[0] == "later":
                self.later[word[1], word[2]] = int(word[3])
            elif word[0] == "object":
                self.objects[word[1]] = int(word[2])
            elif word[0] == "memory":
                self.memory[int(word[1])] = int(word[2])
        # Configurations with servers are called by their number.
        self.servers = sorted({int(c) for c, _, _ in self.packets
                               if c.isdigit()})

    def kinds(self, hook):
        return [k for k in PACKETS if ("empty", hook, k) in self.packets]

    def added(self, config, hook, kind):
        """Over an empty hook at the same place."""
        return self.packets[config, hook, kind] - self.packets["empty", hook, kind]

    def idle(self, hook, kind):
        """The module loaded and nothing watched, over no module."""
        return self.packets["idle", hook, kind] - self.packets["none", hook, kind]

    def error(self, config, family):
        """Of the hook, and until the listener has it: over an empty hook."""
        base = self.errors["empty", family]
        return tuple(a - b for a, b in zip(self.errors[config, family], base))

    def error_configs(self):
        return [str(n) for n in self.servers] + ["nflog"]


def num(value):
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def power(n):
    """1000 -> 10^3"""
    digits = len(str(n)) - 1
    return f"10^{digits}" if n == 10 ** digits and digits > 1 else str(n)


def packet_tables(counts):
    columns = [str(n) for n in counts.servers]
    row = "{:38}" + "{:>9}" * (2 + len(columns)) + "{:>10}"
    for hook, title in HOOKS.items():
        yield ""
        yield f"{title}, {FAMILIES[hook[-1]]}: added to one traversal of the hook"
        yield row.format("servers watched", "none", *(power(n) for n in counts.servers),
                         "", "nft rule").rstrip()
        for kind in counts.kinds(hook):
            yield row.format(
                PACKETS[kind], num(counts.idle(hook, kind)),
                *(num(counts.added(c, hook, kind)) for c in columns), "",
                num(counts.added("nft", hook, kind))
                if title == "LOCAL_IN" else "-").rstrip()
    yield ""
    yield "the hook's own cost, an empty one's: " + ", ".join(
        f"{title} {FAMILIES[hook[-1]]} " +
        num(counts.packets["empty", hook, "rtp"] - counts.packets["none", hook, "rtp"])
        for hook, title in HOOKS.items())


def error_table(counts):
    row = "{:34}{:>12}{:>12}{:>14}{:>14}"
    yield ""
    yield "An error about a datagram that was sent, until a program has received it"
    yield row.format("", "IPv4: hook", "IPv6: hook", "with recv()", "with recv()")
    for config in counts.error_configs():
        (hook4, all4), (hook6, all6) = (counts.error(config, f) for f in ("v4", "v6"))
        name = "nft rule, nfnetlink_log" if config == "nflog" else \
            f"sipover, {power(int(config))} server" + ("s" if config != "1" else "")
        yield row.format(name, hook4, hook6, all4, all6)
    for (config, family), ticks in counts.later.items():
        base = counts.later["empty", family]
        if config != "empty":
            name = "nft rule" if config == "nflog" else "sipover"
            yield f"{name}, in the 28 ms behind that, {family}: {ticks - base}"


def targets(counts):
    def verdict(met):
        return "met" if met else "missed"

    idle = {counts.idle(h, k) for h in HOOKS for k in counts.kinds(h)}
    yield ""
    yield "target: no watch, no difference: " + \
        ", ".join(num(i) for i in sorted(idle)) + f", {verdict(idle == {0})}"
    most = max(counts.added(str(n), h, k) for n in counts.servers for h in HOOKS
               for k in counts.kinds(h) if k in UNRELATED)
    yield f"target: an unrelated packet at most {MOST_ADDED}: {num(most)}, " + \
        verdict(most <= MOST_ADDED)
    for family in ("v4", "v6"):
        ours = max(counts.error(str(n), family)[1] for n in counts.servers)
        nft = counts.error("nflog", family)[1]
        yield f"target: a matching error, {family}, at most what nft takes: " + \
            f"{ours} of {nft}, {verdict(ours <= nft)}"


def memory(counts):
    objects = counts.objects
    total = sum(objects.values())
    yield ""
    yield f"target: a server and its first watch at most {MOST_BYTES} bytes: " + \
        " + ".join(str(v) for v in objects.values()) + f" = {total}, " + \
        ("met" if total <= MOST_BYTES else "missed")
    for n, size in counts.memory.items():
        yield f"free memory taken by {n} servers, with the table and the index of " + \
            f"watches: {size} bytes each"


def head(args):
    yield f"Linux {args.kernel}, QEMU -icount; instructions" + \
        (", the same in two runs" if args.twice else "")


def write_csv(counts, path):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(["servers", "what", "v4", "v6"])
        for n in counts.servers:
            for hook in ("in", "out"):
                for kind in counts.kinds(hook + "4"):
                    out.writerow([n, f"{hook} {kind}"] + [
                        num(counts.added(str(n), hook + f, kind)) for f in "46"])
            out.writerow([n, "error"] + [counts.error(str(n), f)[1]
                                         for f in ("v4", "v6")])
            out.writerow([n, "nflog"] + [counts.error("nflog", f)[1]
                                         for f in ("v4", "v6")])


def write_docs(text, out):
    docs = DOCS.read_text(encoding="utf-8")
    before, rest = docs.split(BEGIN)
    after = rest.split(END)[1]
    DOCS.write_text(f"{before}{BEGIN}\n```\n{text}```\n{END}{after}",
                    encoding="utf-8")
    first, *lines = [line.rstrip() for line in
                     (out / "kmod.svg").read_text(encoding="utf-8").splitlines()]
    tag = "SPDX-" + "License-Identifier: BSD-2-Clause"
    PLOT.write_text("\n".join([first, f"<!-- {tag} -->"] + lines) + "\n",
                    encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("counts", type=Path)
    args = parser.parse_args()

    counts = Counts(args.counts.read_text(encoding="utf-8"))
    text = "".join(line + "\n" for part in (
        head(args), packet_tables(counts), error_table(counts), targets(counts),
        memory(counts)) for line in part)
    (args.out / "table.txt").write_text(text, encoding="utf-8")
    write_csv(counts, args.out / "counts.csv")
    subprocess.run(["gnuplot", "-e", f"at='{args.out}'", HERE / "plot.gp"],
                   check=True)
    if args.docs:
        write_docs(text, args.out)
    print(text, end="")


if __name__ == "__main__":
    main()
