# SPDX-License-Identifier: BSD-2-Clause
"""What lies between the ICMP error and the packet to B: system calls by strace,
instructions and allocations of user space by callgrind.

Neither times anything.  The error comes late (servers.py), so that the program
waits when it comes; which of its records belong to the path is told by the
observer's stamps of the error and of the packet, not by names of functions.
"""
import collections
import glob
import os
import re
import shutil

from lab import B, DNS

LATE_MS = 300           # below T1, or a retransmission comes between
WARM = 2                # rounds before the one that counts
FILE_LAG_MS = 40        # the time of a file is that of a tick, or an older one
ALLOCATIONS = ("malloc", "calloc", "realloc", "reallocarray", "memalign",
               "posix_memalign", "aligned_alloc")


class Way:
    """One failover: when the error came, when the packet left (ns)."""

    def __init__(self, lab, contender):
        contender.prepare()
        lab.primary("late", str(LATE_MS))
        lab.forget_stamps()
        contender.go()
        seen, done = lab.stamps_until(Done(contender), 20)
        if not done:
            raise RuntimeError(contender.name + ": no packet to B")
        mine = [s for s in seen if s.port == contender.port]
        self.error = [s for s in mine if s.icmp][-1].ns
        self.packet = mine[-1].ns
        self.dns = sum(s.sip_to(DNS) and s.ns > self.error for s in seen)


class Done:
    """True for the first packet to B after an ICMP error."""

    def __init__(self, contender):
        self.port, self.error = contender.port, False

    def __call__(self, stamp):
        if stamp.port != self.port:
            return False
        self.error = self.error or stamp.icmp
        return self.error and stamp.sip_to(B)


# ---- system calls ----

def parse_strace(path):
    """(start, end, name, text) of each call, in ns."""
    calls, begun = [], {}
    line_re = re.compile(r"(\d+) +(\d+)\.(\d{9}) (.*)")
    with open(path, encoding="latin-1") as f:
        for line in f:
            got = line_re.match(line)
            if not got:
                continue
            pid, now, text = got[1], int(got[2] + got[3]), got[4]
            if text.startswith("<... "):
                start, first = begun.pop(pid, (now, ""))
                text = first + text.split("resumed>", 1)[1]
            else:
                start = now
            if text.endswith("<unfinished ...>"):
                begun[pid] = start, text[:-len("<unfinished ...>")]
                continue
            took = re.search(r"<(\d+)\.(\d+)>$", text)
            if took:
                # Of a resumed call too: from its start.
                calls.append((start, start + int(took[1] + took[2]),
                              text.split("(", 1)[0], text))
    return calls


def between(calls, error, packet):
    """From the call that waited when the error came to the one that sent."""
    return [c for c in calls if c[1] > error and c[0] < packet]


def system_calls(lab, contender):
    """The calls after the wait that brought the error, up to the one that sent
    the packet; and all of them as text."""
    out = f"{lab.out}/{contender.name}.strace"
    contender.start(["strace", "-f", "--timestamps=unix,ns",
                     "--syscall-times=ns", "-o", out], measured=False)
    try:
        for _ in range(WARM):
            Way(lab, contender)
            contender.settle()
        way = Way(lab, contender)
        contender.settle()
    finally:
        contender.end()
    calls = between(parse_strace(out), way.error, way.packet)
    if not calls or calls[0][0] > way.error:
        raise RuntimeError(f"{contender.name}: no wait in {out}")
    return [c[2] for c in calls[1:]], [c[3] for c in calls], way.dns


# ---- instructions ----

class Part:
    """One dump of callgrind: from the dump before it to this one."""

    def __init__(self, path):
        self.ns = os.stat(path).st_mtime_ns
        self.trigger, self.total = "", 0
        self.own = collections.Counter()        # function -> instructions
        self.calls = collections.Counter()      # (caller, callee) -> calls
        names, function, callee, inclusive = {}, None, None, False
        with open(path, encoding="latin-1") as f:
            for line in f:
                line = line.rstrip("\n")
                if line[:1].isdigit() or line[:1] in ("+", "-", "*"):
                    cost = int(line.split()[1])
                    if not inclusive:
                        self.own[function] += cost
                        self.total += cost
                    inclusive = False
                elif line.startswith("fn="):
                    function = self.name(names, line[3:])
                elif line.startswith("cfn="):
                    callee = self.name(names, line[4:])
                elif line.startswith("calls="):
                    self.calls[function, callee] += int(line[6:].split()[0])
                    inclusive = True
                elif line.startswith("desc: Trigger:"):
                    self.trigger = line.split(":", 2)[2].strip()

    @staticmethod
    def name(names, text):
        key, _, name = text.partition(" ")
        if name:
            names[key] = re.sub(r"'\d+$", "", name)
        return names[key]

    def ends(self, sends):
        return sends in self.own or self.trigger == "--dump-before=" + sends


class Path:
    """The parts between the error and the packet, summed up."""

    def __init__(self, parts):
        self.instructions = sum(p.total for p in parts)
        self.turns = len(parts)
        self.own, self.allocations = collections.Counter(), collections.Counter()
        for p in parts:
            self.own.update(p.own)
            for (caller, callee), n in p.calls.items():
                # calloc calling malloc is one allocation.
                if callee in ALLOCATIONS and caller not in ALLOCATIONS:
                    self.allocations[caller, callee] += n

    def write(self, path):
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"{self.instructions} instructions, {self.turns} turns\n")
            for (caller, callee), n in self.allocations.most_common():
                f.write(f"{n} {callee} by {caller}\n")
            for name, n in self.own.most_common(60):
                f.write(f"{n:8} {name}\n")


def instructions(lab, contender, dumps, sends):
    """Path of the first failover of a process, and of a later one.  callgrind dumps before it enters one of `dumps`:
    where the program waits, or sends.  The path ends before `sends`, if that is
    one of them, else with the part that runs it (on a ring what sends the packet
    is the next submission)."""
    at = f"{lab.out}/{contender.name}.callgrind"
    shutil.rmtree(at, ignore_errors=True)
    os.makedirs(at)
    contender.start(["valgrind", "-q", "--tool=callgrind",
                     f"--callgrind-out-file={at}/out"] +
                    [f"--dump-before={d}" for d in dumps], measured=False)
    try:
        ways = []
        for _ in range(WARM + 1):
            ways.append(Way(lab, contender))
            contender.settle()
    finally:
        contender.end()
    parts = [Part(p) for p in sorted(
        glob.glob(at + "/out.*"), key=lambda name: int(name.rsplit(".", 1)[1]))]
    return [way_parts(contender.name, way, parts, sends)
            for way in (ways[0], ways[-1])]


def way_parts(name, way, parts, sends):
    first = way.error - FILE_LAG_MS * 1000000
    found = []
    for part in parts:
        if part.ns < first:
            continue
        found.append(part)
        if part.ends(sends):
            return Path(found)
    raise RuntimeError(f"{name}: nothing runs {sends} after the error")
