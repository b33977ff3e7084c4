# SPDX-License-Identifier: BSD-2-Clause
"""Tables, comma-separated values and plot of the benchmark."""
import collections
import csv
import os
import statistics
import subprocess
import time

from lab import HERE

LIMIT, PEER = "limit", "nua"
PACKAGES = {"nua": "libsofia-sip-ua0", "baresip": "baresip-core",
            "linphone": "linphone-cli"}
ROW = "{:18}{:>22}{:>8}{:>8}{:>10}"


class Trace:
    """What one contender does between the error and the packet."""

    def __init__(self, calls, dns, paths):
        self.calls, self.dns = collections.Counter(calls), dns
        # paths: of two processes, the first failover and a later one
        self.instructions = [later.instructions for _, later in paths]
        self.allocations = [sum(p.allocations.values()) for p in paths[0]]

    def calls_text(self):
        return ", ".join(f"{name} {n}" if n > 1 else name
                         for name, n in self.calls.items())


class Series:
    """The medians of the repetitions of one thing, and their median."""

    def __init__(self, repetitions):
        self.all = [statistics.median(r) if r else None for r in repetitions]
        self.medians = [m for m in self.all if m is not None]
        self.median = statistics.median(self.medians) if self.medians else None

    def text(self):
        if self.median is None:
            return "none"
        return (f"{self.median:.1f} ({min(self.medians):.1f}.."
                f"{max(self.medians):.1f})")

    def ratios(self, other):
        """Of the same repetitions: what slowed one down met the other too."""
        return Series([[a / b] if a is not None and b is not None else []
                       for a, b in zip(self.all, other.all)])

    def ratio(self, other):
        got = self.ratios(other).median
        return "-" if got is None else f"{got:.2f}"


def first_line(*command):
    got = subprocess.run(command, capture_output=True, text=True, check=False)
    return got.stdout.split("\n")[0].strip()


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return os.uname().machine


