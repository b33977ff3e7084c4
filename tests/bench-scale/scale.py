#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""scale.py: what a line costs one daemon, for 100, 1000 and 10 000 lines.

  --sizes N...   numbers of lines
  --docs         puts table and plot into docs/

Started by tests/bench-scale/run, alone in a network namespace.
"""
import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import report

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../bench")
from lab import Lines  # noqa: E402  pylint: disable=wrong-import-position

A, B, PORT = "127.0.0.11", "127.0.0.12", 5060
QUIET_S = 6             # timer K is 5 s: then no transaction is left
LIMIT_S = 900
# callgrind's daemon is slow: it keeps up with so many a second, and whatever is
# late is not sent again meanwhile.
COUNTED_RATE = 100
COUNTED_T1_MS = 4000
LOADS = 3               # the configuration is loaded so often; the median

CONF = """control = {dir}/control
event_log = ""
state_dir = ""
local_v4 = 127.0.0.2
local_v6 = ""
port = 5070
detect = sockets
log_level = warning
"""
LINE = """line "l{i}" {{
	user = "u{i}"
	domain = "scale.example"
	password = "secret {i}"
	server {{ address = {a} port = {port} }}
	server {{ address = {b} port = {port} }}
}}
"""


def write_conf(path, at, n, rate, top=""):
    with open(path, "w", encoding="ascii") as f:
        f.write(CONF.format(dir=at) + top)
        if rate:
            f.write(f"register_rate = {rate}\nt1 = {COUNTED_T1_MS}\n")
        for i in range(n):
            f.write(LINE.format(i=i, a=A, b=B, port=PORT))


class Run:
    """A daemon of n lines and its two registrars."""

    def __init__(self, build, at, n, counted=False, top=""):
        self.n, self.build, self.at, self.counted = n, build, at, counted
        conf = f"{at}/{n}.conf"
        write_conf(conf, at, n, COUNTED_RATE if counted else None, top)
        self.log = open(f"{at}/{n}.log", "ab")
        self.peer = subprocess.Popen(
            [build + "/bench/scale_peer", A, B, str(PORT)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.says = Lines(self.peer.stdout)
        self.must("ready")
        self.ask(f"expect 0 {n}")
        self.out = f"{at}/callgrind.{n}"
        # The start runs uncounted, which is many times faster.
        tool = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
                "--callgrind-out-file=" + self.out] if counted else []
        begin = time.monotonic()
        self.daemon = subprocess.Popen(
            tool + [build + "/sipoverd", "-c", conf],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.registered = self.done()
        self.start_s = time.monotonic() - begin

    def must(self, want):
        got = self.says.next(10)
        if got != want:
            raise RuntimeError(f"peer says {got}, not {want}, see {self.at}")

    def ask(self, command):
        self.peer.stdin.write((command + "\n").encode())
        self.peer.stdin.flush()
        self.must("ok")

    def done(self):
        """Seconds, REGISTERs, the most of them in a tenth of a second."""
        line = self.says.next(LIMIT_S)
        if not line or not line.startswith("done "):
            raise RuntimeError(f"{self.n} lines: no end, see {self.at}")
        us, registers, peak = map(int, line.split()[1:])
        return us / 1e6, registers, peak

    def valgrind(self, *words):
        subprocess.run(["callgrind_control", *words, str(self.daemon.pid)],
                       check=True, stdout=subprocess.DEVNULL, stderr=self.log)

    def rest(self):
        """The time itself is what matters: transactions end by timer."""
        self.says.next(QUIET_S)

    def resident(self):
        """KiB in memory of its own, all transactions being over."""
        self.rest()
        with open(f"/proc/{self.daemon.pid}/smaps_rollup",
                  encoding="ascii") as f:
            return report.resident_kib(f.read())

    def fail_over(self):
        """One line finds out that A is dead; all move to B."""
        if self.counted:
            self.valgrind("-i", "on")
        self.ask("down 0")
        self.ask(f"expect 1 {self.n}")
        subprocess.run(
            [self.build + "/sipoverctl", "--socket", self.at + "/control",
             "register", "l0"], check=True, stdout=self.log,
            stderr=self.log, timeout=LIMIT_S)
        moved = self.done()
        if self.counted:
            self.valgrind("-d")
            if moved[1] != 2 * self.n:
                raise RuntimeError(f"{self.n} lines, {moved[1]} REGISTERs: "
                                   "some were sent again, and counted")
        return moved

    def instructions(self):
        with open(self.out + ".1", encoding="latin-1") as f:
            return report.callgrind_total(f.read())

    def end(self):
        for p in (self.daemon, self.peer):
            p.send_signal(signal.SIGKILL)
            p.wait()
        self.log.close()


def load(build, conf):
    """Seconds to read a configuration and nothing else."""
    times = []
    for _ in range(LOADS):
        begin = time.monotonic()
        subprocess.run([build + "/sipoverd", "--check", "-c", conf],
                       check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - begin)
    return sorted(times)[LOADS // 2]


def measure(build, at, n):
    row = {"lines": n}
    write_conf(f"{at}/{n}.conf", at, n, None)
    row["load_s"] = load(build, f"{at}/{n}.conf")
    with contextlib.closing(Ending(Run(build, at, n))) as run:
        row["start_s"] = run.start_s
        row["kib"] = run.resident()
        row["moved_s"], row["registers"], row["peak"] = run.fail_over()
        row["kib_after"] = run.resident()
    with contextlib.closing(Ending(Run(build, at, n, counted=True))) as run:
        run.rest()
        run.fail_over()
        row["instructions"] = run.instructions()
    return row


class Ending:
    """A Run for contextlib.closing."""

    def __init__(self, run):
        self.run = run

    def __getattr__(self, name):
        return getattr(self.run, name)

    def close(self):
        self.run.end()


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        got = re.search(r"^model name\s*: (.*)$", f.read(), re.M)
    return f"{os.cpu_count()} x {got[1].strip() if got else 'unknown'}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+",
                        default=[100, 1000, 10000])
    parser.add_argument("--docs", action="store_true")
    args = parser.parse_args()
    build = os.path.abspath(os.environ.get("BUILD", "build"))
    at = build + "/bench-scale"
    os.makedirs(at, exist_ok=True)
    for name in os.listdir(at):
        os.unlink(f"{at}/{name}")
    rows = []
    for n in args.sizes:
        rows.append(measure(build, at, n))
        print(rows[-1], file=sys.stderr, flush=True)
    head = (f"{time.strftime('%Y-%m-%d')}, Linux {os.uname().release}, "
            f"{cpu()}\n")
    report.write(at, head, rows, args.docs)


if __name__ == "__main__":
    main()