class Report:
    def __init__(self, args, lab):
        self.args, self.lab = args, lab
        self.rounds, self.cold, self.silent, self.traces = {}, {}, {}, {}

    def series(self, name, mode, what):
        """what: total, reaction or invite."""
        return Series([[getattr(r, what) for r in repetition
                        if getattr(r, what) is not None]
                       for repetition in self.rounds[name][mode]])

    def head(self):
        versions = ", ".join(
            f"{name}: {package} " + first_line(
                "dpkg-query", "-W", "-f", "${Version}", package)
            for name, package in PACKAGES.items()
            if name == PEER or name in self.silent)
        yield time.strftime("%Y-%m-%d") + ", Linux " + os.uname().release + ", " + \
            f"{os.cpu_count()} x {processor()}"
        yield versions
        alone = "SCHED_FIFO" if self.lab.realtime else "no priority"
        yield f"{self.args.repeats} repetitions of {self.args.rounds} rounds, each with " + \
            f"fresh processes; the contender has {alone}"
        yield "us: median of the repetitions' medians (smallest..largest); ratios: median of"
        yield "those of the repetitions"

    def table(self, title, mode, what, first=False, names=None):
        yield ""
        yield title
        yield ROW.format("", "us", "/" + LIMIT, "/" + PEER, "first" if first else "").rstrip()
        limit, peer = (self.series(n, mode, what) for n in (LIMIT, PEER))
        for name in names or self.rounds:
            got = self.series(name, mode, what)
            cold = Series([[getattr(r, what)] for r in self.cold[name]
                           if getattr(r, what) is not None])
            yield ROW.format(name, got.text(), got.ratio(limit), got.ratio(peer),
                             f"{cold.median:.0f}" if first and
                             cold.median is not None else "").rstrip()

    def odd(self):
        for name, modes in self.rounds.items():
            all_rounds = [r for m in modes.values() for rep in m for r in rep]
            n = sum(r.odd for r in all_rounds)
            if n:
                yield f"{name}: {n} of {len(all_rounds)} rounds left out, as the " \
                    "first packet to B was another one or none"

    def none(self):
        if self.silent:
            yield ""
        for name, r in self.silent.items():
            if r.total is None:
                yield f"{name}: no packet to B within 12 s; {r.sends} INVITEs to A, " \
                    f"{r.errors} errors came back"
            else:
                yield f"{name}: {r.total:.1f} us from the INVITE to A to B"

    def paths(self):
        if not self.traces:
            return
        row = "{:18}{:>14}{:>13}{:>6}  {}"
        yield ""
        yield "From the error to the packet: instructions in user space (of two processes,"
        yield "if they differ), allocations in the first failover of a process and in the"
        yield "third, DNS queries, system calls after the wait that brought the error"
        yield row.format("", "instructions", "allocations", "DNS", "system calls")
        for name, t in self.traces.items():
            a, b = t.instructions
            yield row.format(name, a if a == b else f"{a}, {b}",
                             "{}, {}".format(*t.allocations), t.dns,
                             t.calls_text())

    def targets(self):
        """Of the first table.  They are judged here, not by the exit status."""
        got, limit, peer = (self.series(n, "at once", "total")
                            for n in ("sipoverd", LIMIT, PEER))
        yield ""
        for what, other, met in (("at most 2 x limit", limit, lambda r: r <= 2),
                                 ("less than nua", peer, lambda r: r < 1)):
            r = got.ratios(other)
            if r.median is not None:
                yield f"target: sipoverd {what}: {r.median:.2f} " + \
                    f"({min(r.medians):.2f}..{max(r.medians):.2f}), " + \
                    ("met" if met(r.median) else "missed")

    def text(self):
        lines = list(self.head())
        lines += self.table(
            "INVITE to A -> first SIP packet to B, the error comes at once",
            "at once", "total", first=True)
        lines += self.table("ICMP error -> first SIP packet to B, same rounds",
                            "at once", "reaction")
        lines += self.table(
            "ICMP error -> first SIP packet to B, the program asleep when it comes",
            "late", "reaction")
        lines += self.table(
            "INVITE to A -> INVITE to B, at once, less B's own time for a REGISTER",
            "at once", "invite", names=("sipoverd", "sipoverd_register"))
        lines += list(self.odd()) + list(self.none()) + list(self.paths()) + \
            list(self.targets())
        return "\n".join(lines) + "\n"

    # ---- files ----

    def write_csv(self, at):
        with open(at + "/rounds.csv", "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(["contender", "error", "repetition", "round", "total_us",
                          "reaction_us", "invite_us"])
            for name, modes in self.rounds.items():
                for mode, repetitions in modes.items():
                    for i, repetition in enumerate(repetitions, 1):
                        for k, r in enumerate(repetition, 1):
                            out.writerow([name, mode, i, k, r.total, r.reaction,
                                          r.invite])
        # For the plot: one line for each repetition; position on the axis.
        with open(at + "/medians.csv", "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(["position", "contender", "total_us", "reaction_us",
                          "late_reaction_us"])
            for position, name in enumerate(self.rounds):
                columns = [self.series(name, "at once", "total").medians,
                           self.series(name, "at once", "reaction").medians,
                           self.series(name, "late", "reaction").medians]
                for values in zip(*columns):
                    out.writerow([position, name] + [f"{v:.2f}" for v in values])
        with open(at + "/silent.csv", "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(["position", "contender", "us"])
            for position, (name, r) in enumerate(self.silent.items(),
                                                 len(self.rounds)):
                out.writerow([position, name, r.total or "none"])

    @staticmethod
    def plot(at):
        subprocess.run(["gnuplot", "-e", f"at='{at}'", HERE + "/plot.gp"], check=True)
        with open(at + "/plot.svg", encoding="utf-8") as f:
            first, *rest = [line.rstrip() for line in f]
        tag = "SPDX-" + "License-Identifier: BSD-2-Clause"
        with open(at + "/benchmarks.svg", "w", encoding="utf-8") as f:
            f.write("\n".join([first, f"<!-- {tag} -->"] + rest) + "\n")

    def docs(self, at, text):
        """The table between the two marks of docs/benchmarks.md, and the plot."""
        docs = os.path.join(HERE, "../../docs")
        with open(docs + "/benchmarks.md", encoding="utf-8") as f:
            page = f.read()
        begin, end = "<!-- run -->\n", "<!-- end of run -->\n"
        before, rest = page.split(begin)
        page = before + begin + "```\n" + text + "```\n" + end + rest.split(end)[1]
        with open(docs + "/benchmarks.md", "w", encoding="utf-8") as f:
            f.write(page)
        with open(at + "/benchmarks.svg", encoding="utf-8") as f:
            image = f.read()
        with open(docs + "/benchmarks.svg", "w", encoding="utf-8") as f:
            f.write(image)

    def write(self):
        at = os.path.dirname(self.lab.out)
        text = self.text()
        print(text, end="")
        with open(at + "/table.txt", "w", encoding="utf-8") as f:
            f.write(text)
        self.write_csv(at)
        self.plot(at)
        if self.args.docs:
            self.docs(at, text)
